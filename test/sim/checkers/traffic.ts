/**
 * Gas: honest agents send no more transactions an epoch than a stated number, network-wide, those that came to nothing
 * included. docs/simulation.md has the reasons for the bound.
 */
import type { Transaction, TransactionEnd } from "../life/chain.ts";
import { honest } from "./checker.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

/** Of all honest agents in one epoch: twice seven for records, twice eight showings, a contest and a drop. */
export const TRANSACTIONS_MAX = 32;

export class Traffic implements LifeChecker {
  readonly name = "traffic";
  readonly #truth: LifeTruth;
  readonly #counts = new Map<number, number>();

  constructor(truth: LifeTruth) {
    this.#truth = truth;
  }

  onTransaction({ from }: Transaction, _end: TransactionEnd, nowMs: number): void {
    if (!honest(this.#truth, from)) return;
    const epoch = this.#truth.calendar.epochAt(nowMs);
    const count = (this.#counts.get(epoch) ?? 0) + 1;
    this.#counts.set(epoch, count);
    if (count !== TRANSACTIONS_MAX + 1) return;
    this.#truth.report(this.name, `more than ${TRANSACTIONS_MAX} transactions of honest agents in epoch ${epoch}`);
  }
}
