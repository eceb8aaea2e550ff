/**
 * Finalised blocks in bounded ranges, read from all providers and compared (P-57). Enters: where the reader stands.
 * Leaves: the next range's events with the block they are complete up to, or the coded reason why they cannot be had.
 * Not its job: trying again, remembering a place.
 */
import { type Address, type ChainHead, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { EVENT_TOPICS, orderLogs, parseEvent } from "./events.ts";
import { blockAt, Providers, type Source, sameBlock } from "./providers.ts";
import type { RawLog, Rpc } from "./rpc.ts";

export interface RangeOptions {
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  readonly deployBlock?: number;
  readonly chunkBlocks: number;
}

export interface ReadRange {
  readonly events: readonly ChainEvent[];
  /** The range's last block. */
  readonly head: ChainHead;
  /** The last finalised block that may be read now. */
  readonly target: ChainHead;
  /** Who said it: all of them the same. */
  readonly sources: readonly Source[];
}

export class RangeReader {
  readonly #options: RangeOptions;
  readonly #providers: Providers;
  /** Shrinks when a provider refuses a range, grows back after each success. */
  #chunkBlocks: number;

  constructor(options: RangeOptions, rpcs: readonly Rpc[]) {
    this.#options = options;
    this.#providers = new Providers(options, rpcs);
    this.#chunkBlocks = options.chunkBlocks;
  }

  /** The range just above the cursor; null when there is nothing more to read for now. */
  async next(cursor: ChainHead | null): Promise<ReadRange | null> {
    const { target, sources } = await this.#providers.agree(cursor);
    const fromBlock = cursor === null ? (this.#options.deployBlock ?? 0) : cursor.number + 1;
    if (target.number < fromBlock) return null;
    const toBlock = Math.min(target.number, fromBlock + this.#chunkBlocks - 1);
    const { head, events } = await this.#read(sources, fromBlock, toBlock);
    this.#chunkBlocks = Math.min(this.#options.chunkBlocks, this.#chunkBlocks * 2);
    return { events, head, target, sources };
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
    const events = await this.events(rpc, fromBlock, head.number);
    // P-57: only now, and only with this provider's own block at the end of the range, does an answer count, an empty
    // one above all.
    const end = await rpc.block(head.number);
    if (end?.hash !== head.hash)
      throw untrusted(rpc, head.number, `has ${end?.hash ?? "no block"} after reading, not ${head.hash}`);
    return events;
  }

  /** As one provider has them. */
  async events(rpc: Rpc, fromBlock: number, toBlock: number): Promise<ChainEvent[]> {
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
}

/** Names the provider whose answer was found wrong while it was read. */
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
