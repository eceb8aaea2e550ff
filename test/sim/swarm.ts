/**
 * `pnpm sim:swarm`: many runs, each with a random seed, size and strength of faults. In: how long, and where to start. Out: a line for each
 * run that fails with the command that replays it, and a summary. The only randomness is where to start; it is printed.
 */
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { DEFAULT_FAULTS, type FaultOptions, replayCommand, type SimOptions } from "./options.ts";
import { Random } from "./random.ts";
import { run } from "./run.ts";

const HELP = `usage: pnpm sim:swarm [--minutes 10] [--runs N] [--nodes-max 60] [--from S]

  --minutes M     how long; default 10
  --runs N        at most so many runs
  --nodes-max N   sizes are drawn from 4 to this; default 60
  --from S        start of the series of runs; drawn from the time if not given
`;

/** The options of run `i` of a series: most often some faults, sometimes one alone, sometimes too many for a quorum. */
export function drawOptions(series: number, i: number, nodesMax: number): SimOptions {
  const random = new Random(`swarm ${series} ${i}`);
  const scale = random.pick([0, 0.5, 1, 1, 2, 4]);
  const only = random.chance(0.25) ? random.pick(Object.keys(DEFAULT_FAULTS)) : null;
  const faults = Object.fromEntries(
    Object.entries(DEFAULT_FAULTS).map(([name, value]) => {
      if (typeof value !== "number") return [name, value];
      const drawn = only === null || only === name ? Math.min(0.3, value * scale * random.between(0, 2)) : 0;
      return [name, Number(drawn.toFixed(3))];
    }),
  );
  const latencyMs = random.pick([
    { min: 1, max: 5 },
    { min: 50, max: 150 },
    { min: 10, max: 400 },
  ]);
  return {
    seed: random.below(2 ** 31),
    // From 20 on one of equal nodes may be missing; below, every silent one costs the quorum.
    nodes: random.chance(0.2)
      ? 4 + random.below(16)
      : Math.min(nodesMax, 20) + random.below(Math.max(1, nodesMax - 19)),
    claims: 1 + random.below(6),
    faults: { ...(faults as unknown as FaultOptions), latencyMs },
  };
}

function main(argv: readonly string[]): number {
  const values = readFlags(argv, { minutes: TEXT, runs: TEXT, "nodes-max": TEXT, from: TEXT, help: SWITCH });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = wholeNumber("--minutes", values.minutes ?? "10", { min: 0, max: 10_000 });
  const runs = wholeNumber("--runs", values.runs ?? "1000000", { min: 0, max: 1_000_000 });
  const nodesMax = wholeNumber("--nodes-max", values["nodes-max"] ?? "60", { min: 4, max: 1_000 });
  const series = wholeNumber("--from", values.from ?? String(Date.now()), { min: 0, max: Number.MAX_SAFE_INTEGER });
  const untilMs = performance.now() + minutes * 60_000;
  const seen = { runs: 0, bundles: 0, failed: 0, refused: 0 };
  let failures = 0;
  process.stderr.write(`series ${series}\n`);
  for (; seen.runs < runs && performance.now() < untilMs; seen.runs++) {
    const drawn = drawOptions(series, seen.runs, nodesMax);
    const { claims, ok, violations } = run(drawn);
    seen.bundles += claims.bundles;
    seen.failed += claims.failed;
    seen.refused += claims.refused;
    if (ok) continue;
    failures += 1;
    process.stdout.write(`seed ${drawn.seed} fails: ${violations[0]}\n  ${replayCommand(drawn)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ series, ...seen, failures })}\n`);
  return failures === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1])
  process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
