/**
 * What a siege found. In: figures of each attack. Out: verdicts in words, the table, the line of JSON. Every bound of
 * "it must hold" is here.
 */
import { round2 } from "../bench/figures.ts";

/** A claim's median under attack, as a multiple of the baseline's of the same run. */
export const MAX_MEDIAN_RATIO = 2;
/**
 * An operator's probe gives up after a few seconds; an agent that is held up longer than this by others is not well.
 */
export const MAX_HEALTHZ_MS = 2_000;
/** Resident megabytes of one agent. At rest it has about 150; the smallest hosts that operators rent have 1 GB. */
export const MAX_RSS_MB = 512;
/**
 * Undisturbed, a restarted agent has its first peers within two seconds, of which one is the heartbeat that forms
 * meshes.
 */
export const MAX_RESTART_MS = 10_000;
/** From the node's first connection to its end by the agent, at the median. */
export const MAX_CUT_OFF_MS = 15_000;

export interface AttackResult {
  readonly name: string;
  /** Claims asked for under the attack, and those that ended without a bundle. */
  readonly claims: number;
  readonly failed: number;
  /** Milliseconds, medians; of the baseline before and after the attack together, and apart. */
  readonly baselineMs: number;
  readonly baselineBeforeMs: number;
  readonly baselineAfterMs: number;
  readonly medianMs: number;
  readonly medianRatio: number;
  readonly honestBanned: number;
  readonly peakRssMb: number;
  readonly healthzMaxMs: number;
  /** Milliseconds from the start of a restarted agent to its first peer; null when none was restarted. */
  readonly restartMs: number | null;
  /** Agents that the hostile node reached, and that have cut it off; null for strangers. */
  readonly attacked: number | null;
  readonly attackerCutOff: number | null;
  readonly cutOffAfterMs: number | null;
  /** Processor seconds and deeds of the attacker. */
  readonly attackerCpuMs: number;
  readonly attackerCounts: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** Runs that are in these figures: another one where times alone were broken. */
  readonly tries: number;
  /** What did not hold, in words; empty when all did. */
  readonly broken: readonly string[];
  readonly ok: boolean;
}

export interface SiegeReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly nodes: number;
  readonly attacks: readonly AttackResult[];
}

type Figures = Omit<AttackResult, "broken" | "ok">;

export interface Judged {
  readonly figures: Figures;
  readonly cutOff: boolean;
  readonly bounds: Readonly<Record<string, number>>;
  readonly does: readonly string[];
  /** Bans, failures and errors, in words, to be shown with the verdict. */
  readonly details: { readonly bans: readonly string[]; readonly failures: readonly string[]; error: string | null };
}

/**
 * Two runs of one attack as one: times are the better ones, the rest is the worse. What else the machine does only
 * ever adds time, to the attack's claims as to the baseline's, which is why both are taken by themselves.
 */
export function combine(first: Judged, second: Judged): Judged {
  const [a, b] = [first.figures, second.figures];
  const better = <K extends keyof Figures>(...keys: readonly K[]) =>
    Object.fromEntries(keys.map((key) => [key, least(a[key] as number | null, b[key] as number | null)]));
  const times = better("baselineMs", "baselineBeforeMs", "baselineAfterMs", "medianMs", "healthzMaxMs", "restartMs");
  const cutOffAfter = better("cutOffAfterMs");
  const figures: Figures = { ...b, ...times, ...cutOffAfter, tries: a.tries + b.tries };
  const worse = {
    claims: a.claims + b.claims,
    failed: a.failed + b.failed,
    honestBanned: Math.max(a.honestBanned, b.honestBanned),
    peakRssMb: Math.max(a.peakRssMb, b.peakRssMb),
    medianRatio: round2(figures.medianMs / figures.baselineMs),
    durationMs: a.durationMs + b.durationMs,
  };
  const details = {
    bans: [...first.details.bans, ...second.details.bans],
    failures: [...first.details.failures, ...second.details.failures],
    error: first.details.error ?? second.details.error,
  };
  return { ...second, figures: { ...figures, ...worse }, details };
}

