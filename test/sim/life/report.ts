/**
 * The story of a life run for people: a line an epoch, then a line for each node that something happened to. In: a
 * result. Out: text.
 */
import { verdictLine } from "../report.ts";
import type { LifeResult } from "./run.ts";
import type { EpochTold, NodeTold } from "./story.ts";

/** What varies in length comes last. */
const HEADS = "epoch record by signers payable contests drops sent failed liars' shown moved".split(" ");
const WIDTHS = [7, 8, 6, 9, 9, 10, 7, 6, 8, 8, 30, 0];

/** More rows than a screen has help nobody; `--json` has all. */
const ROWS_MAX = 40;

export function lifeSummaryOf(result: LifeResult, wallMs: number): string {
  const { perEpoch, perNode, violations } = result;
  const lines = [
    `seed ${result.seed}, ${result.nodes} nodes, ${result.epochs} epochs, ${(result.virtualMs / 1_000).toFixed(0)} ` +
      `s of virtual time in ${(wallMs / 1_000).toFixed(1)} s, ${result.steps} steps`,
    `nodes       ${list(result.fates)}; ${result.crashes} times one went down; faults end before the report of ` +
      `epoch ${result.healEpoch}`,
    `each node   ${(result.bytesPerNode / 1_000).toFixed(0)} kB sent, ${result.pairingsPerNode} pairings`,
    `blames      ${list(result.blames) || "none"}`,
    `claims      ${claimsText(result)}`,
    "",
    row(HEADS),
    ...perEpoch.map(epochLine),
    "",
    `node   what it is     ${result.perEpoch.map(({ epoch }) => String(epoch).padEnd(3)).join("")}`,
    ...perNode.slice(0, ROWS_MAX).map(nodeLine),
    ...(perNode.length > ROWS_MAX ? [`... and ${perNode.length - ROWS_MAX} more, with --json`] : []),
    "P present, M missed, U nobody judged, . not registered yet; v decommissioned and ^ activated by the epoch's " +
      "record",
    "",
    `payable     ${payableText(perEpoch)}`,
    `trace       ${result.traceHash}`,
    verdictLine(violations),
    ...violations.map((violation) => `  - ${violation}`),
  ];
  return `${lines.join("\n")}\n`;
}

function epochLine(told: EpochTold): string {
  const { transactions, activated, decommissioned, showings } = told;
  const after = (seconds: number | null): string => (seconds === null ? "-" : `${seconds} s`);
  const moved = [...activated.map((id) => `+${id}`), ...decommissioned.map((id) => `-${id}`)].join(" ");
  return row([
    ...[told.epoch, after(told.recordedAfter), told.recordedBy ?? "-", told.signers, after(told.payableAfter)],
    ...[told.contests, told.drops, transactions.included, transactions.reverted + transactions.expired, told.liars],
    ...[showings.join("+") || "-", moved || "-"],
  ]);
}

function row(values: readonly (string | number)[]): string {
  return values
    .map((value, i) => `${value} `.padEnd(WIDTHS[i] ?? 0))
    .join("")
    .trimEnd();
}

function nodeLine({ id, fate, epochs }: NodeTold): string {
  return `${String(id).padEnd(7)}${fate.padEnd(15)}${epochs.map((letters) => letters.padEnd(3)).join("")}`.trimEnd();
}

function payableText(perEpoch: readonly EpochTold[]): string {
  const payable = perEpoch.filter(({ payableAfter }) => payableAfter !== null).map(({ epoch }) => epoch);
  return `${payable.length} of ${perEpoch.length} epochs: ${payable.join(", ") || "none"}`;
}

function claimsText({ claims }: LifeResult): string {
  const { asked, bundles, failed, refused, virtualMsToBundle } = claims;
  if (asked === 0) return "nobody asked";
  const { median, max } = virtualMsToBundle;
  const times = median === null ? "" : `, after ${median} ms in the median and ${max} at most`;
  return `${asked} asked: ${bundles} bundles${times}; ${failed} failed, ${refused} refused`;
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
