/**
 * `pnpm providers:soak`: one agent for an hour behind three providers that misbehave in turns. In: flags. Out: a line
 * a minute on standard error, and at the end one line of JSON on standard output. Exit status 0 when descriptors and
 * memory were flat and the agent was healthy whenever two providers were honest.
 */
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { runSoak } from "./soakRun.ts";

const HELP = `usage: pnpm providers:soak [--minutes 60] [--seed 7]

  --minutes N   1 to 1440 (default 60)
  --seed N      which fault follows on which (default 7)
`;

async function main(argv: readonly string[]): Promise<number> {
  const values = readFlags(argv, { minutes: TEXT, seed: TEXT, help: SWITCH });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = wholeNumber("--minutes", values.minutes ?? "60", { min: 1, max: 1_440 });
  const seed = wholeNumber("--seed", values.seed ?? "7", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const report = await runSoak({
    minutes,
    seed,
    onLine: (line) => process.stderr.write(`${line}\n`),
    onStarted: (close) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => void close().finally(() => process.exit(1)));
      }
    },
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.ok ? 0 : 1;
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
