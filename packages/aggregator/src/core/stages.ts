/**
 * The contracts between the stages of the agent, in the order in which data passes through them. Each stage owns its
 * state, reads the context (context.ts) and changes rounds; agent.ts says which input goes to which.
 *
 *   chain → ledger → kinds → signing → share → gossip → intake → verification → rounds → collect → aggregate → reply
 * or submission
 */
import type {
  ErrorCode,
  NodeId,
  NotSigned,
  PartialAggregate,
  Refusal,
  RoundId,
  Share,
  SignedClaimRequest,
} from "@quorate/common";
import type { Step } from "./context.ts";
import type { PeerKey, RestoredState } from "./io.ts";
import type { Round } from "./rounds/round.ts";

/** From a wanted round to the own share (P-71). */
export interface Signing {
  /**
   * Learns the own message of a round, and signs it if its kind says so. Returns why not, or null. Safe to call again
   * at any time.
   */
  consider(round: Round, step: Step): Refusal | null;
  /** The own signature is there. Returns the round it belongs to, or null if that has left the window. */
  take(job: number, signature: Uint8Array, step: Step): Round | null;
  /** Sends what still waits for others to be signed. */
  tick(step: Step): void;
  /** After a restart: every round signed before is open again and gets its share back, the same bytes as before. */
  resume(step: Step): void;
  /** P-108: the chain was read, towards a finalised block of this time. Matters once, to a store from a copy. */
  chainRead(targetSeconds: number, step: Step): void;
  prune(belowEpoch: number): void;
}

/** A share of this agent's node, as it is sent. */
export interface MadeShare {
  readonly round: Round;
  readonly share: Share;
}

/** Where signatures go: the own share, and partials on their way to whoever asked (P-134 to P-136). */
export interface Delivery {
  /** This node has made shares, each of another round (P-158). */
  shares(made: readonly MadeShare[], step: Step): void;
  /** Connections have changed: an aggregator that has just come gets the newest own shares. */
  peersChanged(before: ReadonlySet<PeerKey>, step: Step): void;
  /** A request came, and with it a way back to its origin. */
  routed(round: Round, origin: NodeId, step: Step): void;
  /** A round got a share: enough may be here for a partial. */
  roundChanged(round: Round, step: Step): void;
  timer(step: Step): void;
  /** A partial was checked and adds signers. @param from who sent it; null for one of this agent's own */
  pass(round: Round, partial: PartialAggregate, from: PeerKey | null, step: Step): void;
}

/** How a message came: its sender, and for gossip the handle its verdict goes to. */
export interface Arrival {
  readonly from: PeerKey;
  readonly handle: number | null;
}

/** What peers send, up to the point where it is believed (P-72, P-74, P-82, P-83). */
export interface Intake {
  gossip(arrival: Arrival, data: Uint8Array, step: Step): void;
  /** What a peer sent to this node alone (P-130). */
  direct(from: PeerKey, data: Uint8Array, step: Step): void;
  /** A request that came otherwise than by gossip, checked exactly like it (P-87). */
  request(arrival: Arrival, request: SignedClaimRequest, step: Step): void;
  /** A share that came otherwise than by gossip, checked exactly like it (P-87). */
  share(arrival: Arrival, share: Share, step: Step): void;
  /** A partial that came otherwise than by gossip, checked exactly like it (P-87). */
  partial(arrival: Arrival, partial: PartialAggregate, step: Step): void;
  /** The results of a verification, null when it failed. Returns the rounds it changed, each once. */
  verified(job: number, results: readonly (readonly boolean[])[] | null, step: Step): ReadonlySet<Round>;
  verifyTimer(step: Step): void;
  /** Ignores what a peer has waiting, with a verdict for each. */
  dropFrom(peer: PeerKey, step: Step): void;
  /** Hands the next job to the driver, unless one is under way or nothing waits. */
  startVerification(step: Step): void;
  /** A job is done. */
  continueVerification(step: Step): void;
  /** Takes one request from a node's budget (P-74); false when there is none. */
  spendRequest(nodeId: NodeId, nowMs: number): boolean;
  readonly counters: {
    readonly sharesAccepted: number;
    readonly sharesRejected: number;
    readonly disagreements: number;
  };
}

/** What gossip lost, fetched from a few peers (P-87). */
export interface CatchUp {
  /** @param needed the rounds of which this agent needs signatures */
  tick(busy: boolean, needed: ReadonlySet<Round>, step: Step): void;
  /** The next exchange comes at the next tick. */
  hurry(nowMs: number): void;
  /** A peer's answer says that it knows other rounds than those that were not named (P-157): all are, at the next tick. */
  differs(peer: PeerKey): void;
  /** @throws coded errors of the decoder */
  answer(data: Uint8Array, step: Step): Uint8Array;
}

/** Why the nodes that a claim lacks have not signed (P-89). */
export interface Inquiry {
  /** Asks the next few of the missing nodes that were not asked lately. The claims are in the order of their age. */
  ask(claims: Iterable<LacksShares>, step: Step): void;
  /** Another agent asks. @throws coded errors of the decoder */
  answer(from: PeerKey, data: Uint8Array, step: Step): Uint8Array;
  /** An answer, or why there is none. Returns the round about which there is a new reason, or null. */
  answered(job: number, data: Uint8Array, step: Step): RoundId | null;
  failed(job: number, code: ErrorCode, step: Step): RoundId | null;
}

/** A claim that lacks shares. */
export interface LacksShares {
  readonly request: SignedClaimRequest;
  readonly missing: readonly NodeId[];
  readonly inquiries: Inquiries;
}

/** What is known of the nodes a claim lacks, and when it was last tried. Bounded by the node set. */
export type Inquiries = Map<NodeId, Tried>;

export interface Tried {
  readonly atMs: number;
  /** False while this agent has had no room to ask it. */
  readonly isAsked: boolean;
  readonly reason: NotSigned | null;
}

/** Signatures that an agent needs and does not have. */
export interface Need {
  readonly round: Round;
  readonly lacking: readonly NodeId[];
  /** Whether the nodes themselves are asked here; of a claim they are asked by inquiry (P-89). */
  readonly asksNodes: boolean;
}

/** What happens with the shares of some kinds: bundles for stakers, records for the chain. */
export interface Collector {
  /** Whether it waits for shares right now: then catch-up is more frequent. */
  readonly busy: boolean;
  /** What it needs beyond what comes by itself, most urgent first. */
  needs(step: Step): readonly Need[];
  /** After a restart. */
  resume(restored: RestoredState, step: Step): void;
  /** A round got a share, or its own message became known. */
  roundChanged(round: Round, step: Step): void;
  /** The node set changed: stake that left may have been all that was missing (P-85). */
  nodesChanged(step: Step): void;
  tick(step: Step): void;
  prune(belowEpoch: number): void;
}
