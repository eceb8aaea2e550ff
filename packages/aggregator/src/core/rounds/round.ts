/**
 * One round: every checked share and partial for one (kind, epoch, subject), grouped by the digest it signs.
 * The group of the own ledger's message becomes the aggregate; every other group is disagreement, shown and never
 * added (P-84). Not here: checking signatures (peers/verification.ts), counting stake (tally.ts).
 */
import {
  type ErrorCode,
  type Hex,
  type KindMessage,
  type NodeId,
  type RoundId,
  type RoundKey,
  roundKey,
  type SignedClaimRequest,
  Signers,
} from "@quorate/common";
import type { PeerKey } from "../io.ts";
import type { Digest } from "../kinds/digests.ts";
import { OTHERS_PER_NODE_MAX } from "../limits.ts";
import {
  type Contribution,
  disjointParts,
  type Group,
  keepPartial,
  newGroup,
  type Part,
  signersOf,
} from "./contributions.ts";

/** What the own ledger says a round's message is. */
export interface OwnMessage {
  readonly signed: KindMessage;
  readonly digest: Digest;
}

export interface Round {
  readonly id: RoundId;
  readonly key: RoundKey;
  /** The nodes that have asked for it, bounded by the registry; those from before a restart are not known. */
  readonly askedBy: Set<NodeId>;
  /**
   * Which peer first brought the request of each of them: partials for it go that way (P-136). Bounded as askedBy is.
   */
  readonly routes: Map<NodeId, PeerKey>;
  /**
   * The request that opened it, kept for catch-up; null while only shares are known, after a restart, and for a kind
   * that nobody asks for.
   */
  request: SignedClaimRequest | null;
  /** Whether it may be signed: a registered node asked for it (P-70), or its kind is signed unasked. */
  wanted: boolean;
  /** The node whose rounds it counts among (P-78); null for one that no request opened. */
  origin: NodeId | null;
  /** For a round that nobody wanted: the node whose share opened it and whose budget it uses. */
  readonly openedBy: NodeId | null;
  /** Null until the own ledger knows; and where it says nothing, as for a recipient it owes nothing. */
  own: OwnMessage | null;
  /** Whether its turn to be signed has come (P-77); at once for kinds signed unasked and for the own stakers. */
  turn: boolean;
  /** Whether the own share was asked for or made. */
  signing: boolean;
  /** Why this node will not sign it, though its ledger says what it would. */
  withheld: ErrorCode | null;
  /** How many parts last added up to an aggregate that does not verify, though each seemed right (P-109). */
  faultyParts: number | null;
  /** By digest. */
  readonly groups: Map<Hex, Group>;
  /** Who is in `groups`; null until asked for again. */
  heard: Signers | null;
}

export function openRound(id: RoundId, openedBy: NodeId | null): Round {
  return {
    id,
    key: roundKey(id),
    askedBy: new Set(),
    routes: new Map(),
    request: null,
    wanted: false,
    origin: null,
    openedBy,
    own: null,
    turn: false,
    signing: false,
    withheld: null,
    faultyParts: null,
    groups: new Map(),
    heard: null,
  };
}

/** The checked signature of a node over a digest, if it is here. */
export function shareOf(round: Round, digest: Digest, nodeId: NodeId): Uint8Array | undefined {
  return round.groups.get(digest.hex)?.shares.get(nodeId);
}

/** Adds a checked share. The first stands: a BLS signature is unique. */
export function addShare(
  round: Round,
  signed: KindMessage,
  digest: Digest,
  nodeId: NodeId,
  signature: Uint8Array,
): void {
  const group = round.groups.get(digest.hex) ?? newGroup(signed);
  if (!group.shares.has(nodeId)) group.shares.set(nodeId, signature);
  group.signers = null;
  round.heard = null;
  round.groups.set(digest.hex, group);
}

/** Adds a checked partial. */
export function addPartial(round: Round, signed: KindMessage, digest: Digest, partial: Contribution): void {
  const group = round.groups.get(digest.hex) ?? newGroup(signed);
  keepPartial(group, partial);
  round.heard = null;
  round.groups.set(digest.hex, group);
}

/** Takes a share or partial out again that turned out not to be valid (P-109). */
export function dropPart(round: Round, digest: Digest, { ids, signature }: Part): void {
  const group = round.groups.get(digest.hex);
  if (group === undefined) return;
  const partial = group.partials.findIndex((one) => one.signature === signature);
  if (partial >= 0) group.partials.splice(partial, 1);
  else for (const id of ids) group.shares.delete(id);
  group.signers = null;
  round.heard = null;
}

/**
 * Whether a node's share over one more message is taken (P-84, P-88). Over the own ledger's always: what a node
 * signed for other epochs anyone can replay under this one, and it must not keep out what it signs for this one.
 * @param own the digest of the own ledger's message; null while it does not know
 */
export function mayAdd(round: Round, digest: Digest, nodeId: NodeId, own: Digest | null): boolean {
  if (digest.hex === own?.hex || shareOf(round, digest, nodeId) !== undefined) return true;
  let others = 0;
  for (const [known, { shares }] of round.groups) if (known !== own?.hex && shares.has(nodeId)) others += 1;
  return others < OTHERS_PER_NODE_MAX;
}

/** The contributions to the own message; undefined while there are none, or it is unknown. */
export function ownGroup(round: Round): Group | undefined {
  return round.own === null ? undefined : round.groups.get(round.own.digest.hex);
}

/** Who has signed the own message, as far as it adds up; nobody while that is unknown. */
export function agreeing(round: Round): Signers {
  const group = ownGroup(round);
  return group === undefined ? Signers.empty : signersOf(group);
}

/** What adds up to an aggregate over the own message, by allowed nodes alone. */
export function agreeingParts(round: Round, allowed: Signers): Part[] {
  const group = ownGroup(round);
  return group === undefined ? [] : disjointParts(group, allowed);
}

/** Who signed another message than the own ledger's; empty while that is unknown. */
export function disagreeing(round: Round): { readonly nodeId: NodeId; readonly signed: KindMessage }[] {
  if (round.own === null) return [];
  const found: { nodeId: NodeId; signed: KindMessage }[] = [];
  for (const [digest, { signed, shares }] of round.groups) {
    if (digest === round.own.digest.hex) continue;
    for (const nodeId of shares.keys()) found.push({ nodeId, signed });
  }
  return found;
}

/** Every node in a checked share or partial here, over whatever message: what catch-up need not send again. */
export function heardFrom(round: Round): Signers {
  if (round.heard !== null) return round.heard;
  const [first = Signers.empty, ...others] = [...round.groups.values()].map(signersOf);
  round.heard = first.union(...others);
  return round.heard;
}
