/**
 * Whether an event can follow on those before it (P-58). Enters: an event and the state before it. Leaves: nothing, or
 * CHAIN_EVENT_INVALID with the values that disagree.
 * Not here: the form of events (adapters/chain/events.ts), and what the contract alone can tell: signatures, quorums,
 * caps.
 */
import { type ErrorValues, type NodeId, type NodeState, quorateError } from "@quorate/common";
import { type PoolState, releasedAt } from "./emission.ts";
import type { ChainEvent, LedgerNode, RecordedReport } from "./events.ts";
import type { EpochPresence } from "./presence.ts";
import type { UptimeView } from "./uptime.ts";

/** What of the ledger's state is compared. */
export interface FollowView extends UptimeView {
  readonly pool: PoolState | null;
}

/**
 * The states that each change moves from (P-112). A leave request changes none, and comes from any but an exited
 * node.
 */
const FROM: Readonly<Record<NodeChange["type"], readonly NodeState[]>> = {
  "nodes-activated": ["pending", "decommissioned"],
  "nodes-decommissioned": ["active"],
  "nodes-dropped": ["decommissioned"],
  "nodes-restored": ["decommissioned"],
  "nodes-heard": ["decommissioned"],
  "leave-requested": ["pending", "active", "decommissioned"],
  "node-exited": ["pending", "active", "decommissioned"],
};

type NodeChange = Extract<
  ChainEvent,
  {
    type:
      | "nodes-activated"
      | "nodes-decommissioned"
      | "nodes-dropped"
      | "nodes-restored"
      | "nodes-heard"
      | "leave-requested"
      | "node-exited";
  }
>;

/** @throws CHAIN_EVENT_INVALID */
export function checkFollows(view: FollowView, event: ChainEvent): void {
  switch (event.type) {
    case "node-registered": {
      // Ids begin at 1, and no node is ever forgotten (P-20).
      const expected = view.nodes.size + 1;
      return check(event, event.id === expected, "ids grow by one", { node: event.id, expected });
    }
    case "started":
      return check(event, view.genesis === null, "has started before", { genesis: view.genesis });
    case "pool-settled":
      return checkSettled(view, event);
    case "report-recorded":
      return checkRecord(view, event);
    case "root-payable":
      return checkRoot(view, event);
    case "signers-shown":
      return checkShowing(view, event);
    default:
      return checkChange(view, event);
  }
}

function checkChange(view: FollowView, event: NodeChange): void {
  const ids = "ids" in event ? event.ids : [event.id];
  check(event, new Set(ids).size === ids.length, "an id comes twice", { ids });
  for (const id of ids) {
    const { state, silent } = knownNode(view, event, id);
    check(event, FROM[event.type].includes(state), "not from this state", { node: id, state });
    if (event.type === "nodes-restored") check(event, silent, "was not dropped", { node: id });
  }
  if (event.type !== "leave-requested") return;
  const first = view.nodes.get(event.id)?.earnsUntil ?? event.unlocksAt;
  const values = { node: event.id, unlocksAt: event.unlocksAt, first };
  check(event, event.unlocksAt === first, "the unlock time never moves", values);
}

/** A deposit settles at what was released until then, to the unit (P-31, P-55). Before genesis nothing is released. */
function checkSettled({ genesis, pool }: FollowView, event: Extract<ChainEvent, { type: "pool-settled" }>): void {
  check(event, event.time === event.timestamp, "settles at its block's time", { time: event.time });
  if (genesis === null || pool === null || pool.time < genesis) return;
  const { totalReleased } = event;
  check(event, event.time >= pool.time, "settles before the last", { time: event.time, last: pool.time });
  const released = releasedAt(pool, event.time);
  check(event, totalReleased === released, "released something else", { totalReleased, released });
}

