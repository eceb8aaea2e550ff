/**
 * Shares wait here for company, so that many over one digest are checked in one go (P-6, P-83), and forwarders take
 * turns (P-97): whatever one of them floods delays its own. What forwarders of bad shares send waits apart, for a
 * while: a bad share among the others costs all of them a search.
 * Enters: a share or partial with its key and digest. Leaves: jobs for the driver and, with their results, the same
 * again. Not here: the check itself, and who is suspect (standing.ts).
 */
import { type PartialAggregate, type Share, setNewest } from "@quorate/common";
import type { PeerKey, VerifyGroup } from "../io.ts";
import type { Digest } from "../kinds/digests.ts";
import {
  BLAMED_MAX,
  FORWARDER_BATCH_FIRST,
  FORWARDER_BATCH_MAX,
  SUSPECT_BATCH_MAX,
  SUSPECT_QUEUE_MAX,
  VERIFY_BATCH_MAX,
  VERIFY_DELAY_MAX_MS,
  VERIFY_DELAY_MS,
  VERIFY_GROUPS_MAX,
  VERIFY_LATE_SPACING,
  VERIFY_QUEUE_MAX,
} from "../limits.ts";
import { groupBy } from "../lists.ts";

/** A share or partial as it came, not yet believed. */
export type Pending = PendingShare | PendingPartial;

interface Waiting {
  readonly digest: Digest;
  /** The signer's key, or the sum of the signers' keys. */
  readonly publicKey: Uint8Array;
  /** Who sent it here: the one to blame if it is bad. */
  readonly from: PeerKey;
  /** The gossip message whose verdict waits for the result; null for what came otherwise. */
  readonly handle: number | null;
}

export interface PendingShare extends Waiting {
  readonly type: "share";
  readonly signed: Share;
  /** Whether its round was not open when it came. */
  readonly opens: boolean;
}

export interface PendingPartial extends Waiting {
  readonly type: "partial";
  readonly signed: PartialAggregate;
}

export interface VerificationJob {
  readonly job: number;
  readonly groups: readonly VerifyGroup[];
}

/** What was checked; `valid` is null when it was not checked after all. */
export interface Settled {
  readonly pending: Pending;
  readonly valid: boolean | null;
}

/** Whether what a peer sends is checked apart now. */
export type IsSuspect = (peer: PeerKey) => boolean;

export class VerificationQueue {
  /** By forwarder, in the order of their turns; nobody without a share is in it. */
  readonly #waiting = new Map<PeerKey, Pending[]>();
  #count = 0;
  /** Shares of a forwarder in one job, after jobs without a bad one of it; in the order of the last change (P-88). */
  readonly #allowed = new Map<PeerKey, number>();
  #suspectsTurn = false;
  #inFlight: { readonly job: number; readonly groups: readonly (readonly Pending[])[] } | null = null;
  #nextJob = 1;

  get idle(): boolean {
    return this.#inFlight === null;
  }

  get waiting(): number {
    return this.#count;
  }

  /**
   * Takes a share. Returns the one that has no room, or null: when all is full that is the newest of whoever has most
   * waiting; catch-up will fetch it again.
   */
  add(pending: Pending, isSuspect: IsSuspect): Pending | null {
    const mine = this.#waiting.get(pending.from) ?? [];
    if (isSuspect(pending.from) && mine.length >= SUSPECT_QUEUE_MAX) return pending;
    let dropped: Pending | null = null;
    if (this.#count >= VERIFY_QUEUE_MAX) {
      const largest = this.#largest();
      if (largest.length <= mine.length + 1) return pending;
      dropped = largest.pop() as Pending;
      this.#count -= 1;
    }
    mine.push(pending);
    this.#waiting.set(pending.from, mine);
    this.#count += 1;
    return dropped;
  }

  /** Takes out all that a peer has waiting. */
  drop(from: PeerKey): readonly Pending[] {
    const theirs = this.#waiting.get(from) ?? [];
    this.#waiting.delete(from);
    this.#count -= theirs.length;
    return theirs;
  }

