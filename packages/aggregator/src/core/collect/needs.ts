/**
 * The signatures that an agent with an account needs for its calls and does not have (P-137): of the last report all
 * until it is recorded, then those of nodes that the record left out, which a showing or a payable record can add; of a
 * contest those that are worth sending. Enters: ledger and rounds. Leaves: needs. Not here: asking (peers/pull.ts), the
 * calls (plan.ts).
 */
import type { NodeId } from "@quorate/common";
import type { Context } from "../context.ts";
import { contestRound } from "../kinds/contest.ts";
import { reportRound } from "../kinds/epochReport.ts";
import { type LedgerState, lastClosedEpoch } from "../ledger/ledger.ts";
import { leftOut, silentReports } from "../ledger/uptime.ts";
import { CONTEST_FROM_SILENT } from "../limits.ts";
import { agreeingParts, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Need } from "../stages.ts";

export function reportNeeds({ ledger, nodes }: Context, rounds: RoundTable): Need[] {
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null) return [];
  const inSet = nodes.filter(({ state }) => state !== "exited").map(({ id }) => id);
  return [
    needOf(rounds.get(reportRound(lastClosed)), leftOut(ledger, lastClosed) ?? inSet),
    needOf(rounds.get(reportRound(lastClosed - 1)), leftOut(ledger, lastClosed - 1) ?? []),
    needOf(rounds.get(contestRound(lastClosed + 1)), worthAContest(ledger)),
  ].flat();
}

/** P-95: nodes that have been silent for so long that a contest of theirs is worth a transaction. */
export function worthAContest(ledger: LedgerState): NodeId[] {
  return [...ledger.nodes.keys()].filter((id) => (silentReports(ledger, id) ?? 0) >= CONTEST_FROM_SILENT);
}

/** What is here and adds up without anybody else counts as had. */
function needOf(round: Round | undefined, wanted: readonly NodeId[]): Need[] {
  if (round === undefined || round.own === null || wanted.length === 0) return [];
  const among = new Set(wanted);
  const had = new Set(agreeingParts(round, (id) => among.has(id)).flatMap(({ ids }) => ids));
  const lacking = wanted.filter((id) => !had.has(id));
  return lacking.length === 0 ? [] : [{ round, lacking, asksNodes: true }];
}