/** P-37, P-39. The open epoch is the one of the event's block, so a first record is of the epoch before. */
function checkRecord(view: FollowView, event: Extract<ChainEvent, { type: "report-recorded" }>): void {
  const { epoch, isFirst, digest, becamePayable } = event;
  const presence = presenceOf(view, epoch);
  if (isFirst) {
    const closesAt = endOf(view, epoch) + Math.floor((view.epochSeconds ?? 0) / 2);
    const inTime = view.genesis !== null && epoch === view.openEpoch - 1 && event.timestamp < closesAt;
    check(event, inTime, "outside of its time", { epoch, openEpoch: view.openEpoch, closesAt });
    check(event, presence === null, "is not the first record", { epoch });
  } else {
    checkRecorded(view, event, presence, 2);
    check(event, digest === presence?.digest, "another digest", { epoch, digest, recorded: presence?.digest });
    const adds = becamePayable && presence?.isPayable === false;
    check(event, adds, "a later record makes the root payable, once", { epoch, becamePayable });
  }
  checkCounted(view, event);
}

/** The ids of a record are those that counted: active non-signers, inactive extra signers (P-37). */
function checkCounted(view: FollowView, event: ChainEvent & RecordedReport): void {
  for (const list of ["nonSigners", "extraSigners"] as const) {
    checkAscending(event, event[list]);
    for (const id of event[list]) {
      const { state } = knownNode(view, event, id);
      check(event, (state === "active") === (list === "nonSigners"), `is not of ${list}`, { node: id, state });
    }
  }
}

function checkRoot(view: FollowView, event: Extract<ChainEvent, { type: "root-payable" }>): void {
  const { epoch, rootIndex } = event;
  const presence = presenceOf(view, epoch);
  checkRecorded(view, event, presence, 2);
  const expected = view.uptime.nextRootIndex;
  check(event, rootIndex === expected, "roots are numbered in order", { epoch, rootIndex, expected });
  const isNew = presence?.isPayable === true && view.uptime.payableRoots.every((root) => root.epoch !== epoch);
  check(event, isNew, "no record has just made it payable", { epoch });
}

function checkShowing(view: FollowView, event: Extract<ChainEvent, { type: "signers-shown" }>): void {
  const { epoch, signers } = event;
  checkRecorded(view, event, presenceOf(view, epoch), 1);
  checkAscending(event, signers);
  const inSet = signers.filter((id) => knownNode(view, event, id).state !== "exited");
  check(event, inSet.length > 0, "shows nobody", { epoch, signers });
}

/** That the epoch has a first record, and is one of the last `epochs` closed ones. */
function checkRecorded(
  { openEpoch }: FollowView,
  event: ChainEvent & { readonly epoch: number },
  presence: EpochPresence | null,
  epochs: number,
): void {
  const { epoch } = event;
  check(event, epoch < openEpoch && epoch >= openEpoch - epochs, "outside of its time", { epoch, openEpoch });
  check(event, presence !== null, "its first record is missing", { epoch });
}

function checkAscending(event: ChainEvent, ids: readonly NodeId[]): void {
  const ascends = ids.every((id, i) => i === 0 || id > (ids[i - 1] as NodeId));
  check(event, ascends, "ids do not ascend", { ids });
}

/** The contract names only nodes that registered. */
function knownNode(view: FollowView, event: ChainEvent, id: NodeId): LedgerNode {
  const folded = view.nodes.get(id);
  if (folded === undefined) throw refusal(event, "a node that never registered", { node: id });
  return folded.node;
}

function presenceOf({ uptime }: FollowView, epoch: number): EpochPresence | null {
  return uptime.presences.find((presence) => presence.epoch === epoch) ?? null;
}

function endOf({ genesis, epochSeconds }: FollowView, epoch: number): number {
  return (genesis ?? 0) + (epoch + 1) * (epochSeconds ?? 0);
}

function check(event: ChainEvent, holds: boolean, reason: string, values: ErrorValues): void {
  if (!holds) throw refusal(event, reason, values);
}

function refusal({ type, blockNumber, logIndex, timestamp }: ChainEvent, reason: string, values: ErrorValues): Error {
  return quorateError("CHAIN_EVENT_INVALID", { event: type, blockNumber, logIndex, timestamp, reason, ...values });
}