/** Whether times alone are broken: another run may show that it was the machine. */
export function worthAnother({ figures, details }: Judged, result: AttackResult): boolean {
  return !result.ok && figures.failed === 0 && details.bans.length === 0 && details.error === null;
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

export function judge({ figures, cutOff, bounds, does, details }: Judged): AttackResult {
  const broken: string[] = [];
  const above = (what: string, value: number, most: number): void => {
    if (value > most) broken.push(`${what}: ${value}, at most ${most}`);
  };
  if (figures.failed > 0) broken.push(`${figures.failed} of ${figures.claims} claims failed (${details.failures[0]})`);
  if (!(figures.medianRatio <= MAX_MEDIAN_RATIO)) {
    broken.push(`median ${figures.medianRatio} times the baseline's, at most ${MAX_MEDIAN_RATIO}`);
  }
  broken.push(...details.bans);
  above("/healthz, ms", figures.healthzMaxMs, MAX_HEALTHZ_MS);
  above("memory of an agent, MB", figures.peakRssMb, MAX_RSS_MB);
  above("a restarted agent without peers, ms", figures.restartMs ?? 0, MAX_RESTART_MS);
  if (cutOff) broken.push(...notCutOff(figures));
  for (const [name, most] of Object.entries(bounds)) above(name, figures.attackerCounts[name] ?? 0, most);
  for (const name of does) {
    if ((figures.attackerCounts[name] ?? 0) === 0) broken.push(`the attack itself did nothing: ${name} is 0`);
  }
  if (details.error !== null) broken.push(`the attack itself broke: ${details.error}`);
  return { ...figures, broken, ok: broken.length === 0 };
}

function notCutOff({ attacked, attackerCutOff, cutOffAfterMs }: Figures): string[] {
  if (attackerCutOff !== attacked)
    return [`the attacker keeps its connections: ${attackerCutOff} of ${attacked} cut off`];
  if ((cutOffAfterMs ?? 0) <= MAX_CUT_OFF_MS) return [];
  return [`the attacker is cut off after ${cutOffAfterMs} ms, at most ${MAX_CUT_OFF_MS}`];
}

/** One line, as soon as it is known. */
export function inShort(result: AttackResult): string {
  const { claims, failed, medianMs, baselineMs, healthzMaxMs, peakRssMb, restartMs, attackerCpuMs } = result;
  const figures = [
    `${claims - failed} of ${claims} claims`,
    `${medianMs} ms against ${baselineMs} ms`,
    `/healthz ${healthzMaxMs} ms`,
    `${peakRssMb} MB`,
    ...(restartMs === null ? [] : [`restarted in ${restartMs} ms`]),
    `attacker ${attackerCpuMs} ms of processor: ${JSON.stringify(result.attackerCounts)}`,
  ];
  return `${result.ok ? "held" : `BROKEN: ${result.broken.join("; ")}`} (${figures.join(", ")})`;
}

export function printReport(report: SiegeReport): string {
  const heads = [
    "attack",
    "claims",
    "failed",
    "median ms",
    "baseline",
    "ratio",
    "banned",
    "RSS MB",
    "/healthz ms",
    "cut off",
  ];
  const rows = report.attacks.map((attack) => [
    attack.name,
    String(attack.claims),
    String(attack.failed),
    String(attack.medianMs),
    String(attack.baselineMs),
    attack.medianRatio.toFixed(2),
    String(attack.honestBanned),
    String(attack.peakRssMb),
    String(attack.healthzMaxMs),
    attack.attacked === null ? "-" : `${attack.attackerCutOff}/${attack.attacked}`,
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[], verdict: string): string =>
    `${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}  ` +
    `${verdict}`;
  const lines = [line(heads, "verdict")];
  for (const [i, attack] of report.attacks.entries()) {
    lines.push(line(rows[i] ?? [], attack.ok ? "held" : "BROKEN"));
    lines.push(...attack.broken.map((words) => `    ${words}`));
  }
  const held = report.attacks.filter(({ ok }) => ok).length;
  lines.push("", `${held} of ${report.attacks.length} attacks held`);
  const broken = report.attacks.filter(({ ok }) => !ok).map(({ name }) => name);
  if (broken.length > 0) lines.push(`again: npx -y pnpm@12 siege --attack ${broken.join(",")} --seed ${report.seed}`);
  return `${lines.join("\n")}\n`;
}
