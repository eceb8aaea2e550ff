/**
 * What each event changes in the ledger's part about reports: presences, levels, runs, payable roots and who is owed
 * a bounty. Enters: events that were found to follow (follows.ts), each before it changes the node set. Leaves: the
 * state that uptime.ts judges.
 */
import { BPS, type NodeId } from "@quorate/common";
import type { Credits } from "./credits.ts";
import type { ChainEvent, EventPosition, RecordedReport } from "./events.ts";
import { beginPresence, recordLater, showSigners } from "./presence.ts";
import { isJudged, LEVEL_LIMIT, type NodeUptime, type UptimeState, type UptimeView } from "./uptime.ts";

/** A bounty's part of the epoch's emission (P-63). */
const BOUNTY_BPS = 5n;
/** Roots that proofs are accepted against (P-40). */
const VALID_ROOTS = 8;

/** A copy that `foldReports` and `closeUptime` may change while the original stays. */
export function copyUptime(uptime: UptimeState): UptimeState {
  return { ...uptime, nodes: new Map(uptime.nodes) };
}

/** Folds one event, in place; `view.nodes` is the node set before it. */
export function foldReports(view: UptimeView, event: ChainEvent): void {
  const { uptime } = view;
  switch (event.type) {
    case "node-registered":
      uptime.nodes.set(event.id, newNode(event));
      return;
    case "nodes-activated":
      return change(uptime, event.ids, { changedAt: event.timestamp, run: 0 });
    case "nodes-decommissioned": {
      const heardAtReport = uptime.acceptedReports;
      return change(uptime, event.ids, { changedAt: event.timestamp, run: 0, level: LEVEL_LIMIT, heardAtReport });
    }
    case "nodes-heard":
      return change(uptime, event.ids, { heardAtReport: uptime.acceptedReports });
    case "node-exited":
      return change(uptime, [event.id], { exitedAt: event.timestamp });
    case "report-recorded":
      return foldRecord(view, event);
    case "signers-shown": {
      const endsAt = (view.genesis ?? 0) + (event.epoch + 1) * (view.epochSeconds ?? 0);
      const judged = (id: NodeId): boolean => {
        const node = uptime.nodes.get(id);
        return node !== undefined && isJudged(node, endsAt);
      };
      uptime.presences = uptime.presences.map((presence) =>
        presence.epoch === event.epoch ? showSigners(presence, event, judged) : presence,
      );
      return;
    }
    case "root-payable": {
      const { epoch, rootIndex, rewardsRoot, totalOwed } = event;
      uptime.payableRoots = [...uptime.payableRoots, { epoch, rootIndex, rewardsRoot, totalOwed }].slice(-VALID_ROOTS);
      uptime.nextRootIndex = rootIndex + 1;
      return;
    }
  }
}

/** Credits the records of the epoch that closes; returns the sum, in atomic units (P-63). In place: it is owed once. */
export function takeBounties(uptime: UptimeState, emission: bigint, credits: Credits): bigint {
  const bounty = (emission * BOUNTY_BPS) / BPS;
  for (const to of uptime.bounties) credits.add(to, bounty, "bounty", null);
  const total = bounty * BigInt(uptime.bounties.length);
  uptime.bounties = [];
  return total;
}

function foldRecord({ uptime, nodes }: UptimeView, record: RecordedReport): void {
  const active: NodeId[] = [];
  for (const [id, { node }] of nodes) if (node.state === "active") active.push(id);
  const earned = Number(record.isFirst) + Number(record.becamePayable);
  uptime.bounties = [...uptime.bounties, ...Array.from({ length: earned }, () => record.submitter)];
  if (record.isFirst) {
    uptime.acceptedReports += 1;
    uptime.presences = [...uptime.presences, beginPresence(record, active)];
    return;
  }
  uptime.presences = uptime.presences.map((presence) =>
    presence.epoch === record.epoch ? recordLater(presence, record, active) : presence,
  );
}

function newNode({ timestamp }: EventPosition): NodeUptime {
  return {
    registeredAt: timestamp,
    changedAt: timestamp,
    exitedAt: null,
    level: 0,
    run: 0,
    heardAtReport: 0,
    strip: "",
  };
}

function change(uptime: UptimeState, ids: readonly NodeId[], to: Partial<NodeUptime>): void {
  for (const id of ids) {
    const node = uptime.nodes.get(id);
    if (node !== undefined) uptime.nodes.set(id, { ...node, ...to });
  }
}
