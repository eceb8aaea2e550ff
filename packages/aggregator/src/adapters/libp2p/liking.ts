/**
 * Which peers this node likes best (P-121, P-133). In: a secret that is new in every process. Out: an order of all
 * identities. An enemy that knew it could make keys that come first, and be all that a node is connected to.
 */
import type { PeerKey } from "../../core/io.ts";
import { hashFraction } from "./dialBackoff.ts";

export class Liking {
  readonly #salt: string;
  /** Filled on demand; bounded by the peers that may connect. */
  readonly #ranks = new Map<PeerKey, number>();

  constructor(salt: string) {
    this.#salt = salt;
  }

  /** Lower is liked better. */
  rank(peer: PeerKey): number {
    const known = this.#ranks.get(peer);
    if (known !== undefined) return known;
    const rank = hashFraction(this.#salt, peer);
    this.#ranks.set(peer, rank);
    return rank;
  }

  /** The best liked that pass, best first. `passes` is asked only of those that would be among them. */
  best(peers: Iterable<PeerKey>, count: number, passes: (peer: PeerKey) => boolean): PeerKey[] {
    const best: PeerKey[] = [];
    if (count <= 0) return best;
    for (const peer of peers) {
      const rank = this.rank(peer);
      const last = best[count - 1];
      if ((last !== undefined && this.rank(last) <= rank) || !passes(peer)) continue;
      let at = best.length;
      while (at > 0 && this.rank(best[at - 1] as PeerKey) > rank) at -= 1;
      best.splice(at, 0, peer);
      best.length = Math.min(best.length, count);
    }
    return best;
  }

  retain(keep: (peer: PeerKey) => boolean): void {
    for (const peer of this.#ranks.keys()) if (!keep(peer)) this.#ranks.delete(peer);
  }
}
