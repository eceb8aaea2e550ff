/**
 * One round: every checked share for one (recipient, epoch), grouped by the amount it signs.
 * The group of the own ledger's amount becomes the bundle; every other group is disagreement, shown and never added (P-84).
 * Not here: checking signatures (verification.ts), counting stake (aggregation.ts).
 */
import type { Address, Disagreement, NodeId, SignedClaimRequest } from "@quorate/common";
import { type RoundKey, roundKey } from "../kinds/roundId.ts";
import { AMOUNTS_PER_NODE_MAX } from "../limits.ts";

export interface Round {
  readonly key: RoundKey;
  readonly recipient: Address;
  readonly epoch: number;
  /** The nodes that have asked for it, bounded by the registry; those from before a restart are not known. */
  readonly askedBy: Set<NodeId>;
  /** The request that opened it, kept for catch-up; null while only shares are known, and after a restart. */
  request: SignedClaimRequest | null;
  /** Whether a registered node asked for it (P-70): what may be signed. */
  requested: boolean;
  /** For an unrequested round: the node whose share opened it and whose budget it uses. */
  readonly openedBy: NodeId | null;
  /** What the own ledger says; null until it has closed the epoch, and for a recipient it owes nothing. */
  ownAmount: bigint | null;
  /** Whether the own share was asked for or made. */
  signing: boolean;
  /** Checked signatures by amount and node. */
  readonly shares: Map<bigint, Map<NodeId, Uint8Array>>;
}

export function openRound(recipient: Address, epoch: number, openedBy: NodeId | null): Round {
  return {
    key: roundKey(recipient, epoch),
    recipient,
    epoch,
    askedBy: new Set(),
    request: null,
    requested: false,
    openedBy,
    ownAmount: null,
    signing: false,
    shares: new Map(),
  };
}

/** The checked signature of a node over an amount, if it is here. */
export function shareOf(round: Round, amount: bigint, nodeId: NodeId): Uint8Array | undefined {
  return round.shares.get(amount)?.get(nodeId);
}

/** Adds a checked share. The first stands: a BLS signature is unique. */
export function addShare(round: Round, amount: bigint, nodeId: NodeId, signature: Uint8Array): void {
  if (shareOf(round, amount, nodeId) !== undefined) return;
  const group = round.shares.get(amount) ?? new Map<NodeId, Uint8Array>();
  group.set(nodeId, signature);
  round.shares.set(amount, group);
}

/**
 * Whether a node's share over one more amount is taken (P-84, P-88). Over the own ledger's always: what a node signed for other epochs anyone can
 * replay under this one, and it must not keep out what it signs for this one.
 * @param own the own ledger's amount; null while it has not closed the epoch
 */
export function mayAdd(round: Round, amount: bigint, nodeId: NodeId, own: bigint | null): boolean {
  if (amount === own || shareOf(round, amount, nodeId) !== undefined) return true;
  let others = 0;
  for (const [known, group] of round.shares) if (known !== own && group.has(nodeId)) others += 1;
  return others < AMOUNTS_PER_NODE_MAX;
}

/** The shares over the own amount; empty while that is unknown. */
export function agreeingShares(round: Round): ReadonlyMap<NodeId, Uint8Array> {
  return (round.ownAmount === null ? undefined : round.shares.get(round.ownAmount)) ?? new Map();
}

/** Who signed another amount than the own ledger's, in id order; empty while the own amount is unknown. */
export function disagreements(round: Round): Disagreement[] {
  if (round.ownAmount === null) return [];
  const found: Disagreement[] = [];
  for (const [amount, group] of round.shares) {
    if (amount === round.ownAmount) continue;
    for (const nodeId of group.keys()) found.push({ nodeId, amount });
  }
  return found.sort((a, b) => a.nodeId - b.nodeId || (a.amount < b.amount ? -1 : 1));
}

/** Every node with a checked share here, over whatever amount: what catch-up need not send again. */
export function heardFrom(round: Round): NodeId[] {
  const ids = new Set<NodeId>();
  for (const group of round.shares.values()) for (const id of group.keys()) ids.add(id);
  return [...ids].sort((a, b) => a - b);
}
