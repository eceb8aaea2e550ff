/**
 * Server-sent events (WHATWG HTML, section 9.2) of one claim to its watchers. Enters: claim views as they change.
 * Leaves: `event: claim` messages until the claim is ready or has failed, comments as signs of life between. Not its
 * job: finding the claim.
 *
 * Each event is the whole claim, so a slow reader needs only the newest: nothing queues up for it.
 */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type ClaimView, quorateError } from "@quorate/common";
import type { FastifyReply } from "fastify";
import type { AgentApi } from "../../driver/ports.ts";
import { type HttpLimits, WATCH_INTERVAL_MS } from "./limits.ts";
import { toJson } from "./refusals.ts";

/** Of every stream, and of the answer to HEAD. */
export const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // The stream's end is the connection's.
  connection: "close",
  // Keeps nginx from holding events back.
  "x-accel-buffering": "no",
} as const;

/** What fastify gathered before the response was taken from it; its type is wider than Node's. */
type FastifyHeaders = ReturnType<FastifyReply["getHeaders"]>;

export class EventStreams {
  readonly #limits: HttpLimits;
  readonly #api: Pick<AgentApi, "watchClaim">;
  readonly #streams = new Set<EventStream>();

  constructor(limits: HttpLimits, api: Pick<AgentApi, "watchClaim">) {
    this.#limits = limits;
    this.#api = api;
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * Makes sure of a place, before anything is written. When all are taken, the client that watches most gives up one
   * to a client that watches less; its claim can be watched again.
   * @throws WATCHERS_EXCEEDED
   */
  reserve(client: string): void {
    const { maxClaimWatchers, maxClaimWatchersPerClient } = this.#limits;
    const own = this.#of(client).length;
    if (own < maxClaimWatchersPerClient && this.#streams.size < maxClaimWatchers) return;
    const largest = this.#largest();
    if (own < maxClaimWatchersPerClient && largest.length > own + 1) {
      largest[0]?.end();
      return;
    }
    throw quorateError("WATCHERS_EXCEEDED", {
      watchers: this.#streams.size,
      maxClaimWatchers,
      ofThisClient: own,
      maxClaimWatchersPerClient,
    });
  }

  #of(client: string): EventStream[] {
    return [...this.#streams].filter((stream) => stream.client === client);
  }

  /** Of the client that watches most, the longest first. */
  #largest(): EventStream[] {
    const clients = new Set([...this.#streams].map(({ client }) => client));
    return [...clients].map((client) => this.#of(client)).sort((a, b) => b.length - a.length)[0] ?? [];
  }

  /**
   * Streams `claim` and what becomes of it to `response`, which is this stream's from now on.
   * @param headers beside the stream's own
   */
  open(client: string, claim: ClaimView, response: ServerResponse, headers: FastifyHeaders): void {
    response.writeHead(200, { ...(headers as OutgoingHttpHeaders), ...STREAM_HEADERS });
    const stream = new EventStream(client, response, this.#limits.heartbeatMs);
    this.#streams.add(stream);
    // Watched before the first event is written: no change falls between the two.
    const unwatch = this.#api.watchClaim(claim.recipient, claim.epoch, (changed) => stream.push(changed));
    stream.onEnd(() => {
      unwatch();
      this.#streams.delete(stream);
    });
    stream.push(claim);
  }

  close(): void {
    for (const stream of this.#streams) stream.end();
  }
}

class EventStream {
  readonly client: string;
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #newest: ClaimView | null = null;
  #pause: NodeJS.Timeout | null = null;
  #ended = false;
  #cleanUp: () => void = () => {};

  constructor(client: string, response: ServerResponse, heartbeatMs: number) {
    this.client = client;
    this.#response = response;
    response.on("close", () => this.end());
    response.on("drain", () => this.#flush());
    this.#heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(": alive\n\n");
    }, heartbeatMs);
  }

  onEnd(cleanUp: () => void): void {
    this.#cleanUp = cleanUp;
    if (this.#ended) cleanUp();
  }

  push(claim: ClaimView): void {
    this.#newest = claim;
    // The end of a claim is never held back.
    if (claim.status !== "collecting") this.#stopPause();
    this.#flush();
  }

  #flush(): void {
    const claim = this.#newest;
    if (claim === null || this.#ended || this.#pause !== null || this.#response.writableNeedDrain) return;
    this.#newest = null;
    this.#response.write(`event: claim\ndata: ${toJson(claim)}\n\n`);
    if (claim.status !== "collecting") {
      this.end();
      return;
    }
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#flush();
    }, WATCH_INTERVAL_MS);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    this.#stopPause();
    this.#response.end();
    this.#cleanUp();
  }

  #stopPause(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
  }
}
