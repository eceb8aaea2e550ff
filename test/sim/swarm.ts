/**
 * `pnpm sim:swarm`: many runs, each with a random seed, size and strength of faults. In: how long, and where to start.
 * Out: for each run that fails the smallest scenario that fails alike, with the command that runs it; a line in the
 * ledger for what was run; a summary.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { replayCommand, type SimOptions } from "./options.ts";
import { type RunConfig, type RunResult, run } from "./run.ts";
import { planCommand, scenarioJson, scenarioOf } from "./scenario.ts";
import { drawOptions } from "./swarm/draw.ts";
import * as ledger from "./swarm/ledger.ts";
import { type Shrunk, shrink } from "./swarm/shrink.ts";

const LEDGER = ".quorate/swarm.jsonl";

const HELP = `usage: pnpm sim:swarm [--minutes 10] [--runs N] [--nodes-max 60] [--from S] [--ledger FILE] [--summary]

  --minutes M         how long; default 10
  --runs N            at most so many runs
  --nodes-max N       sizes are drawn from 4 to this; default 60
  --from S            begins series S with its first run; if not given, goes on where the ledger's last run of this
                      commit ended, or begins a new series drawn from the time
  --ledger FILE       where every run is noted; default ${LEDGER}
  --summary           runs nothing: adds up the ledger for each commit
  --shrink-runs N     at most so many runs to find a smaller scenario that fails alike; 0: none; default 300
  --shrink-minutes M  and at most so long; default 5
`;

export interface SwarmOptions {
  readonly series: number;
  readonly firstRun: number;
  readonly runs: number;
  readonly nodesMax: number;
  readonly ledger: string;
  readonly commit: string;
  readonly shrinkRuns: number;
  readonly shrinkMs: number;
  /** Whether there is time for another run. */
  readonly goOn: () => boolean;
}

/** What the swarm looks at. */
type Judged = Pick<RunResult, "ok" | "violations" | "claims">;
type RunOne = (config: RunConfig) => Judged;

