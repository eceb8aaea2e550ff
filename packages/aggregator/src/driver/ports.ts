/**
 * What the driver needs from the outside world. Each adapter implements one of these; the core knows none of them.
 */
import type {
  Address,
  AgentStatus,
  Bundle,
  ChainHead,
  ChainHealth,
  ChainProviderView,
  ClaimReply,
  ClaimView,
  DurationsView,
  EpochsPage,
  ErrorCode,
  Hex,
  RangesPage,
  Readiness,
  UnsignedClaim,
} from "@quorate/common";
import type { PeerKey, PersistRecord, RestoredState, SubmitOutcome, Verdict, VerifyGroup } from "../core/io.ts";
import type { ChainEvent, LedgerNode } from "../core/ledger/events.ts";

/** Structured log, pino's call order: values first, then the message (a stable code). */
export interface Logger {
  debug(values: object, message: string): void;
  info(values: object, message: string): void;
  warn(values: object, message: string): void;
  error(values: object, message: string): void;
}

/** Follows finalised blocks (P-57) from just above `after`, forever, until stopped. */
export interface ChainFollower {
  /** Calls back in order; `onAdvance` is awaited before the next range is read. */
  start(after: ChainHead | null, sink: ChainSink): Promise<void>;
  /**
   * Events above the last block handed over, as one provider sees them now. Rejects with a coded error when it cannot
   * be asked.
   */
  lookAhead(): Promise<readonly ChainEvent[]>;
  /** How each provider is. */
  status(): ChainStatus;
  /** Promptly, whatever a provider does. */
  stop(): Promise<void>;
}

export interface ChainStatus {
  readonly providers: readonly ChainProviderView[];
  /**
   * Seconds by which most providers' finalised block is ahead of the own clock (below 0: behind); null while that is
   * usual.
   */
  readonly clockOffsetSeconds: number | null;
}

/** The rewards trees of the last epochs (P-41), built and kept off the event loop. */
export interface RewardsTrees {
  /**
   * The first call brings every recipient; then each epoch follows on the one before. Rejects with a coded error;
   * then all is lost.
   */
  apply(
    epoch: number,
    changes: readonly (readonly [Address, bigint])[],
  ): Promise<{ readonly root: Hex; readonly totalOwed: bigint; readonly recipients: number }>;
  /**
   * A recipient's lifetime amount in an epoch's tree, and the siblings of its leaf from the bottom up; null when it
   * has none.
   */
  proof(epoch: number, recipient: Address): Promise<{ readonly amount: bigint; readonly proof: readonly Hex[] } | null>;
  close(): Promise<void>;
}

/** What an operator sees of the account that pays. Amounts in wei. */
export interface SubmitterView {
  readonly address: Address;
  readonly balanceWei: bigint | null;
  readonly inFlight: { readonly key: string; readonly txHash: Hex; readonly nonce: number } | null;
  readonly queued: number;
  readonly unfinalised: number;
  readonly reorganised: number;
  readonly inTheWay: { readonly code: string; readonly detail: string; readonly atFault: string } | null;
}

/** Sends this agent's transactions. */
export interface Submitter {
  /** Never rejects. */
  submit(call: {
    readonly key: string;
    readonly to: Address;
    readonly data: Hex;
    readonly notAfter: number;
    readonly gasBound: bigint;
  }): Promise<SubmitOutcome>;
  status(): SubmitterView;
  close(): Promise<void>;
}

export interface ChainSink {
  /**
   * `target` is the finalised block that is being read towards; `head` where it is left out. Rejects with
   * CHAIN_EVENT_INVALID when the events cannot follow (P-58); nothing of them was taken then.
   */
  onAdvance(events: readonly ChainEvent[], head: ChainHead, target?: ChainHead): Promise<void>;
  /** Called at every change of health or of its reason, and only then. */
  onHealth(health: ChainHealth): void;
  /** Nodes that ever registered, as the ledger knows them now; left out where nobody counts them. */
  registered?(): number;
}

