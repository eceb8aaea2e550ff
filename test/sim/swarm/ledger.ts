/**
 * The ledger of seeds: which runs of which series were made on which commit, and what failed, one JSON object a line.
 * It is only ever appended to, so that a crash loses at most its last line; a torn line is read over. Not here: the
 * runs.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname } from "node:path";

export interface Failure {
  readonly seed: number;
  readonly violation: string;
  readonly command: string;
  /** The command of the smallest scenario found; null when none was looked for. */
  readonly shrunk: string | null;
}

/** Runs `from` up to, without, `to` of a series. */
export interface LedgerLine {
  /** When it was written, for people: ISO 8601. */
  readonly at: string;
  /** `git rev-parse HEAD`; with uncommitted changes also "+" and a hash of them. */
  readonly commit: string;
  readonly series: number;
  readonly from: number;
  readonly to: number;
  /** What runs are drawn with, beside series and number. */
  readonly nodesMax: number;
  readonly bundles: number;
  readonly failed: number;
  readonly refused: number;
  /** Runs with floodMax below their nodes: with subnets. */
  readonly subnets: number;
  readonly failures: readonly Failure[];
}

export function appendLine(path: string, line: LedgerLine): void {
  mkdirSync(dirname(path), { recursive: true });
  // A torn line before it must not take this one with it.
  appendFileSync(path, `${isTorn(path) ? "\n" : ""}${JSON.stringify(line)}\n`);
}

function isTorn(path: string): boolean {
  const file = openSync(path, "a+");
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== "\n";
  } finally {
    closeSync(file);
  }
}

/** What can be read; a torn line is left out. An absent file is empty. */
export function readLedger(path: string): LedgerLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").flatMap(lineOf);
}

function lineOf(text: string): LedgerLine[] {
  try {
    const line = JSON.parse(text);
    return typeof line?.commit === "string" && line.from < line.to && Array.isArray(line.failures) ? [line] : [];
  } catch {
    return [];
  }
}

/** Where a rerun goes on: after the last run of this commit and these sizes; null when there is none. */
export function nextRun(
  lines: readonly LedgerLine[],
  commit: string,
  nodesMax: number,
): { readonly series: number; readonly run: number } | null {
  const last = lines.filter((line) => line.commit === commit && line.nodesMax === nodesMax).at(-1);
  if (last === undefined) return null;
  const { series } = last;
  const same = lines.filter((line) => line.commit === commit && line.nodesMax === nodesMax && line.series === series);
  return { series, run: Math.max(...same.map(({ to }) => to)) };
}

export interface CommitSummary {
  readonly commit: string;
  readonly runs: number;
  readonly subnets: number;
  readonly bundles: number;
  readonly failed: number;
  readonly refused: number;
  readonly failures: readonly Failure[];
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Adds up each commit, in order of first appearance. A run made twice counts once. */
export function summarise(lines: readonly LedgerLine[]): CommitSummary[] {
  const commits = [...new Set(lines.map(({ commit }) => commit))];
  return commits.map((commit) => {
    const own = distinct(lines.filter((line) => line.commit === commit));
    const sum = (value: (line: LedgerLine) => number): number => own.reduce((total, line) => total + value(line), 0);
    const failures = new Map(own.flatMap((line) => line.failures.map((failure) => [failure.command, failure])));
    const times = own.map(({ at }) => at).sort();
    return {
      commit,
      runs: sum(({ from, to }) => to - from),
      subnets: sum((line) => line.subnets),
      bundles: sum((line) => line.bundles),
      failed: sum((line) => line.failed),
      refused: sum((line) => line.refused),
      failures: [...failures.values()],
      firstAt: times[0] ?? "",
      lastAt: times.at(-1) ?? "",
    };
  });
}

/**
 * Without lines whose runs another line has already: the swarm writes each run once, unless it is told to begin again.
 */
function distinct(lines: readonly LedgerLine[]): LedgerLine[] {
  const seen = new Set<string>();
  return lines.filter(({ series, from, to, nodesMax }) => {
    const runs = Array.from({ length: to - from }, (_, i) => `${series} ${nodesMax} ${from + i}`);
    if (runs.every((run) => seen.has(run))) return false;
    for (const run of runs) seen.add(run);
    return true;
  });
}

/** The commit that runs here, and a mark when files differ from it; "unknown" outside a repository. */
export function currentCommit(): string {
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8", maxBuffer: 1 << 28 });
    const commit = git("rev-parse", "HEAD").trim();
    const changes = git("status", "--porcelain") + git("diff", "HEAD");
    if (changes === "") return commit;
    return `${commit}+${createHash("sha256").update(changes).digest("hex").slice(0, 8)}`;
  } catch {
    return "unknown";
  }
}
