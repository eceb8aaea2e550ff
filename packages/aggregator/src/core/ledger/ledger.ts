/**
 * The ledger: a pure fold over finalised events (P-50 to P-63).
 * Enters: events in order and finalised heads. Leaves: the node set, and for each of the last closed epochs what
 * every recipient is owed. Not here: reading the chain (adapters/chain), deciding what to sign (policy.ts).
 */
import {
  type Address,
  type ChainHead,
  isQuorateError,
  type NodeId,
  type NodeState,
  quorateError,
} from "@quorate/common";
import { SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import { type CreditObserver, Credits } from "./credits.ts";
import { type PoolState, releasedAt } from "./emission.ts";
import type { ChainEvent, LedgerNode } from "./events.ts";
import { checkFollows } from "./follows.ts";
import { addAmounts, type ClosedEpoch, type Journal, noteClosed } from "./journal.ts";
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

/**
 * Everything the fold knows; plain data, so that it can be stored and compared. Lifetime amounts are kept once, as they
 * are now: those at the close of an earlier epoch are less by what later ones credited (`amountAt`).
 */
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
  /** Lifetime amounts at the close of the last closed epoch, and their sum. */
  owed: Map<Address, bigint>;
  totalOwed: bigint;
  /** The last SIGNING_WINDOW_EPOCHS closed epochs, oldest first. */
  closed: ClosedEpoch[];
  /** Who signed the reports, and what follows from it (P-56, P-59 to P-63). */
  uptime: UptimeState;
  /** What the store has not been given yet; null where nothing is stored. No part of what is folded. */
  journal: Journal | null;
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
    totalOwed: 0n,
    closed: [],
    uptime: emptyUptime(),
    journal: null,
  };
}

/**
 * Turns a registration event into a node; given by the agent, because checking the identity signature needs the
 * signing domain (P-8).
 */
export type AdmitNode = (event: Extract<ChainEvent, { type: "node-registered" }>) => LedgerNode;

/** What one advance changed. */
export interface LedgerChange {
  readonly closedEpochs: readonly number[];
  readonly nodesChanged: boolean;
}

/**
 * Folds events up to a finalised head, in place. An epoch closes before the first event at or after its end is
 * applied (P-51).
 * @param observer told of every credit of the epochs that close, also when a later event is refused
 * @throws CHAIN_EVENT_INVALID when one of them cannot follow; the state is then what it was before the call (P-58)
 */
export function advanceLedger(
  state: LedgerState,
  events: readonly ChainEvent[],
  head: ChainHead,
  admit: AdmitNode,
  observer: CreditObserver | null = null,
): LedgerChange {
  const draft = draftOf(state, events);
  const closed: ClosedEpoch[] = [];
  let nodesChanged = false;
  for (const event of events) {
    closeEpochs(draft, event.timestamp, closed, observer);
    checkFollows(draft, event);
    foldReports(draft, event);
    nodesChanged = applyEvent(draft, event, admit) || nodesChanged;
  }
  closeEpochs(draft, head.timestamp, closed, observer);
  draft.head = head;
  Object.assign(state, draft);
  // What is too large to be copied changes last, when nothing can be refused any more.
  for (const epoch of closed) addAmounts(state.owed, epoch.credits);
  for (const epoch of closed) if (state.journal !== null) noteClosed(state.journal, epoch);
  for (const event of events) state.journal?.events.push(event);
  return { closedEpochs: closed.map(({ epoch }) => epoch), nodesChanged };
}

/**
 * What may be changed before it is known whether all events follow. Heads without events come every few seconds, and
 * cannot be refused. Events that change no node are all that most epochs have: thousands of nodes are not copied for
 * them, unless an epoch closes before the last of them.
 */
function draftOf(state: LedgerState, events: readonly ChainEvent[]): LedgerState {
  const last = events.at(-1);
  if (last === undefined) return state;
  const closes = state.epochSeconds !== null && last.timestamp >= openEpochStart(state) + state.epochSeconds;
  if (!closes && events.every(({ type }) => CHANGES_NO_NODE.has(type)))
    return { ...state, uptime: { ...state.uptime } };
  return { ...state, nodes: new Map(state.nodes), uptime: copyUptime(state.uptime) };
}

/** Neither of the ledger's nodes nor of those of its uptime. */
const CHANGES_NO_NODE: ReadonlySet<ChainEvent["type"]> = new Set([
  ...(["report-recorded", "root-payable", "signers-shown", "pool-settled"] as const),
]);

/**
 * The ledger as it would be with events that are not final, for a look at what has landed (P-92): the node set and
 * what the reports came to. No epoch closes in it, amounts are the ledger's own, and it ends before the first event
 * that cannot follow.
 */
export function withLanded(state: LedgerState, events: readonly ChainEvent[], admit: AdmitNode): LedgerState {
  const view = { ...state, nodes: new Map(state.nodes), uptime: copyUptime(state.uptime), journal: null };
  for (const event of events) {
    try {
      checkFollows(view, event);
    } catch (error) {
      if (isQuorateError(error)) return view;
      throw error;
    }
    foldReports(view, event);
    applyEvent(view, event, admit);
  }
  return view;
}

