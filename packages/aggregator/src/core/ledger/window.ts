/**
 * Which epochs matter: the last closed ones, whose messages are signed (P-70), and the next few, whose messages are
 * held (P-72).
 */
import { HELD_EPOCHS, SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import { type LedgerState, lastClosedEpoch } from "./ledger.ts";

/** The oldest epoch that is still signed when `lastClosed` is the last one closed. */
export function oldestInWindow(lastClosed: number): number {
  return Math.max(0, lastClosed - SIGNING_WINDOW_EPOCHS + 1);
}

/**
 * Why messages of an epoch are of no use here, or null: too old to be signed (P-70), or too far ahead to be held
 * (P-72).
 */
export function outsideWindow(ledger: LedgerState, epoch: number): "EPOCH_TOO_OLD" | "EPOCH_TOO_FAR" | null {
  const lastClosed = lastClosedEpoch(ledger);
  if (epoch > (lastClosed ?? -1) + HELD_EPOCHS) return "EPOCH_TOO_FAR";
  return lastClosed !== null && epoch < oldestInWindow(lastClosed) ? "EPOCH_TOO_OLD" : null;
}
