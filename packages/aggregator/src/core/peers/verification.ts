/**
 * Shares wait here for company, so that many over one digest are checked in one go (P-6, P-83).
 * What forwarders of bad shares send waits apart, for a while: a bad share among the others costs all of them a search.
 * Enters: a share with its key and digest. Leaves: jobs for the driver and, with their results, the shares again. Not
 * here: the check itself.
 */
import type { Share } from "@quorate/common";
import type { PeerKey, VerifyGroup } from "../io.ts";
import type { Digest } from "../kinds/digests.ts";
import {
  BLAMED_MAX,
  BLAMED_MS,
  SUSPECT_BATCH_MAX,
  SUSPECT_QUEUE_MAX,
  VERIFY_BATCH_MAX,
  VERIFY_QUEUE_MAX,
} from "../limits.ts";

/** A share as it came, not yet believed. */
export interface PendingShare {
  readonly share: Share;
  readonly digest: Digest;
  readonly publicKey: Uint8Array;
  /** Who sent it here: the one to blame if it is bad. */
  readonly from: PeerKey;
  /** The gossip message whose verdict waits for the result; null for catch-up. */
  readonly handle: number | null;
}

export interface VerificationJob {
  readonly job: number;
  readonly groups: readonly VerifyGroup[];
}

/** Shares of one standing, waiting in the order in which they came. */
interface Lane {
  waiting: PendingShare[];
  readonly waitingMax: number;
  readonly batchMax: number;
}

export class VerificationQueue {
  readonly #others: Lane = { waiting: [], waitingMax: VERIFY_QUEUE_MAX, batchMax: VERIFY_BATCH_MAX };
  /**
   * What blamed forwarders sent: in jobs of its own, so that nobody else's verdict waits while its bad ones are
   * searched.
   */
  readonly #suspects: Lane = { waiting: [], waitingMax: SUSPECT_QUEUE_MAX, batchMax: SUSPECT_BATCH_MAX };
  #suspectsTurn = false;
  readonly #blamed = new BlamedForwarders();
  #inFlight: { readonly job: number; readonly groups: readonly (readonly PendingShare[])[] } | null = null;
  #nextJob = 1;

  get idle(): boolean {
    return this.#inFlight === null;
  }

  get waiting(): number {
    return this.#others.waiting.length + this.#suspects.waiting.length;
  }

  /** False when full: the share is dropped, and catch-up will fetch it again. */
  add(pending: PendingShare, nowMs: number): boolean {
    const lane = this.#blamed.has(pending.from, nowMs) ? this.#suspects : this.#others;
    if (lane.waiting.length >= lane.waitingMax) return false;
    lane.waiting.push(pending);
    return true;
  }

  /**
   * The next job, or null while one is in flight or nothing waits. One at a time: under load the next batch grows
   * meanwhile.
   */
  next(): VerificationJob | null {
    if (this.#inFlight !== null || this.waiting === 0) return null;
    const suspects = this.#suspectsTurn || this.#others.waiting.length === 0;
    // In turn, so that neither waits for the other's end.
    this.#suspectsTurn = !suspects && this.#suspects.waiting.length > 0;
    const lane = suspects ? this.#suspects : this.#others;
    const batch = lane.waiting.slice(0, lane.batchMax);
    lane.waiting = lane.waiting.slice(lane.batchMax);
    const groups = groupBy(batch, ({ digest, from }) => (suspects ? `${digest.hex} ${from}` : digest.hex));
    const job = this.#nextJob++;
    this.#inFlight = { job, groups };
    return { job, groups: groups.map(toVerifyGroup) };
  }

  /**
   * The shares of a finished job with their results; a job that is not in flight has none. Remembers who forwarded a
   * bad one.
   */
  settle(
    job: number,
    results: readonly (readonly boolean[])[],
    nowMs: number,
  ): { readonly pending: PendingShare; readonly valid: boolean }[] {
    if (this.#inFlight?.job !== job) return [];
    const { groups } = this.#inFlight;
    this.#inFlight = null;
    const settled = groups.flatMap((group, g) =>
      group.map((pending, i) => ({ pending, valid: results[g]?.[i] === true })),
    );
    const forwarders = new Set(settled.flatMap(({ pending, valid }) => (valid ? [] : [pending.from])));
    for (const forwarder of forwarders) this.#blamed.add(forwarder, nowMs);
    if (forwarders.size > 0) this.#setApart(forwarders);
    return settled;
  }

  /**
   * What else these have waiting is suspect from now on. It is below the bound of all that waits, so none of it is
   * dropped.
   */
  #setApart(forwarders: ReadonlySet<PeerKey>): void {
    const theirs = this.#others.waiting.filter(({ from }) => forwarders.has(from));
    if (theirs.length === 0) return;
    this.#others.waiting = this.#others.waiting.filter(({ from }) => !forwarders.has(from));
    this.#suspects.waiting.push(...theirs);
  }
}

/** Who forwarded a bad share lately (P-83, P-88). */
class BlamedForwarders {
  /** Until when, in the order of the last blame. */
  readonly #untilMs = new Map<PeerKey, number>();

  add(forwarder: PeerKey, nowMs: number): void {
    this.#untilMs.delete(forwarder);
    this.#untilMs.set(forwarder, nowMs + BLAMED_MS);
    if (this.#untilMs.size <= BLAMED_MAX) return;
    const longestAgo = this.#untilMs.keys().next();
    if (longestAgo.done !== true) this.#untilMs.delete(longestAgo.value);
  }

  has(forwarder: PeerKey, nowMs: number): boolean {
    return nowMs < (this.#untilMs.get(forwarder) ?? 0);
  }
}

function groupBy(batch: readonly PendingShare[], keyOf: (pending: PendingShare) => string): PendingShare[][] {
  const groups = new Map<string, PendingShare[]>();
  for (const pending of batch) {
    const key = keyOf(pending);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pending]);
    else group.push(pending);
  }
  return [...groups.values()];
}

function toVerifyGroup(group: readonly PendingShare[]): VerifyGroup {
  const [first] = group;
  if (first === undefined) throw new Error("a group has at least one share");
  return {
    digest: first.digest.bytes,
    items: group.map(({ publicKey, share }) => ({ publicKey, signature: share.signature })),
  };
}
