/**
 * The finalised chain of a simulation: one list of events that nothing changes, and heads that follow virtual time.
 * What each agent sees of it, and when, is its provider's doing (provider.ts).
 */
import { type ChainHead, releasedOf } from "@quorate/common";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";

export const BLOCK_SECONDS = 2;

/**
 * Long enough that a claim asked for at its close is done before the next one, short enough that one closes in every
 * run.
 */
export const EPOCH_SECONDS = 30;

/** Genesis, in seconds since 1970. */
export const GENESIS = 1_700_000_000;

/** Chain time at the start of the run: three epochs have closed, the fourth closes 6 s later, while faults go on. */
const START_SECONDS: number = GENESIS + 3 * EPOCH_SECONDS + 24;

/** Blocks of registration and of `start()`; at least one before every other. */
export const SEEDING = { blockNumber: 1, timestamp: GENESIS - 10 };
const STARTED = { blockNumber: 2, timestamp: GENESIS };

const POOL_ATOMIC: bigint = 40_000_000n * 10n ** 9n;

export const STARTED_EVENTS: readonly ChainEvent[] = [
  { type: "pool-settled", ...STARTED, logIndex: 0, balance: POOL_ATOMIC, time: GENESIS, totalReleased: 0n },
  { type: "started", ...STARTED, logIndex: 1, genesis: GENESIS, epochSeconds: EPOCH_SECONDS },
];

/** The pool is funded anew in the block of `atMs`: from then on it releases faster (P-31). */
export function poolFunded(atMs: number, addedAtomic: bigint): ChainEvent {
  const { blockNumber, timestamp } = blockAt(atMs);
  const released = releasedOf(POOL_ATOMIC, BigInt(timestamp - GENESIS));
  const balance = POOL_ATOMIC - released + addedAtomic;
  return {
    type: "pool-settled",
    blockNumber,
    timestamp,
    logIndex: 0,
    balance,
    time: timestamp,
    totalReleased: released,
  };
}

/** The block that is finalised at a moment of the run. */
export function blockAt(nowMs: number): { readonly blockNumber: number; readonly timestamp: number } {
  const blocks = Math.floor(nowMs / 1_000 / BLOCK_SECONDS);
  return { blockNumber: 1_000 + blocks, timestamp: START_SECONDS + blocks * BLOCK_SECONDS };
}

/** What a provider shows of a chain. */
export interface SeenChain {
  /** The finalised head. */
  headAt(nowMs: number): ChainHead;
  /** Events above one head, up to another. */
  between(after: ChainHead | null, upTo: ChainHead): ChainEvent[];
}

export class Chain implements SeenChain {
  readonly #events: readonly ChainEvent[];
  /** Agents see the same heads and ask for the same events. */
  readonly #heads = new Map<number, ChainHead>();
  readonly #between = new Map<string, ChainEvent[]>();

  constructor(events: readonly ChainEvent[]) {
    this.#events = [...events].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  }

  headAt(nowMs: number): ChainHead {
    const { blockNumber, timestamp } = blockAt(Math.max(0, nowMs));
    const known = this.#heads.get(blockNumber);
    if (known !== undefined) return known;
    const head = { number: blockNumber, hash: `0x${blockNumber.toString(16).padStart(64, "0")}`, timestamp } as const;
    this.#heads.set(blockNumber, head);
    return head;
  }

  between(after: ChainHead | null, upTo: ChainHead): ChainEvent[] {
    const first = after?.number ?? 0;
    const key = `${first}-${upTo.number}`;
    const known = this.#between.get(key);
    if (known !== undefined) return known;
    const events = this.#events.filter(({ blockNumber }) => blockNumber > first && blockNumber <= upTo.number);
    this.#between.set(key, events);
    return events;
  }
}
