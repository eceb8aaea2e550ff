/** What a chaos run found, for people and as one line of JSON. In: a report. Out: text. */

export interface ChaosReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly nodes: number;
  readonly minutes: number;
  readonly links: string;
  /** Why these links. */
  readonly linksWhy: string;
  readonly faults: Readonly<Record<string, number>>;
  /** Requests of stakers, by what became of them. */
  readonly claims: Readonly<Record<string, number>>;
  /** Codes of refusals. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Bundles that stakers were served, and those among them that the chain was given. */
  readonly bundles: number;
  /** Atomic units, all recipients together. */
  readonly paidAtomic: string;
  readonly signings: number;
  /** Epochs with a record on chain; null where no agent sends any. */
  readonly epochsRecorded: number | null;
  readonly epochsClosed: number;
  /** Connections that went through the links; null where the kernel makes them. */
  readonly connections: number | null;
  /** Milliseconds from the end of the last fault to the end of the last claim asked for after it. */
  readonly healedAfterMs: number;
  /** Of these, how many in which every agent answered soon: the rest was the machine's doing. */
  readonly healedSwiftMs: number;
  readonly durationMs: number;
  readonly violations: readonly string[];
}

export function printChaos(report: ChaosReport): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const lines = [
    "",
    `links: ${report.links} (${report.linksWhy})`,
    `faults: ${counts(report.faults)}`,
    `claims: ${counts(report.claims)}; refusals: ${counts(report.refusals) || "none"}`,
    `${report.bundles} bundles, ${report.paidAtomic} atomic units paid`,
    `${report.signings} signings, one digest a node and round`,
    report.epochsRecorded === null
      ? "no agent sends reports"
      : `${report.epochsRecorded} of ${report.epochsClosed} epochs have their report on chain`,
    `after healing all claims were ready within ${seconds(report.healedAfterMs)}, in ` +
      `${seconds(report.healedSwiftMs)} of which every agent answered soon`,
    report.ok ? "every claim was paid once or explained" : `violations:\n  ${report.violations.join("\n  ")}`,
    `again: npx -y pnpm@12 chaos --nodes ${report.nodes} --seed ${report.seed} --minutes ${report.minutes} --links ` +
      `${report.links}`,
  ];
  if (report.violations.length > 0) lines[5] = `${report.signings} signings`;
  return `${lines.join("\n")}\n`;
}
