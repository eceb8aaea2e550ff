/**
 * Uptime: which nodes an epoch's report activates and decommissions, from who signed the reports before it (P-59 to
 * P-62). Enters: presences (presence.ts) and the node set, once an epoch. Leaves: the two lists, and a strip of
 * verdicts for each node. Not here: the events that these follow from (reports.ts), caps and states, which the
 * contract applies (P-38).
 */
import type { Address, Hex, NodeId, NodeState } from "@quorate/common";
import { SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import type { LedgerNode } from "./events.ts";
import { type EpochPresence, presentNodes } from "./presence.ts";

/** What an absence adds, in 24ths; a presence takes 1 (P-60). */
const ABSENCE = 24;
/** Above it a node is listed; a decommission sets it (P-60, P-62). */
export const LEVEL_LIMIT = 48;
/** Presences in a row that bring a node back (P-62). */
const RUN_TO_ACTIVATE = 3;
/** Ids in each list of a report (P-38). */
const LIST_MAX = 64;
/** Epochs in the strip of a node: a day of hours. Older verdicts are in level and run alone. */
export const STRIP_EPOCHS = 24;

/** `unjudged`: the epoch had no record, or the node registered after its end. */
export type Verdict = "present" | "missed" | "unjudged";
const MARKS: Readonly<Record<Verdict, string>> = { present: "P", missed: "M", unjudged: "U" };

/** What the ledger keeps of a node to judge it. Times are block timestamps, in seconds. */
export interface NodeUptime {
  readonly registeredAt: number;
  /** Its last change of state: registration, activation or decommission. */
  readonly changedAt: number;
  /** Null while it has not exited; forgotten after the judging that follows. */
  readonly exitedAt: number | null;
  /** 24ths of absent epochs (P-60). */
  readonly level: number;
  /** Presences in a row while pending or decommissioned (P-61). */
  readonly run: number;
  /** The accepted reports when it was last decommissioned or heard (P-110). */
  readonly heardAtReport: number;
  /** A mark for each of the last epochs, newest last. Read it by `uptimeStrip`. */
  readonly strip: string;
}

/** The lists of one epoch's report (P-62), in the order in which the contract applies them. */
export interface ReportLists {
  readonly epoch: number;
  readonly activate: readonly NodeId[];
  readonly decommission: readonly NodeId[];
}

/** A root that proofs are accepted against, until 8 further ones are payable (P-40). */
export interface PayableRoot {
  readonly epoch: number;
  readonly rootIndex: number;
  readonly rewardsRoot: Hex;
  /** Atomic units. */
  readonly totalOwed: bigint;
}

/** The ledger's part about reports; plain data. */
export interface UptimeState {
  nodes: Map<NodeId, NodeUptime>;
  /** The epochs whose root may still become payable, oldest first: at most two. */
  presences: readonly EpochPresence[];
  /** Of the last SIGNING_WINDOW_EPOCHS closed epochs, oldest first. */
  lists: readonly ReportLists[];
  /** Epochs with a record (P-110). */
  acceptedReports: number;
  /** The valid ones, oldest first. */
  payableRoots: readonly PayableRoot[];
  nextRootIndex: number;
  /** Who is owed a bounty for a record in the open epoch, in the order of the log, once for each (P-63). */
  bounties: readonly Address[];
}

/** What of the ledger's state uptime reads. */
export interface UptimeView {
  readonly genesis: number | null;
  readonly epochSeconds: number | null;
  readonly openEpoch: number;
  readonly nodes: ReadonlyMap<NodeId, { readonly node: LedgerNode; readonly earnsUntil: number | null }>;
  readonly uptime: UptimeState;
}

export function emptyUptime(): UptimeState {
  return {
    nodes: new Map(),
    presences: [],
    lists: [],
    acceptedReports: 0,
    payableRoots: [],
    nextRootIndex: 0,
    bounties: [],
  };
}

/** The lists of an epoch's report; null when the epoch has not closed, or has left the signing window. */
export function reportLists({ uptime }: { readonly uptime: UptimeState }, epoch: number): ReportLists | null {
  return uptime.lists.find((lists) => lists.epoch === epoch) ?? null;
}

/** Verdicts on the node, oldest first; the last is on the epoch before the last closed one. Empty for who has none. */
export function uptimeStrip({ uptime }: { readonly uptime: UptimeState }, id: NodeId): Verdict[] {
  const verdicts = Object.keys(MARKS) as Verdict[];
  return [...(uptime.nodes.get(id)?.strip ?? "")].map(
    (mark) => verdicts.find((verdict) => MARKS[verdict] === mark) ?? "unjudged",
  );
}

/** For how many accepted reports a decommissioned node has been silent (P-110); null for any other. */
export function silentReports({ uptime, nodes }: UptimeView, id: NodeId): number | null {
  const kept = uptime.nodes.get(id);
  if (kept === undefined || nodes.get(id)?.node.state !== "decommissioned") return null;
  return uptime.acceptedReports - kept.heardAtReport;
}

/**
 * The nodes that the last closed epoch judges and that are not present in it yet, ascending: whom a showing may add
 * (P-56). Null without a record, and for any other epoch, whose showings are over or have not begun (P-39).
 */
export function leftOut(view: UptimeView, epoch: number): readonly NodeId[] | null {
  const presence = view.uptime.presences.find((one) => one.epoch === epoch);
  if (presence === undefined || epoch !== view.openEpoch - 1) return null;
  const known = knownLeftOut.get(presence);
  if (known !== undefined) return known;
  const missing = missingIn(view, presence);
  knownLeftOut.set(presence, missing);
  return missing;
}

/** Agents with an account ask at each tick. Whom an epoch judges is settled when it has ended, and so are the absent. */
const knownLeftOut = new WeakMap<EpochPresence, readonly NodeId[]>();

function missingIn({ uptime, genesis, epochSeconds, openEpoch }: UptimeView, presence: EpochPresence): NodeId[] {
  const endsAt = (genesis ?? 0) + openEpoch * (epochSeconds ?? 0);
  const present = presentNodes(presence);
  const missing = [...uptime.nodes].filter(([id, node]) => isJudged(node, endsAt) && !present.has(id));
  return missing.map(([id]) => id).sort((a, b) => a - b);
}

/** P-59: registered before the epoch's end, and not exited then. `endsAt` in seconds. */
export function isJudged({ registeredAt, exitedAt }: NodeUptime, endsAt: number): boolean {
  return registeredAt < endsAt && (exitedAt === null || exitedAt >= endsAt);
}

/**
 * A node after a verdict on an epoch that ended at `endsAt` (P-60, P-61). `state` is the one it has now: where that
 * has changed since the epoch's end, the verdict is kept in the strip and counts for nothing.
 */
export function judgeNode(node: NodeUptime, state: NodeState, verdict: Verdict, endsAt: number): NodeUptime {
  const strip = (node.strip + MARKS[verdict]).slice(-STRIP_EPOCHS);
  if (verdict === "unjudged" || node.changedAt >= endsAt) return { ...node, strip };
  const isPresent = verdict === "present";
  if (state !== "active") return { ...node, strip, run: isPresent ? node.run + 1 : 0 };
  return { ...node, strip, level: isPresent ? Math.max(0, node.level - 1) : node.level + ABSENCE };
}

interface Closing {
  readonly epochSeconds: number;
  /** False where nobody asks for verdicts and lists: what the others need is kept all the same. */
  readonly judges: boolean;
}

/** Closes epoch `epoch`: judges the one before, and makes the lists of its report. In place. */
export function closeUptime(view: UptimeView, epoch: number, endsAt: number, { epochSeconds, judges }: Closing): void {
  const { uptime } = view;
  if (judges && epoch > 0) judgeEpoch(view, epoch - 1, endsAt - epochSeconds);
  // All exits so far are before this epoch's end, so no epoch to be judged concerns them.
  for (const [id, { exitedAt }] of uptime.nodes) if (exitedAt !== null) uptime.nodes.delete(id);
  uptime.presences = uptime.presences.filter((presence) => presence.epoch >= epoch - 1);
  if (judges) uptime.lists = [...uptime.lists, listsOf(view, epoch, endsAt)].slice(-SIGNING_WINDOW_EPOCHS);
}

function judgeEpoch({ uptime, nodes }: UptimeView, epoch: number, endsAt: number): void {
  const presence = uptime.presences.find((one) => one.epoch === epoch);
  const present = presence === undefined ? null : presentNodes(presence);
  for (const [id, node] of uptime.nodes) {
    const state = nodes.get(id)?.node.state;
    if (state === undefined || state === "exited") continue;
    const verdict = present === null || !isJudged(node, endsAt) ? "unjudged" : present.has(id) ? "present" : "missed";
    uptime.nodes.set(id, judgeNode(node, state, verdict, endsAt));
  }
}

/** P-62. A node whose exit has unlocked is in no list (P-34). */
function listsOf({ uptime, nodes }: UptimeView, epoch: number, endsAt: number): ReportLists {
  const listed: { readonly id: NodeId; readonly level: number; readonly isActive: boolean }[] = [];
  for (const [id, { level, run }] of uptime.nodes) {
    const folded = nodes.get(id);
    if (folded === undefined || (folded.earnsUntil !== null && folded.earnsUntil <= endsAt)) continue;
    const isActive = folded.node.state === "active";
    if (isActive ? level > LEVEL_LIMIT : run >= RUN_TO_ACTIVATE) listed.push({ id, level, isActive });
  }
  listed.sort((a, b) => a.id - b.id);
  const idsOf = (some: typeof listed): NodeId[] => some.slice(0, LIST_MAX).map(({ id }) => id);
  const failing = listed.filter(({ isActive }) => isActive).sort((a, b) => b.level - a.level || a.id - b.id);
  return { epoch, activate: idsOf(listed.filter(({ isActive }) => !isActive)), decommission: idsOf(failing) };
}
