/**
 * Who forwards a node's shares in a set without subnets (P-153): everybody who is in time, and of those who are late a
 * few, where all are connected. Enters: the shares of a message and who sent it here. Leaves: whether they go on, if
 * they are good. Pure.
 */
import { type Share, toHex } from "@quorate/common";
import type { Context } from "../context.ts";
import type { PeerKey } from "../io.ts";
import { speaker } from "../ledger/nodes.ts";
import { SHARE_RELAYS, SHARE_RELAYS_LATE_MS, SHARE_RELAYS_REACH } from "../limits.ts";
import { rank } from "../rank.ts";
import { subnetsOf } from "./subnets.ts";

const RANKS = 2 ** 32;
const RANKED_BYTES = 16;

/**
 * Who made a share sends it to every peer it has, so on a full host a few of those who have it from there are enough to
 * bring it to the others, where these are few: an agent that is itself connected to most takes the maker to be so.
 * Whoever has it from elsewhere forwards it: not everyone is the maker's peer, then.
 */
export function isForwarded(context: Context, [first]: readonly Share[], from: PeerKey): boolean {
  const { connected, ledger, load, ownNode } = context;
  const { nodes } = subnetsOf(context);
  if (load.lateMs < SHARE_RELAYS_LATE_MS || connected.length < SHARE_RELAYS_REACH * (nodes - 1)) return true;
  if (first === undefined || ownNode === null || speaker(ledger, first.nodeId)?.identityKey !== from) return true;
  // A good signature is the only one of its message and node: nobody chooses who forwards it.
  return rank(toHex(first.signature.subarray(-RANKED_BYTES)), ownNode.id) < (SHARE_RELAYS / nodes) * RANKS;
}