/** The last closed epoch, or null before the first. */
export function lastClosedEpoch(state: LedgerState): number | null {
  return state.openEpoch === 0 ? null : state.openEpoch - 1;
}

/** Lifetime amount of a recipient at the close of an epoch of the window; null outside of it. */
export function amountAt(state: LedgerState, epoch: number, recipient: Address): bigint | null {
  if (!isInWindow(state, epoch)) return null;
  let amount = state.owed.get(recipient) ?? 0n;
  for (const later of state.closed) if (later.epoch > epoch) amount -= later.credits.get(recipient) ?? 0n;
  return amount;
}

/**
 * Whom an epoch of the window credited, each with its lifetime amount at that epoch's close, in the order of the split;
 * null outside of the window. Reads the state as it goes: whoever takes it in several turns of the event loop must be
 * done before another epoch closes.
 */
export function changes(state: LedgerState, epoch: number): IterableIterator<[Address, bigint]> | null {
  const closed = state.closed.find((entry) => entry.epoch === epoch);
  return closed === undefined ? null : amountsOf(state, closed);
}

function* amountsOf(state: LedgerState, { epoch, credits }: ClosedEpoch): IterableIterator<[Address, bigint]> {
  for (const recipient of credits.keys()) yield [recipient, amountAt(state, epoch, recipient) ?? 0n];
}

function isInWindow({ closed }: LedgerState, epoch: number): boolean {
  const [oldest] = closed;
  return oldest !== undefined && epoch >= oldest.epoch && epoch < oldest.epoch + closed.length;
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

/**
 * A change of state counts from its block's timestamp (P-53): what was earned before is kept for the end of the
 * epoch.
 */
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

/**
 * The contract names only nodes that registered: anything else means that events are missing, and no amount could be
 * trusted.
 */
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

function closeEpochs(
  state: LedgerState,
  timestamp: number,
  closed: ClosedEpoch[],
  observer: CreditObserver | null,
): void {
  if (state.genesis === null || state.epochSeconds === null) return;
  while (timestamp >= state.genesis + (state.openEpoch + 1) * state.epochSeconds)
    closed.push(closeEpoch(state, state.genesis + state.openEpoch * state.epochSeconds, state.epochSeconds, observer));
}

/** Lifetime amounts are left to the caller. */
function closeEpoch(
  state: LedgerState,
  start: number,
  epochSeconds: number,
  observer: CreditObserver | null,
): ClosedEpoch {
  const end = start + epochSeconds;
  const released = state.pool === null ? 0n : releasedAt(state.pool, end);
  const emission = released - state.releasedAtOpen;
  const credits = new Credits(state.openEpoch, observer);
  const bounties = takeBounties(state.uptime, emission, credits);
  const carry = splitEpoch(emission + state.carry - bounties, weighNodes(state, start, end), credits);
  closeUptime(state, state.openEpoch, end, { epochSeconds, judges: credits.ofEverybody });
  state.totalOwed += emission + state.carry - carry;
  state.carry = carry;
  state.releasedAtOpen = released;
  const closed: ClosedEpoch = { epoch: state.openEpoch, totalOwed: state.totalOwed, credits: credits.amounts };
  state.closed = [...state.closed, closed].slice(-SIGNING_WINDOW_EPOCHS);
  state.openEpoch += 1;
  for (const folded of state.nodes.values()) {
    if (folded.activeSeconds > 0) state.nodes.set(folded.node.id, { ...folded, activeSeconds: 0 });
  }
  return closed;
}

/** P-53. Those that weigh something, in id order, so that every agent folds in the same order. */
function weighNodes(state: LedgerState, start: number, end: number): WeighedNode[] {
  // Most nodes have the stake and the seconds of the one before them: their weight is multiplied once.
  let last = { stake: 0n, seconds: 0, weight: 0n };
  const weighed: WeighedNode[] = [];
  for (const folded of sortedNodes(state)) {
    const seconds = secondsActive(folded, start, end);
    // Nodes that have exited stay in the set, and after some years are most of it.
    if (seconds === 0) continue;
    const { id, stake, feeBps, contributors } = folded.node;
    if (seconds !== last.seconds || stake !== last.stake) last = { stake, seconds, weight: stake * BigInt(seconds) };
    weighed.push({ id, stake, feeBps, contributors, activeSeconds: seconds, weight: last.weight });
  }
  return weighed;
}

/**
 * In id order. Ids follow on (P-20) and the map keeps the order of registration, so there is seldom anything to sort.
 */
export function sortedNodes(state: Pick<LedgerState, "nodes">): FoldedNode[] {
  const nodes = [...state.nodes.values()];
  const inOrder = nodes.every(({ node }, i) => i === 0 || (nodes[i - 1] as FoldedNode).node.id < node.id);
  return inOrder ? nodes : nodes.sort((a, b) => a.node.id - b.node.id);
}
