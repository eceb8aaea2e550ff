/**
 * `pnpm kill`: agents killed at random moments, and restarted from their own stores. In: flags. Out: a summary, or with
 * `--json` one line on standard output; progress goes to standard error. Exit status 0 only if no promise was broken.
 */
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { type KillReport, runKills } from "./run.ts";

const HELP = `usage: pnpm kill [--rounds 300] [--seed 7] [--json]

  --rounds N   kills, 1 to 10000 (default 300); each takes about a second
  --seed N     who is killed when (default 7)
  --json       one line, one object, on standard output
`;

async function main(argv: readonly string[]): Promise<number> {
  const values = readFlags(argv, { rounds: TEXT, seed: TEXT, json: SWITCH, help: SWITCH });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const rounds = wholeNumber("--rounds", values.rounds ?? "300", { min: 1, max: 10_000 });
  const seed = wholeNumber("--seed", values.seed ?? "7", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const onKill = (kills: number): void => {
    if (kills % 10 === 0 || kills === rounds) process.stderr.write(`${kills} of ${rounds} kills\n`);
  };
  const report = await runKills({ rounds, seed, onKill });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : summary(report));
  return report.ok ? 0 : 1;
}

function summary(report: KillReport): string {
  const lines = [
    `${report.kills} kills in ${Math.round(report.durationMs / 1_000)} s: ${report.idle} idle, ${report.claiming} ` +
      `right after a claim, ${report.starting} while starting`,
    `${report.shares} shares on the wire over ${report.rounds} rounds, ${report.sharesGivenAgain} asked for again ` +
      "after a restart",
    `${report.signings} signings recorded, ${report.acceptedClaims} accepted claims and ${report.bundles} bundles ` +
      "remembered",
    `${report.bundlesAtEnd} claims finished after the last kill, each bundle the sum of everyone's one share`,
    report.ok ? "no promise was broken" : `broken promises:\n  ${report.violations.join("\n  ")}`,
  ];
  if (!report.ok) {
    lines.push(`the same kills again: npx -y pnpm@12 kill --rounds ${report.kills} --seed ${report.seed}`);
  }
  return `${lines.join("\n")}\n`;
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
