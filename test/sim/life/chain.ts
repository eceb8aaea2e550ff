/**
 * The chain of a life run: blocks in which calls are executed one after the other, a finalised head behind the latest
 * one, and a queue of transactions that everyone can see. Enters: what happens without agents, by moment, and
 * transactions. Leaves: events and outcomes. Not here: the contract's rules (rewardsContract.ts), what each agent sees
 * of the chain, and when (provider.ts, services.ts).
 */
import { type Address, type ChainCall, type ChainHead, type NodeId, releasedOf } from "@quorate/common";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import type { SeenChain } from "../chain.ts";
import type { Emitted, RewardsContract } from "../rewardsContract.ts";
import type { Scheduler } from "../scheduler.ts";
import { BLOCK_SECONDS, type Calendar, STARTED } from "./calendar.ts";

const BLOCK_MS = BLOCK_SECONDS * 1_000;

/** The finalised head is so far behind the latest one. */
export const FINALITY_MS: number = 4 * BLOCK_MS;

const POOL_ATOMIC: bigint = 40_000_000n * 10n ** 9n;

export interface Transaction {
  readonly from: NodeId;
  readonly submitter: Address;
  readonly call: ChainCall;
  /** Chain time in seconds; no block after it takes the transaction. */
  readonly notAfter: number;
  /** The first moment at which a block may take it. */
  readonly readyMs: number;
  readonly onEnd: (end: TransactionEnd) => void;
}

export type TransactionEnd =
  | { readonly kind: "included" | "expired" }
  | { readonly kind: "reverted"; readonly code: string };

/** What sees the chain from outside. */
export interface ChainObserver {
  /** The events of a block, in the order of the log. */
  onEvents?(events: readonly ChainEvent[]): void;
  /** A transaction was taken into a block, or will never be. */
  onTransaction?(transaction: Transaction, end: TransactionEnd, nowMs: number): void;
}

export class LifeChain implements SeenChain {
  readonly contract: RewardsContract;
  readonly calendar: Calendar;
  readonly #scheduler: Scheduler;
  readonly #observers: readonly ChainObserver[];
  readonly #log: ChainEvent[] = [];
  readonly #planned: { readonly atMs: number; readonly event: () => Emitted }[] = [];
  #pending: Transaction[] = [];
  #pool = { balance: POOL_ATOMIC, time: STARTED.timestamp, totalReleased: 0n };

  /** @param seeded registrations before genesis, in id order */
  constructor(
    contract: RewardsContract,
    calendar: Calendar,
    scheduler: Scheduler,
    seeded: readonly ChainEvent[],
    observers: readonly ChainObserver[],
  ) {
    this.contract = contract;
    this.calendar = calendar;
    this.#scheduler = scheduler;
    this.#observers = observers;
    for (const event of seeded) this.#take(event);
    const { timestamp: genesis } = STARTED;
    this.#take({ type: "pool-settled", ...STARTED, logIndex: 0, ...this.#pool });
    this.#take({ type: "started", ...STARTED, logIndex: 1, genesis, epochSeconds: calendar.epochSeconds });
  }

  /** All events so far, those of unfinalised blocks included. */
  get log(): readonly ChainEvent[] {
    return this.#log;
  }

  /** What waits for a block; everyone can look. */
  get pending(): readonly Transaction[] {
    return this.#pending;
  }

  /** Begins to make blocks. */
  start(): void {
    for (const observer of this.#observers) observer.onEvents?.(this.#log);
    this.#nextBlock(0);
  }

  /** A registration in the first block after `atMs`. */
  registerAt(atMs: number, registered: Extract<ChainEvent, { type: "node-registered" }>): void {
    this.#planned.push({ atMs, event: () => registered });
  }

  /** A deposit: it settles the pool at what it has released (P-31). */
  fundAt(atMs: number, addedAtomic: bigint): void {
    this.#planned.push({
      atMs,
      event: () => {
        const { timestamp: time } = this.calendar.blockAt(this.#scheduler.nowMs);
        const released = releasedOf(this.#pool.balance, BigInt(time - this.#pool.time));
        const balance = this.#pool.balance - released + addedAtomic;
        this.#pool = { balance, time, totalReleased: this.#pool.totalReleased + released };
        return { type: "pool-settled", ...this.#pool };
      },
    });
  }

  /** The finalised head. */
  headAt(nowMs: number): ChainHead {
    const { blockNumber, timestamp } = this.calendar.blockAt(nowMs - FINALITY_MS);
    return { number: blockNumber, hash: `0x${blockNumber.toString(16).padStart(64, "0")}`, timestamp };
  }

  between(after: ChainHead | null, upTo: Pick<ChainHead, "number">): ChainEvent[] {
    const first = after?.number ?? 0;
    let from = this.#log.length;
    while (from > 0 && (this.#log[from - 1] as ChainEvent).blockNumber > first) from -= 1;
    return this.#log.slice(from).filter(({ blockNumber }) => blockNumber <= upTo.number);
  }

  /** Events above a head, up to the latest block at `nowMs` (P-92). */
  above(head: ChainHead, nowMs: number): ChainEvent[] {
    return this.between(head, { number: this.calendar.blockAt(nowMs).blockNumber });
  }

  /** The error that a call would give in a block now; null for none. */
  problemOf(call: ChainCall, submitter: Address): string | null {
    const { timestamp } = this.calendar.blockAt(this.#scheduler.nowMs);
    const executed = this.contract.simulate(call, submitter, timestamp);
    return "error" in executed ? executed.error : null;
  }

  broadcast(transaction: Transaction): void {
    this.#pending.push(transaction);
  }

  /** Puts a transaction before all that waits, into the next block: it pays more. */
  frontRun(transaction: Transaction): void {
    this.#pending.unshift(transaction);
  }

  #nextBlock(atMs: number): void {
    this.#scheduler.at(atMs, () => {
      this.#makeBlock(atMs);
      this.#nextBlock(atMs + BLOCK_MS);
    });
  }

  #makeBlock(nowMs: number): void {
    const block = this.calendar.blockAt(nowMs);
    const first = this.#log.length;
    const place = () => ({ ...block, logIndex: this.#log.length - first });
    for (const due of this.#planned.filter(({ atMs }) => atMs <= nowMs)) {
      this.#planned.splice(this.#planned.indexOf(due), 1);
      this.#take({ ...due.event(), ...place() } as ChainEvent);
    }
    const ready = this.#pending.filter(({ readyMs }) => readyMs <= nowMs);
    this.#pending = this.#pending.filter(({ readyMs }) => readyMs > nowMs);
    const ends = ready.map((transaction) => {
      if (block.timestamp > transaction.notAfter) return { transaction, end: { kind: "expired" } as const };
      const executed = this.contract.execute(transaction.call, transaction.submitter, block.timestamp);
      if ("error" in executed) return { transaction, end: { kind: "reverted", code: executed.error } as const };
      for (const event of executed) this.#log.push({ ...event, ...place() } as ChainEvent);
      return { transaction, end: { kind: "included" } as const };
    });
    const events = this.#log.slice(first);
    for (const observer of this.#observers) {
      if (events.length > 0) observer.onEvents?.(events);
      for (const { transaction, end } of ends) observer.onTransaction?.(transaction, end, nowMs);
    }
    for (const { transaction, end } of ends) transaction.onEnd(end);
  }

  /** What happens without an agent. */
  #take(event: ChainEvent): void {
    this.#log.push(event);
    this.contract.take(event);
  }
}
