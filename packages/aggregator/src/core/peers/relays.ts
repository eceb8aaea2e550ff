/**
 * Who forwards a share in a set without subnets (P-153): everybody who is in time, and of those who are late a few,
 * where all are connected. Enters: a good share and who sent it here. Leaves: whether it goes on. Pure.
 */
import type { Share } from "@quorate/common";
import type { Context } from "../context.ts";
import type { PeerKey } from "../io.ts";
import type { Digest } from "../kinds/digests.ts";
import { speaker } from "../ledger/nodes.ts";
import { SHARE_RELAYS, SHARE_RELAYS_LATE_MS, SHARE_RELAYS_REACH } from "../limits.ts";
import { rank } from "../rank.ts";
import { subnetsOf } from "./subnets.ts";

const RANKS = 2 ** 32;

/**
 * Who made a share sends it to every peer it has, so on a full host a few of those who have it from there are enough to
 * bring it to the others, where these are few: an agent that is itself connected to most takes the maker to be so.
 * Whoever has it from elsewhere forwards it: not everyone is the maker's peer, then.
 */
export function isForwarded(context: Context, share: Share, digest: Digest, from: PeerKey): boolean {
  const { connected, ledger, load, ownNode } = context;
  const { nodes } = subnetsOf(context);
  if (load.lateMs < SHARE_RELAYS_LATE_MS || connected.length < SHARE_RELAYS_REACH * (nodes - 1)) return true;
  if (ownNode === null || speaker(ledger, share.nodeId)?.identityKey !== from) return true;
  return rank(`${digest.hex} ${share.nodeId}`, ownNode.id) < (SHARE_RELAYS / nodes) * RANKS;
}
