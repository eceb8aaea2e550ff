/**
 * Who has sent what no honest peer sends (P-79), and what follows from it here: first its shares are checked apart,
 * then nothing of it is looked at for a while. Enters: blame. Leaves: blame effects, and who is suspect or silenced.
 * Not here: connections and bans (adapters/libp2p), which follow the same blames.
 */
import { type ErrorCode, isQuorateError, setNewest } from "@quorate/common";
import type { Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import { BLAMED_MAX, BLAMED_MS, SILENCING_BLAMES } from "../limits.ts";

interface Record {
  /** They halve in BLAMED_MS, as the network's do. */
  readonly points: number;
  readonly atMs: number;
  readonly isSilenced: boolean;
}

export class Standing {
  /** In the order of the last blame; bounded (P-88). */
  readonly #records = new Map<PeerKey, Record>();
  /** Told when a peer is silenced, so that what it has waiting is dropped. */
  readonly #onSilenced: (peer: PeerKey, step: Step) => void;

  constructor(onSilenced: (peer: PeerKey, step: Step) => void) {
    this.#onSilenced = onSilenced;
  }

  /**
   * The peer sent what no honest peer sends. Says whether that is news: a silenced peer is blamed no more, for what it
   * had under way would fill the log.
   */
  blame(peer: PeerKey, code: ErrorCode, step: Step): boolean {
    const { nowMs, emit } = step;
    const before = this.#current(peer, nowMs);
    if (before?.isSilenced) return false;
    const points = (before?.points ?? 0) + 1;
    // Rounded: what little decays between one blame and the next must not take the tenth for the ninth.
    const isSilenced = Math.round(points) >= SILENCING_BLAMES;
    setNewest(this.#records, peer, { points, atMs: nowMs, isSilenced }, BLAMED_MAX);
    emit({ type: "blame", peer, code });
    if (!isSilenced) return true;
    emit({ type: "observe", level: "warn", code: "PEER_SILENCED", values: { peer, reason: code } });
    this.#onSilenced(peer, step);
    return true;
  }

  /** Whether it was blamed within BLAMED_MS: what it sends is checked apart. */
  isSuspect(peer: PeerKey, nowMs: number): boolean {
    const record = this.#records.get(peer);
    return record !== undefined && nowMs - record.atMs < BLAMED_MS;
  }

  /** Whether it was blamed so often that nothing it sends is looked at, until half of its points are gone. */
  isSilenced(peer: PeerKey, nowMs: number): boolean {
    return this.#current(peer, nowMs)?.isSilenced === true;
  }

  /**
   * What `work` returns, or null when the peer's bytes were no message, for which it is blamed: whatever the bytes, the
   * decoders throw only coded errors. Anything else is a fault of ours and goes up.
   */
  blaming<T>(from: PeerKey, step: Step, work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      const isNews = this.blame(from, error.code, step);
      if (isNews) step.emit({ type: "observe", level: "warn", code: error.code, values: { from } });
      return null;
    }
  }

  #current(peer: PeerKey, nowMs: number): Record | null {
    const record = this.#records.get(peer);
    if (record === undefined) return null;
    const points = record.points * 0.5 ** (Math.max(0, nowMs - record.atMs) / BLAMED_MS);
    return { ...record, points, isSilenced: record.isSilenced && points > SILENCING_BLAMES / 2 };
  }
}
