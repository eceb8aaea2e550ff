/**
 * All contracts between the stages of the agent, in the order in which data passes through them.
 *
 *   chain → ledger → policy → signer → share → gossip → verification → collector → aggregation → bundle → reply
 *
 * The core is pure: `agent.handle(input, nowMs)` returns effects as plain data and touches nothing else. Clocks, sockets, disks and
 * promises live in the driver and the adapters. Effects of one step run in order; a `persist` is on disk before any later `publish`.
 */
import type { Address, Bundle, ErrorCode, Hex, NodeId, NodeState } from "@quorate/common";

// ── 1. The chain, as the follower reports it ────────────────────────────────────────────────────────────────────────────────

/** Where an event stands. Timestamps are the block's, in seconds. */
export interface EventPosition {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly timestamp: number;
}

export interface ContributorView {
  readonly addr: Address;
  readonly beneficiary: Address;
  readonly stake: bigint;
}

/** One finalised event the ledger folds over. Anything else the contracts emit is not an input (P-50). */
export type ChainEvent = EventPosition &
  (
    | {
        readonly type: "node-registered";
        readonly id: NodeId;
        readonly operator: Address;
        readonly seeded: boolean;
        /** 96 bytes, P-2, as hex. */
        readonly blsKey: Hex;
        /** 32 bytes. */
        readonly identityKey: Hex;
        /** 64 bytes, not checked by the contract (P-8). */
        readonly identitySignature: Hex;
        readonly feeBps: number;
        readonly contributors: readonly ContributorView[];
      }
    | { readonly type: "nodes-activated"; readonly ids: readonly NodeId[] }
    | { readonly type: "nodes-decommissioned"; readonly ids: readonly NodeId[] }
    /** Decommissioned nodes whose stake left the floor, or came back to it (P-110, P-112). */
    | { readonly type: "nodes-dropped"; readonly ids: readonly NodeId[] }
    | { readonly type: "nodes-restored"; readonly ids: readonly NodeId[] }
    /** Seconds since 1970 at which the node's exit unlocks; the same for every request of one node. */
    | { readonly type: "leave-requested"; readonly id: NodeId; readonly unlocksAt: number }
    /** Left or liquidated. */
    | { readonly type: "node-exited"; readonly id: NodeId }
    | { readonly type: "started"; readonly genesis: number; readonly epochSeconds: number }
    | { readonly type: "pool-settled"; readonly balance: bigint; readonly time: number; readonly totalReleased: bigint }
  );

/** A finalised block. */
export interface ChainHead {
  readonly number: number;
  readonly hash: Hex;
  readonly timestamp: number;
}

export type ChainHealth =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly code: ErrorCode; readonly detail: string };

// ── 2. The ledger's view ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface LedgerNode {
  readonly id: NodeId;
  readonly operator: Address;
  readonly state: NodeState;
  /** Whether a decommissioned node was dropped from the floor (P-110). */
  readonly silent: boolean;
  readonly stake: bigint;
  readonly blsKey: Uint8Array;
  readonly identityKey: Hex;
  /** False: in the set, but not admitted as a peer (P-8). */
  readonly identityValid: boolean;
  readonly feeBps: number;
  readonly contributors: readonly ContributorView[];
}

// ── 3. Claims: what a staker asks for and sees ──────────────────────────────────────────────────────────────────────────────

/** `<recipient>@<epoch>`: one round each. */
export type RoundKey = `${Address}@${number}`;

export function roundKey(recipient: Address, epoch: number): RoundKey {
  return `${recipient}@${epoch}`;
}

