/**
 * How many messages of one node a peer has offered for one round, other than the own ledger's (P-97). An honest agent
 * takes and forwards OTHERS_PER_NODE_MAX of them; a peer that goes on offering others makes them itself. Counted
 * before anything is hashed or checked. Not here: which of them are kept (rounds/round.ts).
 */
import { type NodeId, type RoundKey, setNewest } from "@quorate/common";
import type { PeerKey } from "../io.ts";
import { OFFERED_MESSAGES_MAX, OFFERS_KEPT_MAX } from "../limits.ts";

export class Offers {
  /** By forwarder, round and node, in the order of the last new message. */
  readonly #offered = new Map<string, Set<string>>();

  /**
   * Whether this is one message too many of this node in this round from this peer.
   * @param message what tells messages of the round apart
   */
  isTooMany(from: PeerKey, round: RoundKey, nodeId: NodeId, message: string): boolean {
    const key = `${from} ${round} ${nodeId}`;
    const known = this.#offered.get(key);
    if (known?.has(message)) return false;
    if (known !== undefined && known.size >= OFFERED_MESSAGES_MAX) return true;
    setNewest(this.#offered, key, (known ?? new Set<string>()).add(message), OFFERS_KEPT_MAX);
    return false;
  }
}