  /**
   * The next job, or null while one is in flight or nothing waits. One at a time: under load the next batch grows
   * meanwhile.
   */
  next(isSuspect: IsSuspect): VerificationJob | null {
    if (this.#inFlight !== null || this.#count === 0) return null;
    const suspects = [...this.#waiting.keys()].filter(isSuspect);
    const others = suspects.length === this.#waiting.size ? [] : [...this.#waiting.keys()].filter((p) => !isSuspect(p));
    const isTheirs = others.length === 0 || (this.#suspectsTurn && suspects.length > 0);
    // In turn, so that neither waits for the other's end.
    this.#suspectsTurn = !isTheirs && suspects.length > 0;
    const batch = isTheirs ? this.#take(suspects, SUSPECT_BATCH_MAX) : this.#take(others, VERIFY_BATCH_MAX);
    const groups = groupBy(batch, ({ digest, from }) => (isTheirs ? `${digest.hex} ${from}` : digest.hex));
    const job = this.#nextJob++;
    this.#inFlight = { job, groups };
    return { job, groups: groups.map(toVerifyGroup) };
  }

  /**
   * The shares of a finished job with their results; a job that is not in flight has none.
   * @param results null when the job could not be done
   */
  settle(job: number, results: readonly (readonly boolean[])[] | null): Settled[] {
    if (this.#inFlight?.job !== job) return [];
    const { groups } = this.#inFlight;
    this.#inFlight = null;
    const settled = groups.flatMap((group, g) =>
      group.map((pending, i) => ({ pending, valid: results === null ? null : results[g]?.[i] === true })),
    );
    const good = new Map<PeerKey, boolean>();
    for (const { pending, valid } of settled) {
      good.set(pending.from, (good.get(pending.from) ?? true) && valid === true);
    }
    for (const [forwarder, isGood] of good) this.#learn(forwarder, isGood);
    return settled;
  }

  /**
   * Turn by turn one share of each, in the order in which it sent them, up to what each may have in one job. Who was
   * first is last next time.
   */
  #take(forwarders: readonly PeerKey[], batchMax: number): Pending[] {
    const turns = forwarders.map((from) => ({ from, taken: 0, most: this.#allowedOf(from) }));
    const batch: Pending[] = [];
    const digests = new Set<string>();
    for (let active = turns; active.length > 0 && batch.length < batchMax; ) {
      active = active.filter((turn) => {
        const next = this.#waiting.get(turn.from)?.[turn.taken];
        if (next === undefined || turn.taken >= turn.most || batch.length >= batchMax) return false;
        if (digests.size >= VERIFY_GROUPS_MAX && !digests.has(next.digest.hex)) return false;
        digests.add(next.digest.hex);
        batch.push(next);
        turn.taken += 1;
        return true;
      });
    }
    for (const { from, taken } of turns) if (taken > 0) this.#waiting.set(from, this.#after(from, taken));
    for (const [from, left] of this.#waiting) if (left.length === 0) this.#waiting.delete(from);
    this.#count -= batch.length;
    this.#rotate(forwarders[0]);
    return batch;
  }

  #after(from: PeerKey, taken: number): Pending[] {
    return (this.#waiting.get(from) ?? []).slice(taken);
  }

  #rotate(first: PeerKey | undefined): void {
    const left = first === undefined ? undefined : this.#waiting.get(first);
    if (first === undefined || left === undefined) return;
    this.#waiting.delete(first);
    this.#waiting.set(first, left);
  }

  #allowedOf(forwarder: PeerKey): number {
    return this.#allowed.get(forwarder) ?? FORWARDER_BATCH_FIRST;
  }

  #learn(forwarder: PeerKey, isGood: boolean): void {
    const allowed = isGood ? Math.min(FORWARDER_BATCH_MAX, 2 * this.#allowedOf(forwarder)) : FORWARDER_BATCH_FIRST;
    setNewest(this.#allowed, forwarder, allowed, BLAMED_MAX);
  }

  #largest(): Pending[] {
    let largest: Pending[] = [];
    for (const waiting of this.#waiting.values()) if (waiting.length > largest.length) largest = waiting;
    return largest;
  }
}

/** Milliseconds for which a share waits for company: more where the host is late, and checks of few are too many. */
export function companyMs(lateMs: number): number {
  return Math.min(VERIFY_DELAY_MAX_MS, VERIFY_DELAY_MS + lateMs * VERIFY_LATE_SPACING);
}

function toVerifyGroup(group: readonly Pending[]): VerifyGroup {
  const [first] = group;
  if (first === undefined) throw new Error("a group has at least one share");
  return {
    digest: first.digest.bytes,
    items: group.map(({ publicKey, signed }) => ({ publicKey, signature: signed.signature })),
  };
}
