/**
 * The ledger: a pure fold over finalised events (P-50 to P-63).
 * Enters: events in order and finalised heads. Leaves: the node set, and for each of the last closed epochs what every recipient is owed.
 * Not here: reading the chain (adapters/chain), deciding what to sign (policy.ts).
 */
import { type Address, type ChainHead, type NodeId, type NodeState, quorateError } from "@quorate/common";
import { SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import { type PoolState, releasedAt } from "./emission.ts";
import type { ChainEvent, LedgerNode } from "./events.ts";
import { checkFollows } from "./follows.ts";
import { copyUptime, foldReports, takeBounties } from "./reports.ts";
import { splitEpoch, type WeighedNode } from "./split.ts";
import { closeUptime, emptyUptime, type UptimeState } from "./uptime.ts";

/** A node, and what the fold keeps of it to weigh its open epoch (P-53). Times are seconds since 1970. */
export interface FoldedNode {
  readonly node: LedgerNode;
  /** Since when it is active; null while it is not, and before genesis. */
  readonly activeSince: number | null;
  /** Seconds of the open epoch in which it was active before `activeSince`. */
  readonly activeSeconds: number;
  /** When it earns nothing more, however long it stays: the unlock time of its leave request; null without one. */
  readonly earnsUntil: number | null;
}

/** Lifetime amounts at the close of one epoch. */
export interface ClosedEpoch {
  readonly epoch: number;
  readonly owed: ReadonlyMap<Address, bigint>;
}

/** Everything the fold knows; plain data, so that it can be stored and compared. */
export interface LedgerState {
  head: ChainHead | null;
  genesis: number | null;
  epochSeconds: number | null;
  pool: PoolState | null;
  /** The first epoch that has not closed. */
  openEpoch: number;
  /** `released` at the open epoch's start; emission telescopes from it (P-52). */
  releasedAtOpen: bigint;
  carry: bigint;
  nodes: Map<NodeId, FoldedNode>;
  owed: Map<Address, bigint>;
  /** The last SIGNING_WINDOW_EPOCHS closed epochs, oldest first. */
  closed: ClosedEpoch[];
  /** Who signed the reports, and what follows from it (P-56, P-59 to P-63). */
  uptime: UptimeState;
}

export function emptyLedger(): LedgerState {
  return {
    head: null,
    genesis: null,
    epochSeconds: null,
    pool: null,
    openEpoch: 0,
    releasedAtOpen: 0n,
    carry: 0n,
    nodes: new Map(),
    owed: new Map(),
    closed: [],
    uptime: emptyUptime(),
  };
}

/** Turns a registration event into a node; given by the agent, because checking the identity signature needs the signing domain (P-8). */
export type AdmitNode = (event: Extract<ChainEvent, { type: "node-registered" }>) => LedgerNode;

/** What one advance changed. */
export interface LedgerChange {
  readonly closedEpochs: readonly number[];
  readonly nodesChanged: boolean;
}

/**
 * Folds events up to a finalised head, in place. An epoch closes before the first event at or after its end is applied (P-51).
 * @throws CHAIN_EVENT_INVALID when one of them cannot follow; the state is then what it was before the call (P-58)
 */
export function advanceLedger(
  state: LedgerState,
  events: readonly ChainEvent[],
  head: ChainHead,
  admit: AdmitNode,
): LedgerChange {
  // Heads without events come every few seconds, and cannot be refused.
  if (events.length === 0) return fold(state, events, head, admit);
  const draft = { ...state, nodes: new Map(state.nodes), uptime: copyUptime(state.uptime) };
  const change = fold(draft, events, head, admit);
  Object.assign(state, draft);
  return change;
}

function fold(state: LedgerState, events: readonly ChainEvent[], head: ChainHead, admit: AdmitNode): LedgerChange {
  const firstOpen = state.openEpoch;
  let nodesChanged = false;
  for (const event of events) {
    closeEpochs(state, event.timestamp);
    checkFollows(state, event);
    foldReports(state, event);
    nodesChanged = applyEvent(state, event, admit) || nodesChanged;
  }
  closeEpochs(state, head.timestamp);
  state.head = head;
  const closedEpochs = Array.from({ length: state.openEpoch - firstOpen }, (_, i) => firstOpen + i);
  return { closedEpochs, nodesChanged };
}

/** The last closed epoch, or null before the first. */
export function lastClosedEpoch(state: LedgerState): number | null {
  return state.openEpoch === 0 ? null : state.openEpoch - 1;
}

/** Lifetime amount of a recipient at the close of an epoch of the window; null outside of it. */
export function amountAt(state: LedgerState, epoch: number, recipient: Address): bigint | null {
  const closed = state.closed.find((entry) => entry.epoch === epoch);
  return closed === undefined ? null : (closed.owed.get(recipient) ?? 0n);
}

function applyEvent(state: LedgerState, event: ChainEvent, admit: AdmitNode): boolean {
  switch (event.type) {
    case "node-registered": {
      const node = admit(event);
      // A seeded node becomes active at genesis (P-21); until then it has no time to count.
      state.nodes.set(node.id, { node, activeSince: null, activeSeconds: 0, earnsUntil: null });
      return true;
    }
    case "nodes-activated":
      return setNodeStates(state, event.ids, event.timestamp, "active");
    case "nodes-decommissioned":
      return setNodeStates(state, event.ids, event.timestamp, "decommissioned");
    case "nodes-dropped":
      return setSilent(state, event.ids, true);
    case "nodes-restored":
      return setSilent(state, event.ids, false);
    case "node-exited":
      return setNodeStates(state, [event.id], event.timestamp, "exited");
    case "leave-requested": {
      const folded = knownNode(state, event.id);
      state.nodes.set(event.id, { ...folded, earnsUntil: folded.earnsUntil ?? event.unlocksAt });
      return false;
    }
    case "started":
      state.genesis = event.genesis;
      state.epochSeconds = event.epochSeconds;
      for (const [id, folded] of state.nodes) {
        if (folded.node.state === "active") state.nodes.set(id, { ...folded, activeSince: event.genesis });
      }
      return true;
    case "pool-settled":
      state.pool = { balance: event.balance, time: event.time, totalReleased: event.totalReleased };
      return false;
    case "nodes-heard":
    case "report-recorded":
    case "root-payable":
    case "signers-shown":
      return false;
  }
}

/** A change of state counts from its block's timestamp (P-53): what was earned before is kept for the end of the epoch. */
function setNodeStates(state: LedgerState, ids: readonly NodeId[], timestamp: number, to: NodeState): boolean {
  for (const id of ids) {
    const folded = knownNode(state, id);
    const activeSeconds = secondsActive(folded, openEpochStart(state), timestamp);
    const activeSince = to === "active" ? timestamp : null;
    state.nodes.set(id, { ...folded, node: { ...folded.node, state: to, silent: false }, activeSince, activeSeconds });
  }
  return ids.length > 0;
}

/** Moves the stake of decommissioned nodes out of the floor or back (P-112); what they earn is not concerned. */
function setSilent(state: LedgerState, ids: readonly NodeId[], silent: boolean): boolean {
  for (const id of ids) {
    const folded = knownNode(state, id);
    state.nodes.set(id, { ...folded, node: { ...folded.node, silent } });
  }
  return ids.length > 0;
}

/** The contract names only nodes that registered: anything else means that events are missing, and no amount could be trusted. */
function knownNode(state: LedgerState, id: NodeId): FoldedNode {
  const folded = state.nodes.get(id);
  if (folded === undefined)
    throw quorateError("CHAIN_EVENT_INVALID", { node: id, reason: "changes before it registers" });
  return folded;
}

/** Seconds of an epoch, from its start to `until`, in which the node was active and still earned. */
function secondsActive({ activeSince, activeSeconds, earnsUntil }: FoldedNode, start: number, until: number): number {
  if (activeSince === null) return activeSeconds;
  const end = earnsUntil === null ? until : Math.min(until, earnsUntil);
  return activeSeconds + Math.max(0, end - Math.max(activeSince, start));
}

function openEpochStart({ genesis, epochSeconds, openEpoch }: LedgerState): number {
  return (genesis ?? 0) + openEpoch * (epochSeconds ?? 0);
}

function closeEpochs(state: LedgerState, timestamp: number): void {
  if (state.genesis === null || state.epochSeconds === null) return;
  while (timestamp >= state.genesis + (state.openEpoch + 1) * state.epochSeconds)
    closeEpoch(state, state.genesis, state.epochSeconds);
}

function closeEpoch(state: LedgerState, genesis: number, epochSeconds: number): void {
  const start = genesis + state.openEpoch * epochSeconds;
  const end = start + epochSeconds;
  const released = state.pool === null ? 0n : releasedAt(state.pool, end);
  const emission = released - state.releasedAtOpen;
  const bounties = takeBounties(state.uptime, emission);
  const { credits, carry } = splitEpoch(emission + state.carry - bounties.total, weighNodes(state, start, end));
  closeUptime(state, state.openEpoch, end, epochSeconds);
  const owed = new Map(state.owed);
  for (const [recipient, amount] of [...bounties.credits, ...credits])
    owed.set(recipient, (owed.get(recipient) ?? 0n) + amount);
  state.owed = owed;
  state.carry = carry;
  state.releasedAtOpen = released;
  state.closed = [...state.closed, { epoch: state.openEpoch, owed }].slice(-SIGNING_WINDOW_EPOCHS);
  state.openEpoch += 1;
  for (const [id, folded] of state.nodes) {
    if (folded.activeSeconds > 0) state.nodes.set(id, { ...folded, activeSeconds: 0 });
  }
}

/** P-53. In id order, so that every agent folds in the same order. */
function weighNodes(state: LedgerState, start: number, end: number): WeighedNode[] {
  return sortedNodes(state).map((folded) => {
    const { stake, feeBps, contributors } = folded.node;
    return { stake, feeBps, contributors, weight: stake * BigInt(secondsActive(folded, start, end)) };
  });
}

export function sortedNodes(state: LedgerState): FoldedNode[] {
  return [...state.nodes.values()].sort((a, b) => a.node.id - b.node.id);
}
