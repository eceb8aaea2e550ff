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
import { EVENT_TOPICS, orderLogs, parseEvent } from "./events.ts";
import { blockAt, Providers, type Source, sameBlock } from "./providers.ts";
import { type RawLog, Rpc } from "./rpc.ts";

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
  readonly #providers: Providers;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #cursor: ChainHead | null = null;
  /** Shrinks when a provider refuses a range, grows back after each success. */
  #chunkBlocks: number;
  #failures = 0;
  #looks = 0;
  /** Null before the first look. */
  #health: string | null = null;

  constructor(options: ChainFollowerOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
    this.#rpcs = options.providers.map((url) => new Rpc(url, options.chainId, options.timeoutMs));
    this.#providers = new Providers(options, this.#rpcs);
    this.#chunkBlocks = options.chunkBlocks;
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
    return this.#events(rpc, fromBlock, Math.min(latest.number, fromBlock + this.#options.chunkBlocks - 1));
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
    const { target, sources } = await this.#providers.agree(this.#cursor);
    const fromBlock = this.#cursor === null ? (this.#options.deployBlock ?? 0) : this.#cursor.number + 1;
    if (target.number < fromBlock) {
      this.#setHealthy(sink);
      return true;
    }
    const toBlock = Math.min(target.number, fromBlock + this.#chunkBlocks - 1);
    const { head, events } = await this.#read(sources, fromBlock, toBlock);
    if (this.#stopping.signal.aborted) return true;
    await handOver(sink, events, head, sources);
    this.#cursor = head;
    this.#chunkBlocks = Math.min(this.#options.chunkBlocks, this.#chunkBlocks * 2);
    // Healthy only from here on: an agent that is behind knows more than it did, but one that could not read knows nothing new.
    this.#setHealthy(sink);
    return toBlock === target.number;
  }

  /** The same range from every source; one answer that differs spoils it for all. */
  async #read(
    sources: readonly Source[],
    fromBlock: number,
    toBlock: number,
  ): Promise<{ head: ChainHead; events: ChainEvent[] }> {
    const [first] = sources as [Source];
    const head = await blockAt(first, toBlock);
    await sameBlock(sources, head);
    const readings = await Promise.all(sources.map((source) => this.#readFrom(source, fromBlock, head)));
    const [events] = readings as [ChainEvent[]];
    const odd = readings.findIndex((reading) => fingerprint(reading) !== fingerprint(events));
    if (odd === -1) return { head, events };
    throw quorateError("CHAIN_PROVIDERS_DISAGREE", {
      fromBlock,
      toBlock,
      providers: [first.rpc.host, sources[odd]?.rpc.host ?? ""],
      events: [events.length, readings[odd]?.length ?? 0],
    });
  }

  async #readFrom({ rpc }: Source, fromBlock: number, head: ChainHead): Promise<ChainEvent[]> {
    const events = await this.#events(rpc, fromBlock, head.number);
    // P-57: only now, and only with this provider's own block at the end of the range, does an answer count, an empty one above all.
    const end = await rpc.block(head.number);
    if (end?.hash !== head.hash)
      throw untrusted(rpc, head.number, `has ${end?.hash ?? "no block"} after reading, not ${head.hash}`);
    return events;
  }

  async #events(rpc: Rpc, fromBlock: number, toBlock: number): Promise<ChainEvent[]> {
    const logs = await this.#logs(rpc, fromBlock, toBlock);
    try {
      return await this.#parse(rpc, orderLogs(logs, fromBlock, toBlock));
    } catch (error) {
      throw blamed(error, rpc);
    }
  }

  async #parse(rpc: Rpc, logs: readonly RawLog[]): Promise<ChainEvent[]> {
    const { rewards, pool } = this.#options;
    const blocks = new Map<number, ChainHead>();
    const events: ChainEvent[] = [];
    for (const log of logs) {
      const block = blocks.get(log.blockNumber) ?? (await rpc.block(log.blockNumber));
      if (block === null) throw untrusted(rpc, log.blockNumber, "has logs of a block that it does not have");
      blocks.set(block.number, block);
      const event = parseEvent(log, block, { rewards, pool });
      if (event !== null) events.push(event);
    }
    return events;
  }

  async #logs(rpc: Rpc, fromBlock: number, toBlock: number) {
    try {
      return await rpc.logs([this.#options.rewards, this.#options.pool], EVENT_TOPICS, fromBlock, toBlock);
    } catch (error) {
      // Providers bound ranges and answers, each in its own words; half the range may do.
      this.#chunkBlocks = Math.max(1, Math.floor(this.#chunkBlocks / 2));
      throw error;
    }
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
async function handOver(
  sink: ChainSink,
  events: readonly ChainEvent[],
  head: ChainHead,
  sources: readonly Source[],
): Promise<void> {
  try {
    await sink.onAdvance(events, head);
  } catch (error) {
    if (!isQuorateError(error, "CHAIN_EVENT_INVALID")) throw error;
    const providers = sources.map(({ rpc }) => rpc.host);
    throw quorateError(error.code, { providers, ...error.values }, { cause: error });
  }
}

/** The same from one provider, for what is found wrong while its own answer is read. */
function blamed(error: unknown, rpc: Rpc): unknown {
  if (!isQuorateError(error) || "provider" in error.values) return error;
  return quorateError(error.code, { provider: rpc.host, ...error.values }, { cause: error });
}

function untrusted(rpc: Rpc, block: number, reason: string): QuorateError {
  return quorateError("CHAIN_LOGS_UNTRUSTED", { provider: rpc.host, block, reason });
}

function fingerprint(events: readonly ChainEvent[]): string {
  return JSON.stringify(events, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
