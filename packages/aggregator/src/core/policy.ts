/**
 * What an honest node signs (P-70, P-73): the one place that says yes, not yet, or no.
 * Enters: the ledger, the chain's health and a (recipient, epoch). Leaves: a decision. Not here: whether a node asked, and P-71 (agent.ts).
 */
import type { Address, ChainHealth, Refusal } from "@quorate/common";
import { amountAt, type LedgerState, lastClosedEpoch } from "./ledger/ledger.ts";
import { HELD_EPOCHS, SIGNING_WINDOW_EPOCHS } from "./limits.ts";

export type Decision =
  | { readonly kind: "sign"; readonly amount: bigint }
  /** The epoch is ahead of this ledger (P-72), or the chain cannot be trusted right now (P-57): ask again later. */
  | { readonly kind: "wait"; readonly refusal: Refusal }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

export function decideClaim(ledger: LedgerState, health: ChainHealth, recipient: Address, epoch: number): Decision {
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null || epoch > lastClosed) {
    return { kind: "wait", refusal: { code: "EPOCH_NOT_CLOSED", values: { epoch, lastClosed: lastClosed ?? "none" } } };
  }
  const amount = amountAt(ledger, epoch, recipient);
  if (amount === null) {
    return {
      kind: "refuse",
      refusal: { code: "EPOCH_TOO_OLD", values: { epoch, oldest: oldestInWindow(lastClosed) } },
    };
  }
  if (amount === 0n) return { kind: "refuse", refusal: { code: "NO_REWARDS", values: { recipient, epoch } } };
  if (!health.healthy) {
    return {
      kind: "wait",
      refusal: { code: "CHAIN_UNHEALTHY", values: { reason: health.code, detail: health.detail } },
    };
  }
  return { kind: "sign", amount };
}

/** The oldest epoch that is still signed when `lastClosed` is the last one closed. */
export function oldestInWindow(lastClosed: number): number {
  return Math.max(0, lastClosed - SIGNING_WINDOW_EPOCHS + 1);
}

/** Why messages of an epoch are of no use here, or null: too old to be signed (P-70), or too far ahead to be held (P-72). */
export function outsideWindow(ledger: LedgerState, epoch: number): "EPOCH_TOO_OLD" | "EPOCH_TOO_FAR" | null {
  const lastClosed = lastClosedEpoch(ledger);
  if (epoch > (lastClosed ?? -1) + HELD_EPOCHS) return "EPOCH_TOO_FAR";
  return lastClosed !== null && epoch < oldestInWindow(lastClosed) ? "EPOCH_TOO_OLD" : null;
}
