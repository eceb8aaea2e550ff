/**
 * The signatures that an agent with an account needs for its calls and does not have (P-137): of the last report all
 * until it is recorded, then those of nodes that the record left out, which a showing or a payable record can add; of a
 * contest those that are worth sending. Each only when the agent's turn for the call has come. Enters: ledger and
 * rounds. Leaves: needs. Not here: asking (peers/pull.ts), the calls (plan.ts).
 */
import { type NodeId, type RoundId, Signers } from "@quorate/common";
import type { Context } from "../context.ts";
import { contestRound } from "../kinds/contest.ts";
import { reportRound } from "../kinds/epochReport.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { type LedgerState, lastClosedEpoch } from "../ledger/ledger.ts";
import { leftOut, silentReports } from "../ledger/uptime.ts";
import { CONTEST_FROM_SILENT } from "../limits.ts";
import { isSameList } from "../lists.ts";
import { agreeingParts, heardFrom, type OwnMessage, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Need } from "../stages.ts";

/** Signatures that a call needs. */
export interface CallNeed {
  /** The call's key, which is what turns are drawn from. */
  readonly call: string;
  readonly need: Need;
}

/**
 * @param view the ledger, with what has landed since its head as far as that is known
 * @param isTurn whether this agent's turn for a call has come: those whose turn is later mostly find that the call has
 * landed
 */
export function reportNeeds(
  { nodes }: Context,
  view: LedgerState,
  rounds: RoundTable,
  isTurn: (call: string) => boolean,
): CallNeed[] {
  const lastClosed = lastClosedEpoch(view);
  if (lastClosed === null) return [];
  const needed = (call: string, epochRound: RoundId, wanted: () => readonly NodeId[]): CallNeed[] => {
    const round = rounds.get(epochRound);
    return round === undefined || !isTurn(call) ? [] : needOf(round, wanted()).map((need) => ({ call, need }));
  };
  return [
    ...needed(reportCall(view, lastClosed), reportRound(lastClosed), () => {
      return leftOut(view, lastClosed) ?? idsInSet(nodes);
    }),
    ...needed(`contest:${lastClosed + 1}`, contestRound(lastClosed + 1), () => worthAContest(view)),
  ];
}

/** Of two views of the chain the one in which fewer nodes are left out of the last closed epoch's report. */
export function laterView(ledger: LedgerState, other: LedgerState | null): LedgerState {
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null || other === null || lastClosedEpoch(other) !== lastClosed) return ledger;
  const left = (view: LedgerState) => leftOut(view, lastClosed)?.length ?? Number.POSITIVE_INFINITY;
  return left(other) < left(ledger) ? other : ledger;
}

/** What the signatures of a report are for now. */
function reportCall({ uptime }: LedgerState, epoch: number): string {
  const presence = uptime.presences.find((one) => one.epoch === epoch);
  if (presence === undefined) return `report:${epoch}`;
  return presence.isPayable ? `show:${epoch}` : `payable:${epoch}`;
}

const knownInSet = new WeakMap<readonly LedgerNode[], readonly NodeId[]>();

function idsInSet(nodes: readonly LedgerNode[]): readonly NodeId[] {
  const known = knownInSet.get(nodes);
  if (known !== undefined) return known;
  const ids = nodes.filter(({ state }) => state !== "exited").map(({ id }) => id);
  knownInSet.set(nodes, ids);
  return ids;
}

/** P-95: nodes that have been silent for so long that a contest of theirs is worth a transaction. */
export function worthAContest(ledger: LedgerState): readonly NodeId[] {
  const known = knownWorth.get(ledger);
  if (known !== undefined) return known;
  const worth: NodeId[] = [];
  for (const [id, { node }] of ledger.nodes) {
    if (node.state === "decommissioned" && (silentReports(ledger, id) ?? 0) >= CONTEST_FROM_SILENT) worth.push(id);
  }
  knownWorth.set(ledger, worth);
  return worth;
}

/** Agents with an account ask at each tick. */
const knownWorth = new WeakMap<LedgerState, readonly NodeId[]>();

function needOf(round: Round, wanted: readonly NodeId[]): Need[] {
  if (round.own === null || wanted.length === 0) return [];
  const lacking = lackingOf(round, wanted);
  return lacking.length === 0 ? [] : [{ round, lacking, asksNodes: true }];
}

/** What a round lacked, and of what: the next tick mostly finds all of it as it was. */
interface Lacking {
  readonly heard: Signers;
  readonly own: OwnMessage | null;
  readonly wanted: readonly NodeId[];
  readonly lacking: readonly NodeId[];
}

const knownLacking = new WeakMap<Round, Lacking>();

/** What is here and adds up without anybody else counts as had. */
function lackingOf(round: Round, wanted: readonly NodeId[]): readonly NodeId[] {
  const [heard, own, known] = [heardFrom(round), round.own, knownLacking.get(round)];
  const isSame = known?.heard === heard && known.own === own && isSameList(known.wanted, wanted);
  if (known !== undefined && isSame) return known.lacking;
  const had = new Set(agreeingParts(round, Signers.of(wanted)).flatMap(({ ids }) => ids));
  const lacking = wanted.filter((id) => !had.has(id));
  knownLacking.set(round, { heard, own, wanted, lacking });
  return lacking;
}
