/**
 * What peers have done wrong, and for how long it counts. In: blame. Out: decaying points, which lower the gossip
 * score, and a ban. Kept apart from gossipsub's own counters, which start anew whenever a peer reconnects.
 */
import type { PeerKey } from "../../core/io.ts";

/**
 * Points at which a peer is disconnected. Each is something that an honest peer does not send, but a node that is a
 * few blocks behind, or runs another version, may be taken for one once or twice.
 */
export const BAN_POINTS = 10;

/** A banned peer may come back when half of its points are gone: after this time, if it stays away. */
export const HALF_LIFE_MS = 10 * 60_000;

/** Below this nothing is left to remember; a single blame is forgotten after an hour. */
const FORGET_POINTS = 1 / 64;

interface Record {
  points: number;
  atMs: number;
  banned: boolean;
}

/** Bounded by the identities that may connect: `retain` drops the rest. */
export class Conduct {
  readonly #records = new Map<PeerKey, Record>();

  /** Adds points and says whether the peer is banned now. */
  blame(peer: PeerKey, nowMs: number, points = 1): boolean {
    const record = this.#current(peer, nowMs) ?? { points: 0, atMs: nowMs, banned: false };
    record.points += points;
    // Rounded: what little decays between one blame and the next must not take the tenth for the ninth.
    if (Math.round(record.points) >= BAN_POINTS) record.banned = true;
    this.#records.set(peer, record);
    return record.banned;
  }

  points(peer: PeerKey, nowMs: number): number {
    return this.#current(peer, nowMs)?.points ?? 0;
  }

  banned(peer: PeerKey, nowMs: number): boolean {
    return this.#current(peer, nowMs)?.banned ?? false;
  }

  retain(keep: (peer: PeerKey) => boolean): void {
    for (const peer of this.#records.keys()) if (!keep(peer)) this.#records.delete(peer);
  }

  #current(peer: PeerKey, nowMs: number): Record | null {
    const record = this.#records.get(peer);
    if (record === undefined) return null;
    record.points *= 0.5 ** (Math.max(0, nowMs - record.atMs) / HALF_LIFE_MS);
    record.atMs = nowMs;
    if (record.points <= BAN_POINTS / 2) record.banned = false;
    if (record.points >= FORGET_POINTS) return record;
    this.#records.delete(peer);
    return null;
  }
}
