/**
 * `pnpm providers:swarm`: chain providers with faults drawn from seeds, run after run. In: flags. Out: a summary, or
 * with `--json` one line on standard output; progress goes to standard error. A run that breaks a rule prints its
 * plan and the one command that runs it again; exit status 0 only if there is none.
 */
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { describePlan, planOf } from "./plan.ts";
import { runPlan } from "./run.ts";

const HELP = `usage: pnpm providers:swarm [--runs 2000] [--seed N] [--parallel 8] [--json]

  --runs N       runs, 1 to 1000000 (default 2000); run i has the seed N + i
  --seed N       the first run's (default: a new one each time, printed)
  --parallel N   runs at once, 1 to 64: most of a run is waiting (default 8)
  --json         one line, one object, on standard output
`;

async function main(argv: readonly string[]): Promise<number> {
  const values = readFlags(argv, { runs: TEXT, seed: TEXT, parallel: TEXT, json: SWITCH, help: SWITCH });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const runs = wholeNumber("--runs", values.runs ?? "2000", { min: 1, max: 1_000_000 });
  const seed = wholeNumber("--seed", values.seed ?? String(Date.now() % 2 ** 31), { min: 0, max: 2 ** 40 });
  const parallel = wholeNumber("--parallel", values.parallel ?? "8", { min: 1, max: 64 });
  const begun = performance.now();
  const failed: number[] = [];
  let [started, done, requests] = [0, 0, 0];
  const lane = async (): Promise<void> => {
    while (started < runs) {
      const own = seed + started++;
      const plan = planOf(own);
      const result = await runPlan(plan);
      done += 1;
      requests += result.requests;
      if (result.violations.length > 0) {
        failed.push(own);
        process.stderr.write(`${describePlan(plan)}\n  ${result.violations.join("\n  ")}\n`);
        process.stderr.write(`  again: npx -y pnpm@12 providers:swarm --runs 1 --seed ${own}\n`);
      }
      if (done % 100 === 0) process.stderr.write(`${done} of ${runs} runs, ${failed.length} failed\n`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ok: failed.length === 0, seed, runs: done, failed, requests, seconds })}\n`
      : `${done} runs in ${seconds} s, ${requests} requests, seed ${seed}: ${failed.length} failed\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
