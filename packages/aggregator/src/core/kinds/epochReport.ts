/**
 * EpochReport: what an epoch owes and whom it judges, signed unasked when the epoch has closed in the own ledger and
 * its tree is built. Its quorum is the one of a record (P-24); what moves money needs more, and says so where it is
 * sent (collect/plan.ts). Not here: the lists (ledger/uptime.ts), the root (the tree's worker gives it).
 */
import { hasReportQuorum, type RoundId } from "@quorate/common";
import type { Context } from "../context.ts";
import { totalOwedAt } from "../ledger/amounts.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import { reportLists } from "../ledger/uptime.ts";
import { oldestInWindow } from "../ledger/window.ts";
import type { Decision, MessageKind, MessageOfKind } from "./kind.ts";

type ReportMessage = MessageOfKind<"EpochReport">;

export const epochReport: MessageKind<ReportMessage> = {
  name: "EpochReport",
  own: (context, { epoch }) => reportOf(context, epoch),
  decide: decideReport,
  opensAtClose: (_context, epoch) => [reportRound(epoch)],
  quorum: hasReportQuorum,
};

function decideReport(context: Context, { epoch }: RoundId): Decision<ReportMessage> {
  const { ledger, health } = context;
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null || epoch > lastClosed) {
    const values = { epoch, lastClosed: lastClosed ?? "none" };
    return { type: "wait", refusal: { code: "EPOCH_NOT_CLOSED", values } };
  }
  if (reportLists(ledger, epoch) === null) {
    const values = { epoch, oldest: oldestInWindow(lastClosed) };
    return { type: "refuse", refusal: { code: "EPOCH_TOO_OLD", values } };
  }
  const signed = reportOf(context, epoch);
  if (signed === null) return { type: "wait", refusal: { code: "ROOT_PENDING", values: { epoch } } };
  if (!health.healthy) {
    const values = { reason: health.code, detail: health.detail };
    return { type: "wait", refusal: { code: "CHAIN_UNHEALTHY", values } };
  }
  return { type: "sign", signed };
}

export function reportRound(epoch: number): RoundId {
  return { kind: "EpochReport", epoch, subject: "" };
}

function reportOf({ ledger, roots }: Context, epoch: number): ReportMessage | null {
  const lists = reportLists(ledger, epoch);
  const totalOwed = totalOwedAt(ledger, epoch);
  const rewardsRoot = roots.get(epoch);
  if (lists === null || totalOwed === null || rewardsRoot === undefined) return null;
  const { activate, decommission } = lists;
  return { kind: "EpochReport", message: { epoch, rewardsRoot, totalOwed, activate, decommission } };
}
