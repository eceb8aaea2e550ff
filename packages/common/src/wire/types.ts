/**
 * What agents exchange, as values (P-70, P-81 to P-89). Their bytes are made and read by codec.ts.
 */

import type { KindMessage, RoundId } from "../kinds.ts";
import type { Signers } from "../signers.ts";
import type { Subnet } from "../subnets.ts";
import type { Address, Hex, NodeId } from "../types.ts";

/** A claim request with its identity signature (P-70). */
export interface SignedClaimRequest {
  readonly recipient: Address;
  readonly epoch: number;
  readonly nodeId: NodeId;
  /** 64 bytes (P-7). */
  readonly identitySignature: Uint8Array;
}

/** One node's signature over the digest of one message. */
export type Share = KindMessage & {
  readonly nodeId: NodeId;
  readonly epoch: number;
  /** 192 bytes (P-2); canonical encoding not yet checked. */
  readonly signature: Uint8Array;
};

/** The sum of the shares of some nodes of one subnet over one message (P-135). */
export type PartialAggregate = KindMessage & {
  readonly epoch: number;
  readonly subnet: Subnet;
  /** Nodes of the subnet, one at least. */
  readonly signers: Signers;
  /** 192 bytes (P-2); canonical encoding not yet checked. */
  readonly signature: Uint8Array;
};

/** What travels on the gossip topic, and what peers send each other directly (P-130). */
export type GossipMessage =
  | { readonly type: "request"; readonly request: SignedClaimRequest }
  /** Of one node (P-158), one at least. */
  | { readonly type: "shares"; readonly shares: readonly Share[] }
  | { readonly type: "partial"; readonly partial: PartialAggregate };

/** What the asker of a catch-up holds of one round (P-87). */
export interface CatchUpRound extends RoundId {
  readonly signers: Signers;
  /** It knows the round, and needs no signatures of it. */
  readonly needless: boolean;
  /** Only single shares add to what it has, because partials of it have some of the missing signers (P-137). */
  readonly singles: boolean;
}

export interface CatchUpRequest {
  readonly rounds: readonly CatchUpRound[];
  /** A pull (P-137): nothing is wanted of rounds that it does not name. */
  readonly onlyNamed: boolean;
  /** The sum over the rounds that the asker knows and does not name (P-157); null when it names all. */
  readonly rest: bigint | null;
}

export interface CatchUpResponse {
  readonly requests: readonly SignedClaimRequest[];
  readonly shares: readonly Share[];
  readonly partials: readonly PartialAggregate[];
  /** The answerer's rest has another sum than the asker's (P-157). */
  readonly differs: boolean;
}

/** What a node answers to an inquiry (P-89): its share, or why there is none. */
export type InquiryResponse =
  | { readonly type: "share"; readonly share: Share }
  | { readonly type: "reason"; readonly reason: Reason };

/** Why a node has not signed, in its own words: a code, and how far its ledger is. Shown, never believed. */
export interface Reason {
  /** Of the error catalogue; one this version does not know is possible, and shown as it is. */
  readonly code: string;
  /** Epochs closed in the node's ledger. */
  readonly closedEpochs: number;
}

/** A request for peer records (P-122, P-135). */
export interface PeersRequest {
  /** The asker's own signed record, unopened; null where it has none. */
  readonly peerRecord: Uint8Array | null;
  /** Identities whose records the asker wants first, 32 bytes of hex each, ascending; at most MAX_WANTED_RECORDS. */
  readonly wanted: readonly Hex[];
}