export interface NetworkHandlers {
  /** The verdict decides whether gossipsub forwards the message and how its sender is scored. */
  onGossip(from: PeerKey, data: Uint8Array): Promise<Verdict>;
  /** A message that a peer sent to this node alone (P-130). */
  onDirect(from: PeerKey, data: Uint8Array): void;
  /** Another agent's catch-up request; resolves to the answer's bytes. */
  onCatchUp(from: PeerKey, data: Uint8Array): Promise<Uint8Array>;
  /** Another agent's inquiry (P-89); resolves to the answer's bytes. */
  onInquiry(from: PeerKey, data: Uint8Array): Promise<Uint8Array>;
  /** After every change of the connected, admitted peers. */
  onPeers(connected: readonly PeerKey[]): void;
}

export interface Network {
  readonly peerId: string;
  /** Listening multiaddrs with the peer id, after `start`. */
  addresses(): string[];
  /** P-138. Where agents say that they answer over HTTP, this one included. */
  agentUrls(): ReadonlyMap<PeerKey, string>;
  start(handlers: NetworkHandlers): Promise<void>;
  stop(): Promise<void>;
  /** P-80. Peers that are no longer admitted are disconnected. */
  admit(identities: ReadonlySet<PeerKey>): void;
  /** P-131. Connections to these are kept as long as they are admitted. */
  mates(identities: ReadonlySet<PeerKey>): void;
  publish(data: Uint8Array): Promise<void>;
  /** P-130. To connected peers alone, in the order of the calls; to others nothing is sent. */
  direct(peers: readonly PeerKey[], data: Uint8Array): void;
  /**
   * One catch-up exchange, dialling the peer if need be; rejects with a coded error on timeout, refusal or an oversized
   * answer.
   */
  catchUp(peer: PeerKey, data: Uint8Array): Promise<Uint8Array>;
  /** Asks one node directly, dialling it if need be; rejects like `catchUp`. */
  inquire(peer: PeerKey, data: Uint8Array): Promise<Uint8Array>;
  blame(peer: PeerKey, code: ErrorCode): void;
  status(): {
    readonly connected: readonly PeerKey[];
    readonly meshPeers: number;
    /** Direct messages since the start. */
    readonly direct: DirectCounts;
  };
}

/** Messages to single peers (P-130), each peer counted by itself. */
export interface DirectCounts {
  readonly sent: number;
  readonly received: number;
  /** Not sent: the peer was not connected, or did not take what was queued for it. */
  readonly dropped: number;
}

export interface BlsVerifier {
  /** One list of results for each group, in order. Never rejects: what cannot be checked is false. */
  verify(groups: readonly VerifyGroup[]): Promise<readonly (readonly boolean[])[]>;
  close(): Promise<void>;
}

export interface BlsSigner {
  /** 96 bytes, P-2. */
  readonly publicKey: Uint8Array;
  sign(digest: Uint8Array): Promise<Uint8Array>;
}

export interface Store {
  load(): RestoredState;
  /**
   * Durable when it returns: one transaction, synced. Throws a coded error when the disk refuses; nothing is then half
   * written. Ledger and prune records are only taken: they are written piece by piece afterwards, in order; a crash
   * before the end leaves the former ledger.
   */
  persist(records: readonly PersistRecord[]): void;
  /**
   * Resolves when everything taken is on disk, or the store is closed; rejects with a coded error when the disk
   * refused.
   */
  written(): Promise<void>;
  /** The chain's events that the stored ledger has folded, from a block on, in order. */
  events(fromBlock: number): Iterable<ChainEvent>;
  bundle(recipient: Address, epoch: number | null): Bundle | null;
  close(): void;
}

/** What `claimWithProof` takes, and the root it is against (P-41). */
export interface ProofAnswer {
  readonly recipient: Address;
  readonly epoch: number;
  readonly rootIndex: number;
  readonly rewardsRoot: Hex;
  /** Lifetime, in atomic units. */
  readonly amount: bigint;
  readonly proof: readonly Hex[];
  /** The RewardsDistributor, as the contract names it; null while no provider tells. */
  readonly distributor: Address | null;
}

/** A page of a recipient's lines (LedgerPage), written out where it was folded: the event loop only sends it. */
export interface LinesAnswer {
  /** UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
  /** Whether it was the next page of a fold that was kept, and so cost little. */
  readonly goesOn: boolean;
}

