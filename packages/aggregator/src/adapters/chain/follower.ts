/**
 * Follows finalised blocks (P-50, P-57). Enters: what providers say, and the block after which to begin. Leaves: events in order with the
 * finalised block they are complete up to, and every change of health. Not its job: folding events, deciding what abstaining means.
 *
 * The loop: agree on the finalised block, check that the block where we stand is still there, read a chunk of logs from every agreeing
 * provider, compare, hand over, move on. Whatever goes wrong, the cursor stays and the same range is read again later.
 */
import { type Address, type ChainHead, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { ChainFollower, ChainSink, Logger } from "../../driver/ports.ts";
import { RangeReader, type ReadRange } from "./ranges.ts";
import { Rpc } from "./rpc.ts";

export interface ChainFollowerOptions {
  /** JSON-RPC URLs, at least one. */
  readonly providers: readonly string[];
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  /** The block of the first contract; nothing before it is read. Default 0. */
  readonly deployBlock?: number;
  /** Milliseconds between looks at the finalised block. */
  readonly pollMs: number;
  /** Blocks in one request for logs. */
  readonly chunkBlocks: number;
  /** Milliseconds for one answer of a provider. */
  readonly timeoutMs: number;
}

/** Milliseconds, at most, between attempts while unhealthy: soon enough to notice recovery, seldom enough for a rate limit to pass. */
const RETRY_MAX_MS = 15_000;

export function createChainFollower(
  options: ChainFollowerOptions,
  modules: { readonly logger: Logger },
): ChainFollower {
  return new Follower(options, modules.logger);
}

class Follower implements ChainFollower {
  readonly #options: ChainFollowerOptions;
  readonly #logger: Logger;
  readonly #rpcs: readonly Rpc[];
  readonly #reader: RangeReader;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #cursor: ChainHead | null = null;
  #failures = 0;
  #looks = 0;
  /** Null before the first look. */
  #health: string | null = null;

  constructor(options: ChainFollowerOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
    this.#rpcs = options.providers.map((url) => new Rpc(url, options.timeoutMs));
    this.#reader = new RangeReader(options, this.#rpcs);
  }

  /** Resolves once following has begun; what becomes of it is told to the sink. */
  async start(after: ChainHead | null, sink: ChainSink): Promise<void> {
    this.#cursor = after;
    this.#loop = this.#run(sink);
  }

  /** From one provider, the next one each time: what it says is used to send less, never to believe more. */
  async lookAhead(): Promise<readonly ChainEvent[]> {
    const rpc = this.#rpcs[this.#looks++ % this.#rpcs.length] as Rpc;
    const fromBlock = this.#cursor === null ? (this.#options.deployBlock ?? 0) : this.#cursor.number + 1;
    const latest = await rpc.latest();
    if (latest.number < fromBlock) return [];
    return this.#reader.events(rpc, fromBlock, Math.min(latest.number, fromBlock + this.#options.chunkBlocks - 1));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const rpc of this.#rpcs) rpc.close();
    await this.#loop;
  }

  async #run(sink: ChainSink): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let waitMs = this.#options.pollMs;
      try {
        const caughtUp = await this.#step(sink);
        this.#failures = 0;
        if (!caughtUp) waitMs = 0;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        waitMs = this.#fail(error, sink);
      }
      await this.#wait(waitMs);
    }
  }

  /** Reads one chunk. True when there is nothing more to read for now. */
  async #step(sink: ChainSink): Promise<boolean> {
    const range = await this.#reader.next(this.#cursor);
    if (range === null) {
      this.#setHealthy(sink);
      return true;
    }
    if (this.#stopping.signal.aborted) return true;
    await handOver(sink, range);
    this.#cursor = range.head;
    // Healthy only from here on: an agent that is behind knows more than it did, but one that could not read knows nothing new.
    this.#setHealthy(sink);
    return range.head.number === range.target.number;
  }

  #setHealthy(sink: ChainSink): void {
    if (this.#health === "") return;
    this.#health = "";
    this.#logger.info({ block: this.#cursor?.number }, "CHAIN_HEALTHY");
    sink.onHealth({ healthy: true });
  }

  /** Tells of the failure and returns the milliseconds to wait. */
  #fail(error: unknown, sink: ChainSink): number {
    const coded: QuorateError = isQuorateError(error)
      ? error
      : quorateError("INTERNAL_ERROR", { requestId: "chain", reason: String(error) }, { cause: error });
    if (this.#health !== coded.code) {
      this.#health = coded.code;
      const detail = coded.message
        .split("\n")
        .slice(1, -1)
        .map((line) => line.trim())
        .join(", ");
      this.#logger.warn({ ...coded.values }, coded.code);
      sink.onHealth({ healthy: false, code: coded.code, detail });
    }
    this.#failures += 1;
    return Math.min(RETRY_MAX_MS, this.#options.pollMs * 2 ** Math.min(this.#failures - 1, 10));
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      if (ms === 0 || signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    });
  }
}

/** P-58: what the ledger refuses is a fault of the providers that said it: all of those asked. */
async function handOver(sink: ChainSink, { events, head, target, sources }: ReadRange): Promise<void> {
  try {
    await sink.onAdvance(events, head, target);
  } catch (error) {
    if (!isQuorateError(error, "CHAIN_EVENT_INVALID")) throw error;
    const providers = sources.map(({ rpc }) => rpc.host);
    throw quorateError(error.code, { providers, ...error.values }, { cause: error });
  }
}