/** A run that throws has failed, too. */
export function guarded(runOne: RunOne): RunOne {
  return (config) => {
    try {
      return runOne(config);
    } catch (error) {
      const thrown = `throws, in the run: ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, violations: [thrown], claims: { bundles: 0, failed: 0, refused: 0 } };
    }
  };
}

/** A line is written after so many runs, and after each failure: what a crash of this process may lose. */
const RUNS_PER_LINE = 20;

type Tally = Pick<ledger.LedgerLine, "bundles" | "failed" | "refused" | "subnets"> & {
  readonly failures: readonly ledger.Failure[];
};
const NONE: Tally = { bundles: 0, failed: 0, refused: 0, subnets: 0, failures: [] };

/**
 * @param out lines for people
 * @param runOne what runs; tests give it faults
 * @returns what all runs came to, and how many there were
 */
export function swarm(
  options: SwarmOptions,
  out: (text: string) => void,
  runOne: RunOne = guarded(run),
): Tally & { readonly runs: number } {
  const { series, nodesMax, commit } = options;
  let [total, pending] = [NONE, NONE];
  let from = options.firstRun;
  let next = from;
  const write = (): void => {
    if (next === from) return;
    const at = new Date().toISOString();
    ledger.appendLine(options.ledger, { at, commit, series, from, to: next, nodesMax, ...pending });
    pending = NONE;
    from = next;
  };
  while (next - options.firstRun < options.runs && options.goOn()) {
    const drawn = drawOptions(series, next, nodesMax);
    const result = runOne(drawn);
    const told = tallyOf(drawn, result, options, out, runOne);
    total = add(total, told);
    pending = add(pending, told);
    next += 1;
    if (next - from >= RUNS_PER_LINE || told.failures.length > 0) write();
  }
  write();
  return { ...total, runs: next - options.firstRun };
}

function tallyOf(
  drawn: SimOptions,
  result: Judged,
  options: SwarmOptions,
  out: (text: string) => void,
  runOne: RunOne,
): Tally {
  const subnets = drawn.nodes > (drawn.floodMax ?? 128) ? 1 : 0;
  const told = { ...result.claims, subnets };
  if (result.ok) return { ...told, failures: [] };
  const violation = result.violations[0] as string;
  const command = replayCommand(drawn);
  out(`seed ${drawn.seed} fails: ${violation}\n  ${command}\n`);
  const shrunk = options.shrinkRuns === 0 ? null : shrinkFailure(drawn, violation, options, runOne);
  if (shrunk === null) return { ...told, failures: [{ seed: drawn.seed, violation, command, shrunk: null }] };
  const path = join(dirname(options.ledger), "failing", `${options.series}-${drawn.seed}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, scenarioJson(shrunk.scenario));
  out(`  ${shrunkText(shrunk)}\n  ${planCommand(path)}\n`);
  return { ...told, failures: [{ seed: drawn.seed, violation, command, shrunk: planCommand(path) }] };
}

/** The smallest scenario found in which the same checker speaks. */
function shrinkFailure(
  drawn: SimOptions,
  violation: string,
  { shrinkRuns, shrinkMs }: SwarmOptions,
  runOne: RunOne,
): Shrunk {
  const checker = checkerOf(violation);
  const untilMs = performance.now() + shrinkMs;
  return shrink(
    scenarioOf(drawn),
    (scenario) => runOne({ ...scenario.options, scenario }).violations.some((other) => checkerOf(other) === checker),
    { triesMax: shrinkRuns, goOn: () => performance.now() < untilMs },
  );
}

/** A violation begins with the checker's name. */
const checkerOf = (violation: string): string => violation.split(",")[0] as string;

function shrunkText({ scenario, tries, isSmallest }: Shrunk): string {
  const { options, plan } = scenario;
  const faults = [
    `${plan.silent.size} silent`,
    `liars: ${[...plan.byzantine.values()].join(" ") || "none"}`,
    `${plan.crashes.size} crashes`,
    `${plan.unhealthy.size} failing providers`,
    `${plan.partitions.length} partitions`,
  ];
  const kind = isSmallest ? "the smallest" : "the smallest so far";
  const size = `${options.nodes} nodes, ${options.claims} claims`;
  return `${kind} that fails alike, after ${tries} runs: ${size}, ${faults.join(", ")}`;
}

function add(a: Tally, b: Tally): Tally {
  return {
    bundles: a.bundles + b.bundles,
    failed: a.failed + b.failed,
    refused: a.refused + b.refused,
    subnets: a.subnets + b.subnets,
    failures: [...a.failures, ...b.failures],
  };
}

/** A block a commit, the newest last. */
export function summaryText(lines: readonly ledger.LedgerLine[]): string {
  const summaries = ledger.summarise(lines);
  if (summaries.length === 0) return "the ledger is empty\n";
  const texts = summaries.map(({ commit, runs, subnets, bundles, failed, refused, failures, firstAt, lastAt }) => {
    const dirty = commit.includes("+") ? ` with changes ${commit.split("+")[1]}` : "";
    return [
      `${commit.slice(0, 12)}${dirty}  ${firstAt.slice(0, 16)} to ${lastAt.slice(0, 16)}`,
      `  ${count(runs)} runs, ${count(subnets)} with subnets; claims: ${count(bundles)} bundles, ${count(failed)} ` +
        `failed, ${count(refused)} refused`,
      `  ${failures.length} failures`,
      ...failures.map(({ violation, command, shrunk }) => `    ${violation}\n      ${shrunk ?? command}`),
    ].join("\n");
  });
  const runs = summaries.reduce((sum, summary) => sum + summary.runs, 0);
  return `${texts.join("\n")}\n${count(runs)} runs on ${summaries.length} commits\n`;
}

const count = (value: number): string => value.toLocaleString("en-US");

const FLAGS = {
  ...{ minutes: TEXT, runs: TEXT, "nodes-max": TEXT, from: TEXT, ledger: TEXT, summary: SWITCH, help: SWITCH },
  ...{ "shrink-runs": TEXT, "shrink-minutes": TEXT },
} as const;

function main(argv: readonly string[]): number {
  const values = readFlags(argv, FLAGS);
  const path = values.ledger ?? LEDGER;
  if (values.help === true || values.summary === true) {
    process.stdout.write(values.help === true ? HELP : summaryText(ledger.readLedger(path)));
    return 0;
  }
  const minutes = wholeNumber("--minutes", values.minutes ?? "10", { min: 0, max: 10_000 });
  const runs = wholeNumber("--runs", values.runs ?? "1000000", { min: 0, max: 1_000_000 });
  const nodesMax = wholeNumber("--nodes-max", values["nodes-max"] ?? "60", { min: 4, max: 1_000 });
  const shrinkRuns = wholeNumber("--shrink-runs", values["shrink-runs"] ?? "300", { min: 0, max: 100_000 });
  const shrinkMinutes = wholeNumber("--shrink-minutes", values["shrink-minutes"] ?? "5", { min: 1, max: 10_000 });
  const commit = ledger.currentCommit();
  const start =
    values.from === undefined
      ? (ledger.nextRun(ledger.readLedger(path), commit, nodesMax) ?? { series: Date.now(), run: 0 })
      : { series: wholeNumber("--from", values.from, { min: 0, max: Number.MAX_SAFE_INTEGER }), run: 0 };
  process.stderr.write(`series ${start.series}, from run ${start.run}, commit ${commit}\n`);
  const untilMs = performance.now() + minutes * 60_000;
  const options = {
    ...{ series: start.series, firstRun: start.run, runs, nodesMax, ledger: path, commit, shrinkRuns },
    ...{ shrinkMs: shrinkMinutes * 60_000, goOn: () => performance.now() < untilMs },
  };
  const { failures, ...seen } = swarm(options, (text) => process.stdout.write(text));
  process.stdout.write(`${JSON.stringify({ series: start.series, ...seen, failures: failures.length })}\n`);
  return failures.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1])
  process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
