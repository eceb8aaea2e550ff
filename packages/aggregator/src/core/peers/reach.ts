/**
 * Which nodes could sign a claim now, as far as this agent knows (P-126). Enters: connections that come and go,
 * checked shares, what nodes answered when asked why they had not signed (P-89), verdicts of the ledger. Leaves: the
 * stake within reach, for people and probes, and who is asked first (P-89). Nothing that is signed, forwarded or
 * counted depends on it.
 */
import {
  BPS,
  type ClaimView,
  hasMoneyQuorum,
  type NodeId,
  Signers,
  type StakeReach,
  stakeSigned,
} from "@quorate/common";
import { type Context, connectedSet, type Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { indexOf } from "../ledger/nodeSet.ts";
import { REACH_EPOCHS, REFUSAL_MS } from "../limits.ts";
import type { Group } from "../rounds/contributions.ts";
import { ownGroup, type Round } from "../rounds/round.ts";
import type { Collector } from "../stages.ts";
import { matesOf, ownSubnet } from "./subnets.ts";

/** The latest that was learned of a node. */
interface Evidence {
  readonly kind: "connected" | "signed" | "gone" | "refused" | "unreached";
  readonly atMs: number;
  /** The first open epoch then. */
  readonly openEpoch: number;
}

/** Codes that say nothing about whether the node will sign: it is about to, or the agent's own line to it was full. */
const NO_EVIDENCE = ["SHARE_PENDING", "EPOCH_NOT_CLOSED", "ROOT_PENDING", "NETWORK_PEER_BUSY"];

export class PeerReach implements Collector {
  readonly busy = false;
  readonly #context: Context;
  /** Bounded by the node set. */
  readonly #evidence = new Map<NodeId, Evidence>();
  /** Shares and partials seen of each group; they go with their round. */
  readonly #seen = new WeakMap<Group, { shares: number; partials: ReadonlySet<unknown> }>();
  /** The reasons that were taken of each open claim; bounded by claims (CLAIMS_MAX) and nodes. */
  readonly #taken = new Map<string, Set<string>>();
  #nowMs = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Before the context has the new peers. */
  peersChanged(connected: readonly PeerKey[], { nowMs }: Step): void {
    const before = connectedSet(this.#context);
    const after = connectedSet({ connected });
    const set = indexOf(this.#context.nodes);
    // In a set with subnets connections come and go as either side makes room (P-131), but for those to mates.
    const kept = ownSubnet(this.#context) === null ? null : matesOf(this.#context);
    for (const peer of new Set([...before, ...after])) {
      if (before.has(peer) === after.has(peer)) continue;
      const ids = set.withIdentity(peer).map(({ id }) => id);
      if (after.has(peer)) this.#note(ids, "connected", nowMs);
      else if (kept === null || kept.has(peer)) this.#note(ids, "gone", nowMs);
      else this.#forgetConnected(ids);
    }
  }

  /** That a connection is over says nothing of the node; what it said meanwhile stands. */
  #forgetConnected(ids: readonly NodeId[]): void {
    for (const id of ids) if (this.#evidence.get(id)?.kind === "connected") this.#evidence.delete(id);
  }

  /**
   * Shares over the own message, the new ones at the end. Others prove nothing here, for anybody can replay what a
   * node signed for another epoch (P-84).
   */
  roundChanged(round: Round, { nowMs }: Step): void {
    const group = ownGroup(round);
    if (group === undefined) return;
    const seen = this.#seen.get(group) ?? { shares: 0, partials: new Set() };
    const partials = group.partials.filter((partial) => !seen.partials.has(partial));
    if (group.shares.size === seen.shares && partials.length === 0) return;
    this.#seen.set(group, { shares: group.shares.size, partials: new Set(group.partials) });
    const shares = [...group.shares.keys()].slice(seen.shares);
    this.#note([...shares, ...partials.flatMap(({ signers }) => signers.ids())], "signed", nowMs);
  }

  /**
   * What nodes say when they are asked why they have not signed, or that they were not reached. Each view repeats it.
   */
  claimChanged({ recipient, epoch, startedAtMs, status, reasons, missing }: ClaimView, nowMs: number): void {
    const claim = `${recipient} ${epoch} ${startedAtMs}`;
    if (status === "ready") {
      this.#taken.delete(claim);
      return;
    }
    const taken = this.#taken.get(claim) ?? new Set<string>();
    this.#taken.set(claim, taken);
    for (const { nodeId, code } of reasons) {
      if (NO_EVIDENCE.includes(code) || taken.has(`${nodeId} ${code}`)) continue;
      taken.add(`${nodeId} ${code}`);
      this.#note([nodeId], code.startsWith("NETWORK_") ? "unreached" : "refused", nowMs);
    }
    if (status !== "failed") return;
    // All that its deadline left time for has been tried.
    this.#note(missing, "unreached", nowMs);
    this.#taken.delete(claim);
  }

  tick({ nowMs }: Step): void {
    this.#nowMs = nowMs;
  }

  has(node: LedgerNode): boolean {
    return this.#isWithin(node, connectedSet(this.#context));
  }

  /** Null while there is no active stake. */
  view(): StakeReach | null {
    const { nodes } = this.#context;
    const connected = connectedSet(this.#context);
    const within = nodes.filter((node) => node.state !== "exited" && this.#isWithin(node, connected));
    const stake = stakeSigned(Signers.of(within.map(({ id }) => id)), nodes);
    const { activeStake, decommissionedStake, signedFloor, signedBps } = stake;
    if (activeStake === 0n) return null;
    const ids = new Set(within.map(({ id }) => id));
    return {
      activeBps: signedBps,
      floorBps: Number((signedFloor * BPS) / (activeStake + decommissionedStake)),
      suffices: hasMoneyQuorum(stake),
      missing: nodes.filter(({ id, state }) => state === "active" && !ids.has(id)).map(({ id }) => id),
    };
  }

  needs(): [] {
    return [];
  }

  resume(): void {}

  nodesChanged(): void {}

  /** Every node that is well signs the report of every epoch: what is older says nothing. */
  prune(): void {
    const { openEpoch } = this.#context.ledger;
    for (const [id, known] of this.#evidence) {
      if (openEpoch - known.openEpoch > REACH_EPOCHS) this.#evidence.delete(id);
    }
  }

  #isWithin({ id, identityKey, identityValid }: LedgerNode, connected: ReadonlySet<PeerKey>): boolean {
    const { ownNode, ledger } = this.#context;
    if (id === ownNode?.id) return true;
    const isConnected = identityValid && connected.has(identityKey);
    const known = this.#evidence.get(id);
    if (known === undefined) {
      // The ledger's last verdict stands.
      return isConnected || ledger.uptime.nodes.get(id)?.strip.endsWith("P") === true;
    }
    if (known.kind === "connected" || known.kind === "signed") return true;
    return isConnected && this.#nowMs - known.atMs >= REFUSAL_MS;
  }

  #note(ids: readonly NodeId[], kind: Evidence["kind"], atMs: number): void {
    const evidence = { kind, atMs, openEpoch: this.#context.ledger.openEpoch };
    for (const id of ids) this.#evidence.set(id, evidence);
  }
}
