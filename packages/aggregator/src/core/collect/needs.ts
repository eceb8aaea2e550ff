/**
 * The signatures that an agent with an account needs for its calls and does not have (P-137): of the last report all
 * until it is recorded, then those of nodes that the record left out, which a showing or a payable record can add; of a
 * contest those that are worth sending. Each only when the agent's turn for the call has come. Enters: ledger and
 * rounds. Leaves: needs. Not here: asking (peers/pull.ts), the calls (plan.ts).
 */
import type { NodeId, Signers } from "@quorate/common";
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

/**
 * @param isTurn whether this agent's turn for a call has come, by the call's key: those whose turn is later mostly find
 * that the call has landed
 */
export function reportNeeds({ ledger, nodes }: Context, rounds: RoundTable, isTurn: (call: string) => boolean): Need[] {
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null) return [];
  const contests = rounds.get(contestRound(lastClosed + 1));
  return [
    ...(isTurn(reportCall(ledger, lastClosed))
      ? needOf(rounds.get(reportRound(lastClosed)), leftOut(ledger, lastClosed) ?? idsInSet(nodes))
      : []),
    ...(contests !== undefined && isTurn(`contest:${lastClosed + 1}`) ? needOf(contests, worthAContest(ledger)) : []),
  ];
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
export function worthAContest(ledger: LedgerState): NodeId[] {
  const worth: NodeId[] = [];
  for (const [id, { node }] of ledger.nodes) {
    if (node.state === "decommissioned" && (silentReports(ledger, id) ?? 0) >= CONTEST_FROM_SILENT) worth.push(id);
  }
  return worth;
}

function needOf(round: Round | undefined, wanted: readonly NodeId[]): Need[] {
  if (round === undefined || round.own === null || wanted.length === 0) return [];
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
  const among = new Set(wanted);
  const had = new Set(agreeingParts(round, (id) => among.has(id)).flatMap(({ ids }) => ids));
  const lacking = wanted.filter((id) => !had.has(id));
  knownLacking.set(round, { heard, own, wanted, lacking });
  return lacking;
}
