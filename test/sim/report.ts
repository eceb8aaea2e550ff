/**
 * The story of a run for people, in 100 columns. In: options and a result. Out: text. The same as data: `--json`.
 */
import type { NodeId } from "@quorate/common";
import type { ClaimTold } from "./claimStory.ts";
import type { LiarTold } from "./liarStory.ts";
import type { SimOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { RunResult, RunStory } from "./run.ts";
import type { Spread } from "./samples.ts";

/** More rows than a screen has help nobody; `--json` has all. */
const ROWS_MAX = 40;
/** Ids named of one kind of missing node; the others are counted. */
const IDS_MAX = 12;

export function summaryOf(options: SimOptions, result: RunResult, wallMs: number): string {
  const { claims, virtualMsToQuorum: quorum, story } = result;
  const lines = [
    `seed ${result.seed}, ${result.nodes} nodes, ${seconds(result.virtualMs)} of virtual time in ` +
      `${seconds(wallMs)}, ${count(result.steps)} steps`,
    ...faultLines(options, result),
    "",
    ...claimTable(story.claims),
    ...missingLines(story.claims),
    "",
    `claims      ${claims.bundles} with a bundle, ${claims.failed} without a quorum and explained, ` +
      `${claims.refused} refused`,
    `            (honest stake alone ${result.honestQuorum ? "is" : "is not"} a quorum)`,
    `to quorum   ${quorum.median === null ? "never" : quorumLine(quorum.median, quorum.max ?? 0)}`,
    ...networkLines(story),
    `blames      ${list(result.blames) || "none"}`,
    `not signed  ${list(result.excuses) || "nobody honest"}`,
    ...liarTable(story.liars),
    "",
    `trace       ${result.traceHash}`,
    verdictLine(result.violations),
    ...result.violations.map((violation) => `  - ${violation}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** What the checkers said, in one line. */
export function verdictLine(violations: readonly string[]): string {
  return violations.length === 0 ? "ok: no violations" : `VIOLATIONS  ${violations.length}`;
}

function faultLines({ faults }: SimOptions, { faulty, story }: RunResult): string[] {
  const { plan } = story;
  const liars = story.liars.length;
  const cut = plan.partitions.map(({ window, group }) => `, ${group.size} cut off ${span(window)}`).join("");
  const parts = [
    `${faulty.silent} silent`,
    `${liars} liar${liars === 1 ? "" : "s"}`,
    `${faulty.crashes} crashed and restarted`,
  ];
  const { loss, duplicate, delay, latencyMs } = faults;
  return [
    `faults      ${parts.join(", ")}`,
    `            ${plan.unhealthy.size} with a failing provider${cut}`,
    `            loss ${loss}, twice ${duplicate}, delayed ${delay}, latency ${latencyMs.min} to ${latencyMs.max} ` +
      `ms; healed at ${seconds(plan.healMs)}`,
  ];
}

const span = ({ fromMs, toMs }: Plan["partitions"][number]["window"]): string =>
  `from ${(fromMs / 1_000).toFixed(1)} to ${seconds(toMs)}`;

const HEAD = "claim at,_s agent 50% 95% 100% partial 50% 75% 90% 95% resp."
  .split(" ")
  .map((word) => word.replace("_", " "));
const WIDTHS = [5, 8, 6, 7, 7, 7, 8, 7, 7, 7, 7, 7];

function claimTable(claims: readonly ClaimTold[]): string[] {
  const rows = claims.slice(0, ROWS_MAX).map((claim, i) => {
    const { heard, stake } = claim;
    const times = [heard.half, heard.most, heard.all, claim.firstPartial];
    const held = [stake[5_000], stake[7_500], stake[9_000], stake[9_500], claim.responsive];
    const cells = [...times, ...held].map((ms) => (ms === null ? "-" : count(ms)));
    return row([String(i + 1), (claim.askedMs / 1_000).toFixed(3), String(claim.agent), ...cells, endOf(claim)]);
  });
  return [
    groupHead(),
    row(HEAD),
    ...rows,
    ...(claims.length > ROWS_MAX ? [`... and ${claims.length - ROWS_MAX} more, with --json`] : []),
    "times in ms after the question; resp.: 95% of the stake that is not silent",
  ];
}

function groupHead(): string {
  const edges = WIDTHS.map((_, i) => WIDTHS.slice(0, i + 1).reduce((sum, width) => sum + width, 0));
  const [from, heard, first] = [edges[2] as number, edges[5] as number, edges[6] as number];
  const text = "".padEnd(from + 1) + "request heard by".padStart(heard - from - 1);
  return `${text.padEnd(heard)}${"first".padStart(first - heard)}${"stake held by that agent".padStart(28)}`;
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (WIDTHS[i] === undefined ? `  ${cell}` : cell.padStart(WIDTHS[i])))
    .join("")
    .trimEnd();
}

function endOf({ end, endAfter, code, lost }: ClaimTold): string {
  const after = endAfter === null ? "" : ` ${count(endAfter)}`;
  const again = lost > 0 ? `, lost ${lost}x` : "";
  if (end === "refused") return `refused ${code ?? ""}`;
  return `${end === "open" ? "no end" : end}${after}${again}`;
}

/** Who has not signed, and why, for each claim. */
function missingLines(claims: readonly ClaimTold[]): string[] {
  const lines = claims.slice(0, ROWS_MAX).flatMap(({ missing }, i) => {
    const byReason = new Map<string, NodeId[]>();
    for (const { id, why } of missing) byReason.set(why, [...(byReason.get(why) ?? []), id]);
    const texts = [...byReason].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, ids]) => `${idList(ids)} (${why})`);
    return texts.length === 0 ? [] : wrapped(`without a share in claim ${i + 1}: `, texts);
  });
  return lines.length === 0 ? ["every active node's share is in every claim"] : lines;
}

function idList(ids: readonly NodeId[]): string {
  const more = ids.length > IDS_MAX ? ` and ${ids.length - IDS_MAX} more` : "";
  return `${ids.slice(0, IDS_MAX).join(" ")}${more}`;
}

/** In lines of at most 96 columns. */
function wrapped(head: string, texts: readonly string[], indent = "    "): string[] {
  const lines = [head];
  for (const [i, text] of texts.entries()) {
    const piece = i === texts.length - 1 ? text : `${text}; `;
    const last = lines.length - 1;
    if ((lines[last] as string).length + piece.length > 96) lines.push(`${indent}${piece}`);
    else lines[last] += piece;
  }
  return lines.map((line) => line.trimEnd());
}

function networkLines({ network, samples }: RunStory): string[] {
  const spread = ({ mean, most, busiest }: Spread, unit: string, scale = 1): string =>
    `${count(Math.round(mean / scale))} ${unit} in the mean, ${count(Math.round(most / scale))} at node ${busiest}`;
  const peak = samples.reduce((most, { mostBytes }) => Math.max(most, mostBytes), 0);
  return [
    `each node   sent ${spread(network.bytes, "kB", 1_000)}; at most ${count(Math.round(peak / 1_000))} kB/s`,
    `            made ${spread(network.pairings, "pairings")}`,
    `            used ${spread(network.busyMs, "ms of its processor")}`,
  ];
}

function liarTable(liars: readonly LiarTold[]): string[] {
  if (liars.length === 0) return [];
  const lines = liars.slice(0, ROWS_MAX).flatMap(({ id, way, blames, bannedBy, signed, claims }) => {
    const blamed = Object.entries(blames).map(([code, times]) => `${count(times)} ${code}`);
    const parted = bannedBy === 0 ? [] : [`banned by ${bannedBy}`];
    const texts = [
      `share in ${signed} of ${claims} claims`,
      ...parted,
      ...(blamed.length === 0 ? ["never blamed"] : blamed),
    ];
    return wrapped(`${String(id).padStart(5)}  ${way.padEnd(16)}`, texts, "                       ");
  });
  const more = liars.length > ROWS_MAX ? [`... and ${liars.length - ROWS_MAX} more, with --json`] : [];
  return ["", "what came of each liar", ...lines, ...more];
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const count = (value: number): string => value.toLocaleString("en-US");

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, number]) => `${count(number)} ${name}`)
    .join(", ");
}

function quorumLine(medianMs: number, maxMs: number): string {
  return `${count(medianMs)} ms in the median, ${count(maxMs)} ms at most, from the staker's question`;
}
