/**
 * What one forwarder may have waiting for verification beyond a plain number of shares (P-97): shares that would open
 * rounds nobody asked for, and copies of one share. Enters: shares that come to wait, and that no longer do. Not here:
 * the queue (verification.ts).
 */
import { UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { Tallies } from "../rounds/tallies.ts";
import type { Pending, PendingShare } from "./verification.ts";

export class WaitingLimits {
  /** By forwarder and node: those that would open a round. */
  readonly #opening = new Tallies<string>();
  /**
   * By forwarder, node and digest: those that came by catch-up, whose answers could hold one share thousands of
   * times.
   */
  readonly #fetched = new Set<string>();

  /** Takes note of a share that comes to wait; false when it shall not. */
  enter(pending: Pending): boolean {
    const opens = pending.type === "share" && pending.opens;
    if (opens && this.#opening.of(openingKey(pending)) >= UNWANTED_ROUNDS_PER_NODE_MAX) return false;
    if (pending.handle === null && this.#fetched.has(copyKey(pending))) return false;
    if (opens) this.#opening.add(openingKey(pending));
    if (pending.handle === null) this.#fetched.add(copyKey(pending));
    return true;
  }

  /** It was checked, or dropped. */
  leave(pending: Pending): void {
    if (pending.type === "share" && pending.opens) this.#opening.remove(openingKey(pending));
    if (pending.handle === null) this.#fetched.delete(copyKey(pending));
  }
}

function openingKey({ from, signed }: PendingShare): string {
  return `${from} ${signed.nodeId}`;
}

function copyKey(pending: Pending): string {
  const { from, signed, digest } = pending;
  const whose = pending.type === "share" ? pending.signed.nodeId : pending.signed.signers.toHex();
  return `${from} ${whose} ${signed.epoch} ${digest.hex}`;
}
