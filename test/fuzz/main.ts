/**
 * `pnpm fuzz`: every decoder and the agent's core under hostile input. In: flags. Out: a table, or with `--json` one
 * line on standard output; progress goes to standard error. A broken rule ends the run with the smallest input that
 * breaks it, the seed, and the command that finds it again.
 */
import { quorateError } from "@quorate/common";
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { runsOf, TARGETS } from "./targets.ts";

const HELP = `usage: pnpm fuzz [--cases 1000000] [--seed N] [--target NAME] [--json]

  --cases N       cases in all, shared among the targets by what each costs (default 1000000)
  --seed N        default: a new one each time, printed
  --target NAME   only the targets whose name contains it
  --json          one line, one object, on standard output

targets: ${TARGETS.map(({ name }) => name).join("; ")}
`;

async function main(argv: readonly string[]): Promise<number> {
  const values = readFlags(argv, { cases: TEXT, seed: TEXT, target: TEXT, json: SWITCH, help: SWITCH });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const cases = wholeNumber("--cases", values.cases ?? "1000000", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const seed = wholeNumber("--seed", values.seed ?? String(Date.now() % 2 ** 31), { min: 0, max: 2 ** 31 });
  const chosen = runsOf(cases, values.target);
  if (chosen.length === 0) throw quorateError("FLAG_INVALID", { flag: "--target", value: values.target });
  const started = performance.now();
  const done: { target: string; cases: number; seconds: number }[] = [];
  for (const { target, numRuns } of chosen) {
    const before = performance.now();
    try {
      await target.run({ numRuns, seed });
    } catch (error) {
      const { message, cause } = error as Error;
      process.stderr.write(`${target.name}: ${message}\n${cause instanceof Error ? cause.stack : ""}\n\n`);
      process.stderr.write(`again: npx -y pnpm@12 fuzz --cases ${cases} --seed ${seed} --target "${target.name}"\n`);
      return 1;
    }
    const seconds = (performance.now() - before) / 1_000;
    done.push({
      target: target.name,
      cases: numRuns * (target.casesPerRun ?? 1),
      seconds: Math.round(seconds * 10) / 10,
    });
    process.stderr.write(`${target.name}: ${done.at(-1)?.cases} cases in ${seconds.toFixed(1)} s\n`);
  }
  const total = done.reduce((sum, each) => sum + each.cases, 0);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ok: true, seed, cases: total, seconds, targets: done })}\n`
      : `${total} cases in ${seconds} s, seed ${seed}: no rule broken\n`,
  );
  return 0;
}

// YAML's remarks on odd texts, by the thousand.
process.removeAllListeners("warning");
process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
