/**
 * Lifetime amounts at the closes of the window's epochs, as lists for a tree and as sums (P-41). One amount is
 * ledger.ts' `amountAt`.
 */
import type { Address } from "@quorate/common";
import { addAmounts } from "./journal.ts";
import { changes, type LedgerState } from "./ledger.ts";

export type Amounts = readonly (readonly [Address, bigint])[];

/** Whom an epoch of the window credited, with their lifetime amounts at its close; empty outside of the window. */
export function changesOf(state: LedgerState, epoch: number): Amounts {
  return [...(changes(state, epoch) ?? [])];
}

/** Everyone's lifetime amount at the close of an epoch of the window; nobody is listed with zero. */
export function amountsAt(state: LedgerState, epoch: number): Amounts {
  // What later epochs credited, once for all: five lookups for each of 100,000 recipients would hold the event loop.
  const later = new Map<Address, bigint>();
  for (const closed of state.closed) if (closed.epoch > epoch) addAmounts(later, closed.credits);
  const amounts: [Address, bigint][] = [];
  for (const [recipient, owed] of state.owed) {
    const amount = owed - (later.get(recipient) ?? 0n);
    if (amount > 0n) amounts.push([recipient, amount]);
  }
  return amounts;
}

/** The sum of all lifetime amounts at the close of an epoch of the window; null outside of it. */
export function totalOwedAt({ closed }: LedgerState, epoch: number): bigint | null {
  return closed.find((entry) => entry.epoch === epoch)?.totalOwed ?? null;
}
