/**
 * What one forwarder may have waiting for verification beyond a plain number of shares (P-97): shares that would open
 * rounds nobody asked for, and copies of one share. Enters: shares that come to wait, and that no longer do. Not here:
 * the queue (verification.ts).
 */
import { toHex } from "@quorate/common";
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
  /** By what is signed, by whom, and the signature. */
  readonly #bytes = new Tallies<string>();

  /** Takes note of a share that comes to wait; false when it shall not. */
  enter(pending: Pending): boolean {
    const opens = pending.type === "share" && pending.opens;
    if (opens && this.#opening.of(openingKey(pending)) >= UNWANTED_ROUNDS_PER_NODE_MAX) return false;
    if (pending.handle === null && this.#isHere(pending)) return false;
    if (opens) this.#opening.add(openingKey(pending));
    if (pending.handle === null) this.#fetched.add(copyKey(pending));
    this.#bytes.add(bytesKey(pending));
    return true;
  }

  /** It was checked, or dropped. */
  leave(pending: Pending): void {
    if (pending.type === "share" && pending.opens) this.#opening.remove(openingKey(pending));
    if (pending.handle === null) this.#fetched.delete(copyKey(pending));
    this.#bytes.remove(bytesKey(pending));
  }

  /**
   * From the same forwarder, or byte for byte from any other: an agent that is late would be brought what it has by
   * each peer that it asks, and check it as often. What gossip brings needs a verdict of its own.
   */
  #isHere(pending: Pending): boolean {
    return this.#fetched.has(copyKey(pending)) || this.#bytes.of(bytesKey(pending)) > 0;
  }
}

function openingKey({ from, signed }: PendingShare): string {
  return `${from} ${signed.nodeId}`;
}

function copyKey(pending: Pending): string {
  return `${pending.from} ${contentKey(pending)}`;
}

/** All bytes of the signature, or a forged copy could stand for the honest one. */
function bytesKey(pending: Pending): string {
  return `${contentKey(pending)} ${toHex(pending.signed.signature)}`;
}

function contentKey(pending: Pending): string {
  const { signed, digest } = pending;
  const whose = pending.type === "share" ? pending.signed.nodeId : pending.signed.signers.toHex();
  return `${whose} ${signed.epoch} ${digest.hex}`;
}
