/**
 * The summary of a run for people. In: options and a result. Out: text.
 */
import type { SimOptions } from "./options.ts";
import type { RunResult } from "./run.ts";

export function summaryOf(options: SimOptions, result: RunResult, wallMs: number): string {
  const { claims, faulty, virtualMsToQuorum: quorum } = result;
  const liars = list(faulty.byzantine);
  const lines = [
    `seed ${result.seed}, ${result.nodes} nodes, ${(result.virtualMs / 1_000).toFixed(1)} s of virtual time in ${(wallMs / 1_000).toFixed(1)} s, ${result.steps} steps`,
    `faults      ${faulty.silent} silent; byzantine: ${liars || "none"}; ${faulty.crashes} crashed and restarted; loss ${options.faults.loss}, latency ${options.faults.latencyMs.min} to ${options.faults.latencyMs.max} ms`,
    `claims      ${claims.bundles} with a bundle, ${claims.failed} without a quorum and explained, ${claims.refused} refused (honest stake alone ${result.honestQuorum ? "is" : "is not"} a quorum)`,
    `to quorum   ${quorum.median === null ? "never" : `${quorum.median} ms in the median, ${quorum.max} ms at most, from the staker's question`}`,
    `each node   ${(result.bytesPerNode / 1_000).toFixed(0)} kB sent, ${result.pairingsPerNode} pairings`,
    `blames      ${list(result.blames) || "none"}`,
    `not signed  ${list(result.excuses) || "nobody honest"}`,
    `trace       ${result.traceHash}`,
    result.ok ? "ok          no checker has anything to say" : `VIOLATIONS  ${result.violations.length}`,
    ...result.violations.map((violation) => `  - ${violation}`),
  ];
  return `${lines.join("\n")}\n`;
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
