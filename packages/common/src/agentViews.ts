/**
 * What an agent tells its clients, over HTTP and on the command line: the chain as it sees it, claims and their
 * progress, its status. Plain values; how they travel as JSON is said by the agent's HTTP schemas.
 */
import type { Bundle } from "./bundle.ts";
import type { ErrorCode } from "./errors.ts";
import type { Address, Hex, NodeId, NodeState } from "./types.ts";

/** A finalised block. */
export interface ChainHead {
  readonly number: number;
  readonly hash: Hex;
  readonly timestamp: number;
}

export type ChainHealth =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly code: ErrorCode; readonly detail: string };

/** One chain provider, as the agent's follower finds it. */
export interface ChainProviderView {
  /** Never more of its URL, which may hold a key. */
  readonly host: string;
  /** Null before its first answer. */
  readonly ok: boolean | null;
  /** The latest reason why it is not; null while it is. */
  readonly code: ErrorCode | null;
  /** The values of that reason, the provider's own words among them; "" while it is well. */
  readonly detail: string;
  /** Height of its finalised block; null before it told one. */
  readonly finalised: number | null;
  /** When `ok` or the reason last changed: milliseconds since 1970. */
  readonly sinceMs: number;
  /** The others do not wait for it at present: its answers come later than theirs. */
  readonly isLate: boolean;
  /** Questions that failed since the start, by code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
}

export interface Disagreement {
  readonly nodeId: NodeId;
  readonly amount: bigint;
}

/**
 * Why a node has not signed: in its own words (P-89), or why it could not be asked. Shown to people, never counted.
 */
export interface NotSigned {
  readonly nodeId: NodeId;
  /** A code of the catalogue; of a newer version of the agent, perhaps one this version does not know. */
  readonly code: string;
  /** Epochs closed in the node's ledger; null when it did not answer. */
  readonly closedEpochs: number | null;
}

/** A claim as seen by whoever asked for it. `failed` carries no bundle (P-86). */
export interface ClaimView {
  readonly recipient: Address;
  readonly epoch: number;
  readonly amount: bigint;
  readonly digest: Hex;
  readonly status: "collecting" | "ready" | "failed";
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  /** Milliseconds from the request to quorum; null before. */
  readonly quorumAfterMs: number | null;
  readonly activeStake: bigint;
  readonly signedStake: bigint;
  readonly signedBps: number;
  readonly signers: readonly NodeId[];
  /** Active nodes whose share is not here. */
  readonly missing: readonly NodeId[];
  readonly disagreements: readonly Disagreement[];
  /** What is known of those that are missing, in id order. */
  readonly reasons: readonly NotSigned[];
  readonly bundle: Bundle | null;
}

/** A claim of this agent that lacks shares, and why: for its operator. */
export type UnsignedClaim = Pick<
  ClaimView,
  "recipient" | "epoch" | "status" | "amount" | "signedBps" | "missing" | "reasons" | "disagreements"
>;

/** Expected refusals are values: a code of the catalogue, with the values that disagreed. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly values: Readonly<Record<string, string | number>>;
}

export type ClaimReply =
  | { readonly ok: true; readonly claim: ClaimView }
  | { readonly ok: false; readonly refusal: Refusal };

/** The node with this agent's BLS key, as the chain has it: the last one, where an earlier has exited. */
export interface OwnNode {
  readonly nodeId: NodeId;
  readonly state: NodeState;
  readonly operator: Address;
  /** Seconds since 1970 from which it may be exited (P-34); null while nobody has asked for it to leave. */
  readonly unlocksAt: number | null;
  /** How its registration differs from what this agent expects of its own; empty when it does not. */
  readonly foreign: readonly ("NODE_FOREIGN_IDENTITY" | "NODE_IDENTITY_INVALID" | "NODE_FOREIGN_OPERATOR")[];
}

/** The stake that could sign a claim now, as far as this agent knows (P-126). */
export interface StakeReach {
  /** Of the active stake, in 1/10000, floored: for showing, never to compare with. */
  readonly activeBps: number;
  /** Of active stake and floor together, likewise. */
  readonly floorBps: number;
  /** Whether the two are what moves money (P-24). */
  readonly suffices: boolean;
  /** Active nodes that are out of reach, in id order. */
  readonly missing: readonly NodeId[];
}

/** Why an agent could serve no claim now (P-126). */
export interface NotReady {
  readonly code: ErrorCode;
  /** Who can do something about it. */
  readonly atFault: "provider" | "configuration" | "operator" | "network" | "nodes" | "store" | "nobody";
  readonly values: Readonly<Record<string, string | number | readonly number[]>>;
  readonly remedy: string;
}

/** What `/readyz` says. */
export interface Readiness {
  readonly ready: boolean;
  /** A line for each cause, for people. */
  readonly reasons: readonly string[];
  readonly causes: readonly NotReady[];
}

/** What `GET /v1/status` and the operator's metrics read. Plain data, computed on demand. */
export interface AgentStatus {
  readonly nodeId: NodeId | null;
  readonly nodeState: NodeState | null;
  /** Also one that has exited, for which the two above are null; null while there is none. */
  readonly ownNode: OwnNode | null;
  readonly head: ChainHead | null;
  readonly chain: ChainHealth;
  readonly genesis: number | null;
  readonly epochSeconds: number | null;
  /** The last epoch closed in the own ledger; null before the first. */
  readonly closedEpoch: number | null;
  readonly nodes: Readonly<Record<NodeState, number>>;
  readonly activeStake: bigint;
  /** Of decommissioned nodes that count toward the floor (P-22). */
  readonly decommissionedStake: bigint;
  /** Of decommissioned nodes that do not. */
  readonly silentStake: bigint;
  readonly totalOwed: bigint;
  /** Epochs with a record (P-37). */
  readonly acceptedReports: number;
  /** The newest epoch whose root is payable; null before the first. */
  readonly payableEpoch: number | null;
  /** The last epochs as this node was judged, oldest first, a letter each: P present, M missed, U not judged (P-60). */
  readonly uptime: string;
  /** Accepted reports since this node was last heard; null unless it is decommissioned (P-110). */
  readonly silentReports: number | null;
  readonly connectedPeers: number;
  /** Null while there is no active stake. */
  readonly reach: StakeReach | null;
  readonly rounds: number;
  readonly sharesAccepted: number;
  readonly sharesRejected: number;
  readonly disagreements: number;
  /** Aggregates of checked shares that did not verify, since the start: a fault of this agent (P-109). */
  readonly aggregatesInvalid: number;
}
