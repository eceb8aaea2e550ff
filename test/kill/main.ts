/**
 * `pnpm kill`: agents killed at random moments, and restarted from their own stores. In: flags. Out: a summary, or with `--json` one line on
 * standard output; progress goes to standard error. Exit status 0 only if no promise was broken.
 */
import { parseArgs } from "node:util";
import { type KillReport, runKills } from "./run.ts";

const HELP = `usage: pnpm kill [--rounds 300] [--seed 7] [--json]

  --rounds N   kills, 1 to 10000 (default 300); each takes about a second
  --seed N     who is killed when (default 7)
  --json       one line, one object, on standard output
`;

async function main(): Promise<number> {
  const options = {
    rounds: { type: "string", default: "300" },
    seed: { type: "string", default: "7" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  const rounds = Number(values.rounds);
  const seed = Number(values.seed);
  if (values.help || !Number.isInteger(rounds) || rounds < 1 || rounds > 10_000 || !Number.isInteger(seed)) {
    process.stderr.write(HELP);
    return values.help ? 0 : 2;
  }
  const onKill = (kills: number): void => {
    if (kills % 10 === 0 || kills === rounds) process.stderr.write(`${kills} of ${rounds} kills\n`);
  };
  const report = await runKills({ rounds, seed, onKill });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : summary(report));
  return report.ok ? 0 : 1;
}

function summary(report: KillReport): string {
  const lines = [
    `${report.kills} kills in ${Math.round(report.durationMs / 1_000)} s: ${report.idle} idle, ${report.claiming} right after a claim, ${report.starting} while starting`,
    `${report.shares} shares on the wire over ${report.rounds} rounds, ${report.sharesGivenAgain} asked for again after a restart`,
    `${report.signings} signings recorded, ${report.acceptedClaims} accepted claims and ${report.bundles} bundles remembered`,
    `${report.bundlesAtEnd} claims finished after the last kill, each bundle the sum of everyone's one share`,
    report.ok ? "no promise was broken" : `broken promises:\n  ${report.violations.join("\n  ")}`,
  ];
  if (!report.ok) {
    lines.push(`the same kills again: npx -y pnpm@12 kill --rounds ${report.kills} --seed ${report.seed}`);
  }
  return `${lines.join("\n")}\n`;
}

process.exitCode = await main();
