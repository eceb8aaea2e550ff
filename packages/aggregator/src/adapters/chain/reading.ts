/**
 * What one provider tells of a range of finalised blocks. Enters: a provider and the range. Leaves: its events, the
 * blocks they are in, and its own block at the end of the range; or the coded reason why not, with the provider. Not
 * its job: comparing it with what others tell.
 *
 * What was read is kept across attempts: the logs from the beginning of the range on, and blocks with their times.
 */
import { setImmediate } from "node:timers/promises";
import { type Address, type ChainHead, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { EVENT_TOPICS, orderLogs, parseEvent } from "./events.ts";
import { BLOCKS_AT_ONCE, LOGS_AT_ONCE, LOGS_MAX, SHRINKS_MAX } from "./limits.ts";
import type { Provider } from "./provider.ts";
import type { RawLog } from "./rpc.ts";
import { RpcError, TransportRefusal } from "./transport.ts";

export interface ReadingOptions {
  readonly rewards: Address;
  readonly pool: Address;
  /** Every block of a log is asked for, as nobody else's answer confirms what the log says of it. */
  readonly verifiesBlocks: boolean;
}

export interface Read {
  readonly events: readonly ChainEvent[];
  /** What the events were made of, in their order. */
  readonly logs: readonly RawLog[];
  /** Those that logs are in. */
  readonly blocks: readonly ChainHead[];
  /** The last of the range. */
  readonly head: ChainHead;
}

export class Reading {
  readonly #provider: Provider;
  readonly #options: ReadingOptions;
  readonly #signal: AbortSignal;

  constructor(provider: Provider, options: ReadingOptions, signal: AbortSignal) {
    this.#provider = provider;
    this.#options = options;
    this.#signal = signal;
  }

  /** @param target a finalised block that this provider has; at or above `toBlock` */
  async read(fromBlock: number, toBlock: number, target: ChainHead): Promise<Read> {
    const provider = this.#provider;
    const logs = await this.#logs(fromBlock, toBlock);
    // P-57: only now, and only with this provider's own block at the end of the range, does an answer count, an empty
    // one above all.
    const head = await provider.rpc.block(toBlock, this.#signal);
    if (toBlock === target.number && head?.hash !== target.hash) {
      throw this.#forgotten(toBlock, `has ${head?.hash ?? "no block"} after reading, not ${target.hash}`);
    }
    if (head === null) throw this.#failed(`has no block ${toBlock}, though ${target.number} is finalised`);
    provider.keepBlock(head);
    try {
      const ordered = orderLogs(logs, fromBlock, toBlock);
      const blocks = await this.#blocks(ordered, head);
      const events = await parse(ordered, blocks, this.#options);
      return { events, logs: ordered, blocks: [...blocks.values()], head };
    } catch (error) {
      // What failed on the way may be asked for again; what is wrong is not kept.
      if (!isQuorateError(error, "CHAIN_PROVIDER_FAILED")) provider.forget();
      throw blamed(error, provider);
    }
  }

  async #logs(fromBlock: number, toBlock: number): Promise<readonly RawLog[]> {
    const { rpc, pace } = this.#provider;
    const kept = this.#provider.keptFrom(fromBlock);
    const filter = { addresses: [this.#options.rewards, this.#options.pool], topics: EVENT_TOPICS };
    for (let shrinks = 0; kept.upTo < toBlock; ) {
      const size = Math.min(pace.size, toBlock - kept.upTo);
      try {
        const logs = await rpc.logs(filter, kept.upTo + 1, kept.upTo + size, this.#signal);
        kept.logs.push(...logs);
        kept.upTo += size;
        pace.worked(size);
      } catch (error) {
        this.#signal.throwIfAborted();
        const isBound = isRefusal(error);
        pace.failed(size, isBound);
        // Providers bound ranges and answers, each in its own words; half the range may do. That is no ill health.
        if (!isBound || size === 1 || ++shrinks > SHRINKS_MAX) throw error;
      }
      if (kept.logs.length > LOGS_MAX && kept.upTo < toBlock) {
        for (let i = 0; i < 4; i++) pace.failed(pace.size, false);
        this.#provider.forget();
        throw this.#failed(`more than ${LOGS_MAX} logs in ${kept.upTo - fromBlock + 1} blocks`);
      }
    }
    return kept.logs.filter(({ blockNumber }) => blockNumber <= toBlock || blockNumber > kept.upTo);
  }

  /** The blocks that logs are in, by number. Their times are in the logs of many providers; else they are asked for. */
  async #blocks(logs: readonly RawLog[], head: ChainHead): Promise<ReadonlyMap<number, ChainHead>> {
    const blocks = new Map<number, ChainHead>();
    const missing: number[] = [];
    for (const { blockNumber, blockHash, blockTimestamp } of logs) {
      if (blocks.has(blockNumber) || missing.at(-1) === blockNumber) continue;
      const known = blockNumber === head.number ? head : this.#provider.knownBlock(blockNumber);
      if (known !== undefined) blocks.set(blockNumber, known);
      else if (this.#options.verifiesBlocks || blockTimestamp === undefined) missing.push(blockNumber);
      else blocks.set(blockNumber, { number: blockNumber, hash: blockHash, timestamp: blockTimestamp });
    }
    const next = missing.values();
    const ask = async (): Promise<void> => {
      for (const number of next) blocks.set(number, await this.#block(number));
    };
    await Promise.all(Array.from({ length: BLOCKS_AT_ONCE }, ask));
    // Which were known and which asked for is chance: two that tell the same must tell it in the same order.
    return new Map([...blocks].sort(([a], [b]) => a - b));
  }

  async #block(number: number): Promise<ChainHead> {
    const block = await this.#provider.rpc.block(number, this.#signal);
    if (block === null) throw this.#forgotten(number, "has logs of a block that it does not have");
    this.#provider.keepBlock(block);
    return block;
  }

  #forgotten(block: number, reason: string): QuorateError {
    this.#provider.forget();
    return quorateError("CHAIN_LOGS_UNTRUSTED", { provider: this.#provider.host, block, reason });
  }

  #failed(reason: string): QuorateError {
    return quorateError("CHAIN_PROVIDER_FAILED", { provider: this.#provider.host, method: "eth_getLogs", reason });
  }
}

/** As one provider has them now, finalised or not; nothing is kept of it. */
export async function readEvents(
  { rpc, host }: Provider,
  contracts: Omit<ReadingOptions, "verifiesBlocks">,
  fromBlock: number,
  toBlock: number,
  signal: AbortSignal,
): Promise<ChainEvent[]> {
  const filter = { addresses: [contracts.rewards, contracts.pool], topics: EVENT_TOPICS };
  const logs = orderLogs(await rpc.logs(filter, fromBlock, toBlock, signal), fromBlock, toBlock);
  const blocks = new Map<number, ChainHead>();
  for (const { blockNumber } of logs) {
    if (blocks.has(blockNumber)) continue;
    const block = await rpc.block(blockNumber, signal);
    if (block === null) {
      const reason = "has logs of a block that it does not have";
      throw quorateError("CHAIN_LOGS_UNTRUSTED", { provider: host, block: blockNumber, reason });
    }
    blocks.set(blockNumber, block);
  }
  return parse(logs, blocks, contracts);
}

/** Decoding points of curves takes a while: the event loop has its turn now and then. */
async function parse(
  logs: readonly RawLog[],
  blocks: ReadonlyMap<number, ChainHead>,
  contracts: Omit<ReadingOptions, "verifiesBlocks">,
): Promise<ChainEvent[]> {
  const events: ChainEvent[] = [];
  for (const [i, log] of logs.entries()) {
    if (i % LOGS_AT_ONCE === LOGS_AT_ONCE - 1) await setImmediate();
    const event = parseEvent(log, blocks.get(log.blockNumber) as ChainHead, contracts);
    if (event !== null) events.push(event);
  }
  return events;
}

/** The provider answered, and refused this question: it does not say that it is away, busy, or that nobody knows us. */
function isRefusal(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof RpcError) return !TOO_OFTEN.test(cause.message);
  if (!(cause instanceof TransportRefusal)) return false;
  const { status } = cause;
  return status === null || (status >= 400 && status < 500 && !NOT_OF_THE_RANGE.includes(status));
}

/** Not paid, not allowed, not there, too late, too early, too often: with half the range it would be the same. */
const NOT_OF_THE_RANGE: readonly number[] = [401, 402, 403, 404, 407, 408, 425, 429];
const TOO_OFTEN = /rate.?limit|too many requests|per second|request count|capacity/i;

/** Names the provider whose answer was found wrong while it was read. */
function blamed(error: unknown, { host }: Provider): unknown {
  if (!isQuorateError(error) || "provider" in error.values) return error;
  return quorateError(error.code, { provider: host, ...error.values }, { cause: error });
}
