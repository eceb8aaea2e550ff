/**
 * One request-response protocol with all peers, both ways (P-87). In: bytes to ask a connected peer, and a function
 * that answers. Out: the answer's bytes or a coded error. It never dials, and it knows nothing of what the bytes
 * mean.
 */
import type { Libp2p, PeerId, Stream } from "@libp2p/interface";
import { isQuorateError, quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import { INBOUND_STREAMS_PER_PROTOCOL, QUEUED_REQUESTS_PER_PEER, REQUEST_TIMEOUT_MS } from "./limits.ts";
import { peerIdOf, peerKeyOf } from "./peers.ts";
import { RateLimit } from "./rateLimit.ts";
import { RequestStream, type StreamBounds, serveStream } from "./streams.ts";

export interface RequestProtocolOptions extends StreamBounds {
  readonly protocol: string;
  /** Answers to one peer: a burst, then so many a second. */
  readonly burst: number;
  readonly perSecond: number;
  readonly timeoutMs?: number;
}

export interface RequestProtocolModules {
  readonly libp2p: Libp2p;
  readonly logger: Logger;
  now(): number;
  /** The peer did what no honest peer does. */
  blame(peer: PeerKey, code: string): void;
  answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array>;
}

/** One peer we ask: its stream, and the tail of the line of requests to it. */
interface Line {
  stream: RequestStream | null;
  waiting: number;
  tail: Promise<unknown>;
}

export class RequestProtocol {
  readonly #options: RequestProtocolOptions;
  readonly #modules: RequestProtocolModules;
  readonly #timeoutMs: number;
  readonly #lines = new Map<PeerKey, Line>();
  readonly #limit: RateLimit;
  readonly #stopped = new AbortController();

  constructor(options: RequestProtocolOptions, modules: RequestProtocolModules) {
    this.#options = options;
    this.#modules = modules;
    this.#timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#limit = new RateLimit(options.burst, options.perSecond);
  }

  async start(): Promise<void> {
    await this.#modules.libp2p.handle(
      this.#options.protocol,
      (stream, connection) => this.#serve(stream, connection.remotePeer),
      { maxInboundStreams: INBOUND_STREAMS_PER_PROTOCOL },
    );
  }

  stop(): void {
    const error = quorateError("NETWORK_NOT_RUNNING");
    this.#stopped.abort(error);
    for (const peer of [...this.#lines.keys()]) this.#drop(peer, error);
  }

  /** To be called when a peer's last connection is gone. */
  forget(peer: PeerKey): void {
    this.#drop(peer, quorateError("NETWORK_PEER_NOT_CONNECTED", { peer }));
  }

  retain(keep: (peer: string) => boolean): void {
    this.#limit.retain(keep);
  }

  /**
   * Asks one peer; requests to the same peer take turns. The timeout covers the wait.
   * @throws NETWORK_REQUEST_TOO_LARGE, NETWORK_PEER_NOT_CONNECTED, NETWORK_PEER_BUSY, NETWORK_REQUEST_TIMEOUT,
   * NETWORK_REQUEST_REFUSED, NETWORK_ANSWER_TOO_LARGE, NETWORK_NOT_RUNNING
   */
  async ask(peer: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    const { maxRequestBytes } = this.#options;
    if (request.length > maxRequestBytes) {
      throw quorateError("NETWORK_REQUEST_TOO_LARGE", { peer, lengthBytes: request.length, maxBytes: maxRequestBytes });
    }
    if (this.#stopped.signal.aborted) throw quorateError("NETWORK_NOT_RUNNING");
    const line = this.#lines.get(peer) ?? { stream: null, waiting: 0, tail: Promise.resolve() };
    if (line.waiting >= QUEUED_REQUESTS_PER_PEER)
      throw quorateError("NETWORK_PEER_BUSY", { peer, waiting: line.waiting });
    this.#lines.set(peer, line);
    line.waiting += 1;
    const deadlineMs = this.#modules.now() + this.#timeoutMs;
    const turn = line.tail.then(() => this.#exchange(peer, line, request, deadlineMs));
    line.tail = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0 && line.stream === null && this.#lines.get(peer) === line) this.#lines.delete(peer);
    }
  }

  async #exchange(peer: PeerKey, line: Line, request: Uint8Array, deadlineMs: number): Promise<Uint8Array> {
    const expired = new AbortController();
    const timedOut = quorateError("NETWORK_REQUEST_TIMEOUT", { peer, timeoutMs: this.#timeoutMs });
    const timer = setTimeout(
      () => {
        expired.abort(timedOut);
        line.stream?.abort(timedOut);
      },
      Math.max(0, deadlineMs - this.#modules.now()),
    );
    try {
      line.stream = line.stream?.open ? line.stream : await this.#open(peer, expired.signal);
      return await line.stream.ask(request);
    } catch (error) {
      line.stream = null;
      throw this.#asked(peer, expired.signal.aborted ? timedOut : error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(peer: PeerKey, signal: AbortSignal): Promise<RequestStream> {
    const connection = this.#modules.libp2p.getConnections(peerIdOf(peer)).find(({ status }) => status === "open");
    if (connection === undefined) throw quorateError("NETWORK_PEER_NOT_CONNECTED", { peer });
    const stream = await connection.newStream(this.#options.protocol, {
      signal: AbortSignal.any([signal, this.#stopped.signal]),
    });
    return new RequestStream(stream, this.#options);
  }

  /** What went wrong, as the caller shall see it. */
  #asked(peer: PeerKey, error: unknown): Error {
    if (this.#stopped.signal.aborted) return quorateError("NETWORK_NOT_RUNNING");
    if (isQuorateError(error, "NETWORK_ANSWER_TOO_LARGE")) this.#modules.blame(peer, error.code);
    if (isQuorateError(error, "NETWORK_REQUEST_REFUSED")) {
      return quorateError("NETWORK_REQUEST_REFUSED", { peer }, { cause: error.cause });
    }
    if (isQuorateError(error)) return error;
    return quorateError("NETWORK_REQUEST_REFUSED", { peer }, { cause: error });
  }

  #drop(peer: PeerKey, error: Error): void {
    const line = this.#lines.get(peer);
    this.#lines.delete(peer);
    line?.stream?.abort(error);
  }

  async #serve(stream: Stream, remote: PeerId): Promise<void> {
    const from = peerKeyOf(remote);
    if (from === null) {
      stream.abort(quorateError("NETWORK_PEER_ID_INVALID", { peerId: remote.toString() }));
      return;
    }
    await serveStream(
      stream,
      this.#options,
      (request) => this.#answer(from, request),
      (error) => {
        if (this.#stopped.signal.aborted) return;
        const code = isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED";
        this.#modules.logger.debug({ peer: from, protocol: this.#options.protocol, reason: String(error) }, code);
      },
    );
  }

  async #answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    const { burst, perSecond, maxAnswerBytes } = this.#options;
    if (!this.#limit.take(from, this.#modules.now()))
      throw quorateError("NETWORK_RATE_LIMITED", { from, burst, perSecond });
    const answer = await this.#modules.answer(from, request);
    if (answer.length > maxAnswerBytes) {
      throw quorateError("NETWORK_ANSWER_TOO_LARGE", { from, lengthBytes: answer.length, maxBytes: maxAnswerBytes });
    }
    return answer;
  }
}