export function parseRoundKey(key: RoundKey): { readonly recipient: Address; readonly epoch: number } {
  const [recipient, epoch] = key.split("@") as [Address, string];
  return { recipient, epoch: Number(epoch) };
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

// ── 4. Verification and signing, done by the driver ─────────────────────────────────────────────────────────────────────────

export interface VerifyItem {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** All items of one group are over one digest, so that they can be checked together (P-6). */
export interface VerifyGroup {
  readonly digest: Uint8Array;
  readonly items: readonly VerifyItem[];
}

// ── 5. What must survive a crash ────────────────────────────────────────────────────────────────────────────────────────────

export type PersistRecord =
  /** The whole fold so far; replaces the former one. */
  | { readonly type: "ledger"; readonly json: string }
  /** P-71: the one digest this node signs for a round. Never overwritten. */
  | { readonly type: "signing"; readonly round: RoundKey; readonly digest: Hex; readonly amount: bigint }
  /** A claim this agent accepted and will finish after a restart. */
  | { readonly type: "claim"; readonly recipient: Address; readonly epoch: number }
  /** The best bundle of a round; replaces the former one. */
  | { readonly type: "bundle"; readonly round: RoundKey; readonly bundle: Bundle }
  /** Rounds below this epoch have left the window: their claims may be deleted; signings and bundles stay. */
  | { readonly type: "prune"; readonly belowEpoch: number };

export interface RestoredState {
  readonly ledgerJson: string | null;
  readonly signings: readonly { readonly round: RoundKey; readonly digest: Hex; readonly amount: bigint }[];
  readonly claims: readonly { readonly recipient: Address; readonly epoch: number }[];
  readonly bundles: readonly { readonly round: RoundKey; readonly bundle: Bundle }[];
}

// ── 6. In and out of the core ───────────────────────────────────────────────────────────────────────────────────────────────

/** A peer is its identity key (32 bytes, hex): the libp2p peer id in another form. */
export type PeerKey = Hex;

export type Verdict = "accept" | "ignore" | "reject";

export type TimerName = "verify" | "tick";

export type Input =
  | { readonly type: "started" }
  /** Events in order, all at or below `head`; `head` is finalised and never goes back. */
  | { readonly type: "chain"; readonly events: readonly ChainEvent[]; readonly head: ChainHead }
  | { readonly type: "chain-health"; readonly health: ChainHealth }
  | { readonly type: "peers"; readonly connected: readonly PeerKey[] }
  /** A gossip message whose forwarding waits for the `verdict` with the same handle. */
  | { readonly type: "gossip"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "verified"; readonly job: number; readonly results: readonly (readonly boolean[])[] }
  | { readonly type: "signed"; readonly job: number; readonly signature: Uint8Array }
  | { readonly type: "timer"; readonly timer: TimerName }
  /** A staker asks this agent. Without an epoch: the last one closed. */
  | { readonly type: "claim"; readonly handle: number; readonly recipient: Address; readonly epoch: number | null }
  /** Another agent asks for this node's share, or why there is none (P-89). */
  | { readonly type: "inquiry-asked"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "inquiry-answered"; readonly job: number; readonly data: Uint8Array }
  | { readonly type: "inquiry-failed"; readonly job: number; readonly code: ErrorCode }
  | { readonly type: "catch-up-asked"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "catch-up-answered"; readonly from: PeerKey; readonly data: Uint8Array };

export type Effect =
  | { readonly type: "publish"; readonly data: Uint8Array }
  | { readonly type: "verdict"; readonly handle: number; readonly verdict: Verdict; readonly code: ErrorCode | "OK" }
  | { readonly type: "set-timer"; readonly timer: TimerName; readonly atMs: number }
  | { readonly type: "verify"; readonly job: number; readonly groups: readonly VerifyGroup[] }
  | { readonly type: "sign"; readonly job: number; readonly digest: Uint8Array }
  | { readonly type: "persist"; readonly records: readonly PersistRecord[] }
  | { readonly type: "claim-reply"; readonly handle: number; readonly reply: ClaimReply }
  /** The claim changed: for those who watch its progress. */
  | { readonly type: "claim-changed"; readonly claim: ClaimView }
  /** The identities that may hold a connection (P-80). */
  | { readonly type: "admit"; readonly identities: ReadonlySet<PeerKey> }
  | { readonly type: "catch-up-ask"; readonly peer: PeerKey; readonly data: Uint8Array }
  | { readonly type: "catch-up-reply"; readonly handle: number; readonly data: Uint8Array }
  | { readonly type: "inquire"; readonly job: number; readonly peer: PeerKey; readonly data: Uint8Array }
  | { readonly type: "inquiry-reply"; readonly handle: number; readonly data: Uint8Array }
  /** This peer sent what an honest peer cannot send. */
  | { readonly type: "blame"; readonly peer: PeerKey; readonly code: ErrorCode }
  /** Something worth a log line and a counter; never needed for correctness. */
  | {
      readonly type: "observe";
      readonly level: "debug" | "info" | "warn";
      readonly code: string;
      readonly values: Readonly<Record<string, string | number>>;
    };

/** What `GET /v1/status` and the operator's metrics read. Plain data, computed on demand. */
export interface AgentStatus {
  readonly nodeId: NodeId | null;
  readonly nodeState: NodeState | null;
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
  readonly connectedPeers: number;
  readonly rounds: number;
  readonly sharesAccepted: number;
  readonly sharesRejected: number;
  readonly disagreements: number;
}

export interface Agent {
  handle(input: Input, nowMs: number): Effect[];
  status(): AgentStatus;
  /** The claim of one recipient, or null if this agent was not asked (or it has left the window). Newest epoch first when `epoch` is null. */
  claim(recipient: Address, epoch: number | null, nowMs: number): ClaimView | null;
  /** The newest claims that lack shares, newest first, with what is known of why (P-89). */
  unsigned(): readonly UnsignedClaim[];
  nodes(): readonly LedgerNode[];
  /** Lifetime amount at the close of the last closed epoch, and the epoch; null before the first. */
  owed(recipient: Address): { readonly epoch: number; readonly amount: bigint } | null;
}
