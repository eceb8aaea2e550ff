/**
 * The state the stages share, and how it starts: empty, or as it was before a crash.
 * Not here: any decision.
 */
import {
  type Address,
  type ChainHealth,
  digestOf,
  fromHex,
  type Hex,
  type NodeId,
  type SignatureScheme,
  type SigningDomain,
  toHex,
} from "@quorate/common";
import { Budget } from "./budget.ts";
import type { Claims } from "./claims.ts";
import type { InquiryJob } from "./inquiry.ts";
import type { Effect, PeerKey, RestoredState } from "./io.ts";
import type { RoundKey } from "./kinds/roundId.ts";
import { restoreLedger } from "./ledger/checkpoint.ts";
import type { LedgerNode } from "./ledger/events.ts";
import { type AdmitNode, type LedgerState, sortedNodes } from "./ledger/ledger.ts";
import { REQUEST_BURST, REQUEST_REFILL_MS } from "./limits.ts";
import { RoundTable } from "./rounds/roundTable.ts";
import { VerificationQueue } from "./verification.ts";

export interface AgentOptions {
  readonly domain: SigningDomain;
  /** This node's BLS public key, 96 bytes. */
  readonly blsKey: Uint8Array;
  /** Milliseconds a claim is collected before it fails (P-86). */
  readonly claimDeadlineMs: number;
}

/** Pure functions the core is given, so that a simulation can give cheaper ones. */
export interface AgentModules {
  readonly scheme: SignatureScheme;
  /** Signs with the identity key; deterministic (RFC 8032). */
  signIdentity(digest: Uint8Array): Uint8Array;
  verifyIdentity(identityKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

export type Emit = (effect: Effect) => void;

export interface Counters {
  sharesAccepted: number;
  sharesRejected: number;
  disagreements: number;
}

export interface CoreState {
  readonly options: AgentOptions;
  readonly modules: AgentModules;
  readonly ledger: LedgerState;
  readonly rounds: RoundTable;
  readonly verification: VerificationQueue;
  readonly requestBudget: Budget<NodeId>;
  /** P-71: what was recorded as signed, by round. */
  readonly signings: Map<RoundKey, { readonly digest: Hex; readonly amount: bigint }>;
  /** Digests by recipient and amount, bounded (signing.ts). */
  readonly claimDigests: Map<string, Uint8Array>;
  /** Signing jobs under way, by job number. */
  readonly signJobs: Map<number, { readonly recipient: Address; readonly epoch: number; readonly amount: bigint }>;
  /** Inquiries under way, by job number (P-89). */
  readonly inquiryJobs: Map<number, InquiryJob>;
  readonly claims: Claims;
  readonly counters: Counters;
  readonly schedule: { verifyAtMs: number | null; nextCatchUpMs: number; catchUpTurn: number; nextJob: number };
  health: ChainHealth;
  connected: readonly PeerKey[];
  /** The node set of the latest finalised block in id order (P-85), and this agent's own node of it: see `deriveNodes`. */
  nodes: readonly LedgerNode[];
  ownNode: LedgerNode | null;
}

/** Origins with a request budget: more than any network has nodes. */
const BUDGET_ORIGINS_MAX = 65_536;

export function createState(
  options: AgentOptions,
  modules: AgentModules,
  restored: RestoredState,
  claims: Claims,
): CoreState {
  const ledger = restoreLedger(restored.ledger);
  const state: CoreState = {
    options,
    modules,
    ledger,
    rounds: new RoundTable(),
    verification: new VerificationQueue(),
    requestBudget: new Budget({ burst: REQUEST_BURST, refillMs: REQUEST_REFILL_MS, originsMax: BUDGET_ORIGINS_MAX }),
    signings: new Map(restored.signings.map(({ round, digest, amount }) => [round, { digest, amount }])),
    claimDigests: new Map(),
    signJobs: new Map(),
    inquiryJobs: new Map(),
    claims,
    counters: { sharesAccepted: 0, sharesRejected: 0, disagreements: 0 },
    schedule: { verifyAtMs: null, nextCatchUpMs: 0, catchUpTurn: 0, nextJob: 1 },
    // Until the follower has spoken nothing may be signed (P-57).
    health: { healthy: false, code: "CHAIN_UNHEALTHY", detail: "the chain has not been read yet" },
    connected: [],
    nodes: [],
    ownNode: null,
  };
  deriveNodes(state);
  return state;
}

/** Once whenever the node set has changed, because every share of every round is counted against it. */
export function deriveNodes(state: CoreState): void {
  state.nodes = sortedNodes(state.ledger).map(({ node }) => node);
  // This agent's registration: the node with its BLS key that has not exited.
  const own = toHex(state.options.blsKey);
  state.ownNode = state.nodes.find((node) => node.state !== "exited" && toHex(node.blsKey) === own) ?? null;
}

/** A node that may speak: registered and not exited. */
export function speaker(state: CoreState, nodeId: NodeId): LedgerNode | null {
  const node = state.ledger.nodes.get(nodeId)?.node;
  return node === undefined || node.state === "exited" ? null : node;
}

/** The identities that may hold a connection (P-80). */
export function admittedIdentities(state: CoreState): Set<PeerKey> {
  const admitted = new Set<PeerKey>();
  for (const { node } of state.ledger.nodes.values()) {
    if (node.state !== "exited" && node.identityValid) admitted.add(node.identityKey);
  }
  return admitted;
}

/** P-8, P-21: a registration event as a node, its identity signature checked once. */
export function admitNode(options: AgentOptions, modules: AgentModules): AdmitNode {
  return (event) => {
    const blsKey = fromHex(event.blsKey);
    return {
      id: event.id,
      operator: event.operator,
      state: event.seeded ? "active" : "pending",
      silent: false,
      stake: event.contributors.reduce((sum, { stake }) => sum + stake, 0n),
      blsKey,
      identityKey: event.identityKey,
      identityValid: identityBinds(options, modules, event, blsKey),
      feeBps: event.feeBps,
      contributors: event.contributors,
    };
  };
}

/** P-8: the identity key has signed the same struct as the BLS key. The contract does not check it. */
function identityBinds(
  options: AgentOptions,
  modules: AgentModules,
  event: Parameters<AdmitNode>[0],
  blsKey: Uint8Array,
): boolean {
  const identityKey = fromHex(event.identityKey);
  const digest = digestOf(options.domain, "ProofOfPossession", { blsKey, operator: event.operator, identityKey });
  return modules.verifyIdentity(identityKey, digest, fromHex(event.identitySignature));
}
