/**
 * `pnpm siege`: enemies with real connections against a small real network. In: flags. Out: a table with verdicts, or
 * with `--json` one line on standard output; progress goes to standard error. Exit status 0 only if every attack
 * held.
 */

import { endProcess } from "../harness/endProcess.ts";
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { ATTACKS, attackNamed } from "./attacks.ts";
import { printReport } from "./report.ts";
import { runSiege } from "./run.ts";

const HELP = `usage: pnpm siege [--attack NAME[,NAME]] [--claims 10] [--nodes 10] [--tries 2] [--seed 7] [--json]

  --attack NAME  which attacks, by name and separated by commas (default all):
${ATTACKS.map(({ name, about }) => `                 ${name.padEnd(20)}${about}`).join("\n")}
  --claims N     claims of honest stakers under each attack, 2 to 1000 (default 10); the baseline has as many
  --nodes N      honest nodes, an agent each, 3 to 40 (default 10); the hostile ones have less than 5% of the stake
  --tries N      runs of an attack, 1 to 10 (default 2): another one where times alone are broken, and of both the
                 better times
  --seed N       what attackers choose at random (default 7)
  --json         one line, one object, on standard output
`;

async function main(argv: readonly string[]): Promise<number> {
  const flags = {
    attack: TEXT,
    claims: TEXT,
    nodes: TEXT,
    tries: TEXT,
    seed: TEXT,
    json: SWITCH,
    help: SWITCH,
  } as const;
  const values = readFlags(argv, flags);
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const attacks = values.attack === undefined ? ATTACKS : values.attack.split(",").map(attackNamed);
  const report = await runSiege({
    attacks,
    claims: wholeNumber("--claims", values.claims ?? "10", { min: 2, max: 1_000 }),
    nodes: wholeNumber("--nodes", values.nodes ?? "10", { min: 3, max: 40 }),
    tries: wholeNumber("--tries", values.tries ?? "2", { min: 1, max: 10 }),
    seed: wholeNumber("--seed", values.seed ?? "7", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    onProgress: (text) => void process.stderr.write(`${text}\n`),
  });
  process.stdout.write(values.json === true ? `${JSON.stringify(report)}\n` : printReport(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
endProcess();
