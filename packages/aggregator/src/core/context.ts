/**
 * What every stage may read: this agent's options, the pure functions it was given, its ledger, the node set, the
 * chain's health and the peers. Only agent.ts changes it; no stage keeps its own state here.
 */
import {
  type Address,
  type ChainHealth,
  type digestOf,
  type Hex,
  type SignatureScheme,
  type SigningDomain,
  toHex,
} from "@quorate/common";
import type { Emit, PeerKey } from "./io.ts";
import type { LedgerNode } from "./ledger/events.ts";
import { foldInPlace, type LedgerFold } from "./ledger/fold.ts";
import type { LedgerState } from "./ledger/ledger.ts";
import { indexOf, nodeSetOf } from "./ledger/nodeSet.ts";
import { Load } from "./load.ts";

export interface AgentOptions {
  readonly domain: SigningDomain;
  /** This node's BLS public key, 96 bytes. */
  readonly blsKey: Uint8Array;
  /** Milliseconds a claim is collected before it fails (P-86). */
  readonly claimDeadlineMs: number;
  /** What this agent sends to the chain; null for one without an account, which does everything else. */
  readonly submits: SubmitRules | null;
  /** Nodes up to which everyone hears every share (P-134); FLOOD_MAX where left out. For tests of subnets. */
  readonly floodMax?: number;
  /** What this agent's registration is expected to name, for its operator's eyes only; not looked at where left out. */
  readonly identityKey?: Hex;
  readonly operator?: Address;
}

/**
 * What an operator allows beyond records, showings and contests: calls that cost gas and help others more than the
 * network's life.
 */
export interface SubmitRules {
  /** `packNodes` where it pays for itself (P-43). */
  readonly pack: boolean;
  /** Exits whose unlock time has come (P-34). */
  readonly finishExits: boolean;
  /** Nodes that were silent for 168 reports (P-36). */
  readonly liquidate: boolean;
}

/** Pure functions the core is given, so that a simulation can give cheaper ones. */
export interface AgentModules {
  readonly scheme: SignatureScheme;
  /** Signs with the identity key; deterministic (RFC 8032). */
  signIdentity(digest: Uint8Array): Uint8Array;
  verifyIdentity(identityKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /** The fold of the ledger; in place where it is left out, as in production. */
  readonly fold?: LedgerFold;
  /** The digest of a message; the one of common where it is left out, as in production. */
  readonly digestOf?: typeof digestOf;
}

export function foldOf({ fold = foldInPlace }: AgentModules): LedgerFold {
  return fold;
}

/** One call of `handle`: its time, and where its effects go. */
export interface Step {
  readonly nowMs: number;
  readonly emit: Emit;
}

export interface Context {
  readonly options: AgentOptions;
  readonly modules: AgentModules;
  readonly ledger: LedgerState;
  /** Rewards roots by closed epoch, as far as they are built (P-41). */
  readonly roots: ReadonlyMap<number, Hex>;
  readonly health: ChainHealth;
  readonly connected: readonly PeerKey[];
  /** How late this agent is. */
  readonly load: Pick<Load, "lateMs" | "spacingMs">;
  /** The node set of the latest finalised block in id order (P-85). */
  readonly nodes: readonly LedgerNode[];
  /** This agent's registration: the node with its BLS key that has not exited. */
  readonly ownNode: LedgerNode | null;
}

/** The context as agent.ts holds it. */
export type MutableContext = { -readonly [K in keyof Omit<Context, "load">]: Context[K] } & { readonly load: Load };

export function createContext(options: AgentOptions, modules: AgentModules, ledger: LedgerState): MutableContext {
  const context: MutableContext = {
    options,
    modules,
    ledger,
    roots: new Map(),
    // Until the follower has spoken nothing may be signed (P-57).
    health: { healthy: false, code: "CHAIN_UNHEALTHY", detail: "the chain has not been read yet" },
    connected: [],
    load: new Load(),
    nodes: [],
    ownNode: null,
  };
  deriveNodes(context);
  return context;
}

const sets = new WeakMap<readonly PeerKey[], ReadonlySet<PeerKey>>();

/** The peers of a list that does not change any more, as a set; made once. */
export function connectedSet({ connected }: Pick<Context, "connected">): ReadonlySet<PeerKey> {
  const known = sets.get(connected) ?? new Set(connected);
  sets.set(connected, known);
  return known;
}

/** Once whenever the node set has changed, because every share of every round is counted against it. */
export function deriveNodes(context: MutableContext): void {
  context.nodes = nodeSetOf(context.ledger);
  context.ownNode = indexOf(context.nodes).withBlsKey(toHex(context.options.blsKey));
}
