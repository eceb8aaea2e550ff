/**
 * All that enters and leaves the core, as plain data: inputs, effects, and what is persisted and restored.
 *
 * The core is pure: `agent.handle(input, nowMs)` returns effects and touches nothing else. Clocks, sockets, disks and
 * promises live in the driver and the adapters. Effects of one step run in order; a `persist` is on disk before any
 * later `publish`, except for the ledger, which is only a saving of time: it may come later, whole or not at all.
 */
import type {
  Address,
  AgentStatus,
  Bundle,
  ChainCall,
  ChainHead,
  ChainHealth,
  ClaimReply,
  ClaimView,
  ErrorCode,
  Hex,
  KindMessage,
  NodeId,
  RoundId,
  UnsignedClaim,
} from "@quorate/common";
import type { LedgerRecord, LedgerRows } from "./ledger/checkpoint.ts";
import type { ChainEvent, LedgerNode } from "./ledger/events.ts";
import type { PayableRoot } from "./ledger/uptime.ts";

// ── Verification and signing, done by the driver
// ────────────────────────────────────────────────────────────────────────────

export interface VerifyItem {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** All items of one group are over one digest, so that they can be checked together (P-6). */
export interface VerifyGroup {
  readonly digest: Uint8Array;
  readonly items: readonly VerifyItem[];
}

// ── What must survive a crash
// ───────────────────────────────────────────────────────────────────────────────────────────────

/** P-71: what a node has signed for one round. */
export interface SigningRecord {
  readonly id: RoundId;
  readonly digest: Hex;
  readonly signed: KindMessage;
}

export type PersistRecord =
  /**
   * What the fold changed. Written in pieces after `persist` has returned: the ledger can be folded again, what was
   * signed cannot.
   */
  | LedgerRecord
  /** The root of a closed epoch's tree (P-41); kept for good. Waits for the ledger record that brings its epoch. */
  | { readonly type: "root"; readonly epoch: number; readonly root: Hex }
  /** P-71: the one digest this node signs for a round. Never overwritten. */
  | ({ readonly type: "signing" } & SigningRecord)
  /** P-108: what this node signed up to this moment of chain time may not be in its store. */
  | { readonly type: "restored"; readonly untilSeconds: number }
  /** A claim this agent accepted and will finish after a restart. */
  | { readonly type: "claim"; readonly recipient: Address; readonly epoch: number }
  /** The best bundle of a round; replaces the former one. */
  | { readonly type: "bundle"; readonly recipient: Address; readonly epoch: number; readonly bundle: Bundle }
  /**
   * Rounds below this epoch have left the window: their claims may be deleted; signings and bundles stay. Waits for
   * ledger records before it.
   */
  | { readonly type: "prune"; readonly belowEpoch: number };

export interface RestoredState {
  readonly ledger: LedgerRows | null;
  readonly signings: readonly SigningRecord[];
  readonly claims: readonly { readonly recipient: Address; readonly epoch: number }[];
  readonly bundles: readonly { readonly recipient: Address; readonly epoch: number; readonly bundle: Bundle }[];
  /** P-108: there when the store was taken over from a copy; null until the chain was read. */
  readonly fromCopy?: { readonly untilSeconds: number | null };
}

// ── In and out
// ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A peer is its identity key (32 bytes, hex): the libp2p peer id in another form. */
export type PeerKey = Hex;

/**
 * `accept`: good, and forwarded. `keep`: as good, and not forwarded (P-153). `ignore`: not looked at, or not wanted,
 * by nobody's fault. `reject`: its sender is to blame.
 */
export type Verdict = "accept" | "keep" | "ignore" | "reject";

export type TimerName = "verify" | "partials" | "tick";

export type Input =
  | { readonly type: "started" }
  /** Events in order, all at or below `head`; `head` is finalised and never goes back. */
  | {
      readonly type: "chain";
      readonly events: readonly ChainEvent[];
      readonly head: ChainHead;
      /** Chain time in seconds of the finalised block that this was read towards; of `head` where it is not given. */
      readonly targetSeconds?: number;
    }
  | { readonly type: "chain-health"; readonly health: ChainHealth }
  | { readonly type: "peers"; readonly connected: readonly PeerKey[] }
  /** A message that a peer sent to this node alone (P-130); no verdict is waited for. */
  | { readonly type: "direct"; readonly from: PeerKey; readonly data: Uint8Array }
  /** A gossip message whose forwarding waits for the `verdict` with the same handle. */
  | { readonly type: "gossip"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  /** `results` is null when the check itself failed: nobody is to blame for that. */
  | { readonly type: "verified"; readonly job: number; readonly results: readonly (readonly boolean[])[] | null }
  | { readonly type: "signed"; readonly job: number; readonly signature: Uint8Array }
  /** `lateMs`: by how much it came after its time; 0 where left out. */
  | { readonly type: "timer"; readonly timer: TimerName; readonly lateMs?: number }
  /** A staker asks this agent. Without an epoch: the last one closed. */
  | { readonly type: "claim"; readonly handle: number; readonly recipient: Address; readonly epoch: number | null }
  /** Another agent asks for this node's share, or why there is none (P-89). */
  | { readonly type: "inquiry-asked"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "inquiry-answered"; readonly job: number; readonly data: Uint8Array }
  | { readonly type: "inquiry-failed"; readonly job: number; readonly code: ErrorCode }
  | { readonly type: "catch-up-asked"; readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "catch-up-answered"; readonly from: PeerKey; readonly data: Uint8Array }
  | { readonly type: "catch-up-failed"; readonly peer: PeerKey; readonly code: ErrorCode }
  /** The root of an epoch's tree (P-41). */
  | { readonly type: "tree-built"; readonly epoch: number; readonly root: Hex; readonly totalOwed: bigint }
  /** The trees are gone, or never were: all of them have to be built again. */
  | { readonly type: "tree-lost"; readonly code: string; readonly detail: string }
  /** Events above the finalised head, as one provider sees them. Only ever used to send less. */
  | { readonly type: "looked-ahead"; readonly events: readonly ChainEvent[] }
  | { readonly type: "look-ahead-failed"; readonly code: string; readonly detail: string }
  | { readonly type: "submitted"; readonly job: number; readonly outcome: SubmitOutcome };

/** What became of a call. Only the ledger says what is on chain for good. */
export type SubmitOutcome =
  /** In a block; a reorganisation may still take it out, and then it is sent again without asking. */
  | { readonly kind: "included" }
  /** It would have been refused, and was not sent: somebody else's has landed, or it is too early, or too late. */
  | { readonly kind: "redundant"; readonly code: string }
  | { readonly kind: "reverted"; readonly code: string }
  | { readonly kind: "expired" }
  | { readonly kind: "failed"; readonly code: string; readonly detail: string };

export type Effect =
  | { readonly type: "publish"; readonly data: Uint8Array }
  /** To these peers alone (P-130), over streams that stay open; dropped for those without a connection. */
  | { readonly type: "direct"; readonly peers: readonly PeerKey[]; readonly data: Uint8Array }
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
  /** The nodes of the own subnet (P-131): connections to them are kept, besides those to peers of the whole set. */
  | { readonly type: "mates"; readonly identities: ReadonlySet<PeerKey> }
  /** Dials the peer if need be. */
  | { readonly type: "catch-up-ask"; readonly peer: PeerKey; readonly data: Uint8Array }
  | { readonly type: "catch-up-reply"; readonly handle: number; readonly data: Uint8Array }
  | { readonly type: "inquire"; readonly job: number; readonly peer: PeerKey; readonly data: Uint8Array }
  | { readonly type: "inquiry-reply"; readonly handle: number; readonly data: Uint8Array }
  /** Lifetime amounts that changed in an epoch, for its tree; `first` begins anew, and brings every recipient. */
  | {
      readonly type: "build-tree";
      readonly epoch: number;
      readonly first: boolean;
      readonly changes: readonly (readonly [Address, bigint])[];
    }
  | { readonly type: "look-ahead" }
  /** To ServiceNodeRewards. `notAfter` is chain time in seconds. */
  | {
      readonly type: "submit";
      readonly job: number;
      readonly key: string;
      readonly call: ChainCall;
      readonly notAfter: number;
    }
  /** This peer sent what an honest peer cannot send. */
  | { readonly type: "blame"; readonly peer: PeerKey; readonly code: ErrorCode }
  /** Something worth a log line and a counter; never needed for correctness. */
  | {
      readonly type: "observe";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly code: string;
      readonly values: Readonly<Record<string, string | number>>;
    };

export type Emit = (effect: Effect) => void;

export interface Agent {
  handle(input: Input, nowMs: number): Effect[];
  status(): AgentStatus;
  /**
   * The claim of one recipient, or null if this agent was not asked (or it has left the window). Newest epoch first
   * when `epoch` is null.
   */
  claim(recipient: Address, epoch: number | null, nowMs: number): ClaimView | null;
  /** The newest claims that lack shares, newest first, with what is known of why (P-89). */
  unsigned(): readonly UnsignedClaim[];
  nodes(): readonly LedgerNode[];
  /**
   * The roots that proofs are accepted against, oldest first (P-40), with whether this agent's own tree says the
   * same.
   */
  payableRoots(): readonly (PayableRoot & { readonly agrees: boolean | null })[];
  /** Seconds since 1970 from which a node may be exited (P-34); null while nobody has asked for it to leave. */
  unlocksAt(id: NodeId): number | null;
  /** The last verdicts on a node, oldest first, a letter each (P-60). */
  uptime(id: NodeId): string;
  /** Lifetime amount at the close of the last closed epoch, and the epoch; null before the first. */
  owed(recipient: Address): { readonly epoch: number; readonly amount: bigint } | null;
}