/** The stored ledger for those who do not believe it, recomputed off the event loop, one question after the other. */
export interface LedgerAudit {
  /**
   * The lines of a recipient's amount from an epoch on, up to one or the last closed.
   * Rejects with EPOCH_NOT_CLOSED, LEDGER_BUSY, LEDGER_WORKER_DIED or the store's codes, as do the others.
   */
  page(recipient: Address, from: number, to: number | null): Promise<LinesAnswer>;
  /** Root and sum of closed epochs, in order. */
  epochs(from: number, count: number): Promise<EpochsPage>;
  /** The recipients of an epoch whose address begins with these hex digits. */
  ranges(epoch: number, prefix: string): Promise<RangesPage>;
  close(): Promise<void>;
}

/** What one listener of the HTTP interface has seen since its start. */
export interface HttpTraffic {
  /** Open now. */
  readonly connections: number;
  /** Connections cut: for another's place, for want of one, unread, pipelined, or left open by their clients. */
  readonly dropped: Readonly<Record<"room" | "refused" | "unread" | "pipelined" | "lingering", number>>;
  /** Answers by the first digit of their status. */
  readonly answers: Readonly<Record<"2xx" | "4xx" | "5xx", number>>;
}

/** The whole HTTP interface, for metrics. */
export interface HttpView {
  readonly listeners: Readonly<Record<string, HttpTraffic>>;
  /** Claims that wait for their turn (P-125). */
  readonly claimsWaiting: number;
  /** Claims that may collect at once now (P-125). */
  readonly claimsAtOnce: number;
  /** How long those waited that got one. */
  readonly claimWaits?: DurationsView;
}

/** What was counted of the agent's work since the start, for metrics. */
export interface ObservedView {
  /** What the core told, by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Claims with quorum, without, and those that were not asked of the network. */
  readonly claims: Readonly<Record<"ready" | "failed" | "refused", number>>;
  /** From a claim's request to its quorum. */
  readonly quorum: DurationsView;
  /** From the question whether signatures are good to its answer. */
  readonly verify: DurationsView;
}

/** The disk under the store, as of the last look; null where it could not be looked at. */
export interface StoreSpaceView {
  /** Of the database and what stands beside it. */
  readonly bytes: number | null;
  readonly freeBytes: number | null;
}

/** A node whose agent answers at this URL, as the node itself says (P-138). Stake in atomic units. */
export interface AgentPlace {
  readonly id: number;
  readonly url: string;
  readonly stake: bigint;
}

/** What the HTTP adapter may ask of the running agent. */
export interface AgentApi {
  status(): AgentStatus & {
    readonly chain: ChainHealth & ChainStatus;
    readonly peerId: string;
    readonly addresses: readonly string[];
    readonly meshPeers: number;
    readonly version: string;
    /** Null for an agent without an account. */
    readonly submitter: SubmitterView | null;
    /** The newest claims that lack shares, with what is known of why. */
    readonly unsigned: readonly UnsignedClaim[];
  };
  ready(): Readiness;
  nodes(): readonly (LedgerNode & {
    readonly uptime: string;
    /** Seconds since 1970 from which it may be exited; null while nobody has asked for it to leave. */
    readonly unlocksAt: number | null;
    /** Whether it is this agent's. */
    readonly own: boolean;
  })[];
  /** P-138. Nodes whose agents' URLs are known, by ascending id. */
  agents(): readonly AgentPlace[];
  /**
   * A proof against the newest payable root in which the recipient is; null when there is none that this agent has a
   * tree of.
   */
  proof(recipient: Address): Promise<ProofAnswer | null>;
  owed(recipient: Address): { readonly epoch: number; readonly amount: bigint } | null;
  requestClaim(recipient: Address, epoch: number | null): Promise<ClaimReply>;
  claim(recipient: Address, epoch: number | null): ClaimView | null;
  /** Calls back at each change of the claim until unsubscribed. */
  watchClaim(recipient: Address, epoch: number, onChange: (claim: ClaimView) => void): () => void;
  bundle(recipient: Address, epoch: number | null): Bundle | null;
  readonly ledger: Omit<LedgerAudit, "close">;
  readonly network: { readonly chainId: Hex | string; readonly contract: Address };
}
