/**
 * Connections that are made for one question and not kept (P-131). In: peers that are asked, and the time. Out:
 * whether one more may be dialled, and which connections have served. They are counted neither among the peers that
 * this node wants nor among its mates, so that questions to many nodes do not change what gossip runs over.
 */
import type { PeerKey } from "../../core/io.ts";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

export class Visits {
  readonly #now: () => number;
  readonly #rate: TokenBucket;
  /** When each was last asked something. */
  readonly #usedAtMs = new Map<PeerKey, number>();

  constructor(now: () => number) {
    this.#now = now;
    this.#rate = new TokenBucket(limits.VISITS_BURST, limits.VISITS_PER_SECOND, now());
  }

  has(peer: PeerKey): boolean {
    return this.#usedAtMs.has(peer);
  }

  /** Begins one; false where there are too many at once or within a second. */
  begin(peer: PeerKey): boolean {
    if (this.#usedAtMs.size >= limits.VISITS_MAX || !this.#rate.take(this.#now())) return false;
    this.#usedAtMs.set(peer, this.#now());
    return true;
  }

  /** The peer is asked something again. */
  used(peer: PeerKey): void {
    if (this.#usedAtMs.has(peer)) this.#usedAtMs.set(peer, this.#now());
  }

  /** It is over, or was none. */
  end(peer: PeerKey): void {
    this.#usedAtMs.delete(peer);
  }

  /** Those that have been idle for long enough to go. */
  idle(): PeerKey[] {
    const before = this.#now() - limits.VISIT_IDLE_MS;
    return [...this.#usedAtMs].flatMap(([peer, usedAtMs]) => (usedAtMs <= before ? [peer] : []));
  }
}
