/** What is fuzzed. A case is one input to one decoder, or one input to the agent's core. */
import { ADAPTERS } from "./adapters.ts";
import { AGENT } from "./agent.ts";
import { DECODERS } from "./decoders.ts";
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [...DECODERS, ...ADAPTERS, ...AGENT];

/** Runs of each target whose name contains `name` when `cases` are to be made in all targets together. */
export function runsOf(cases: number, name = ""): { readonly target: Target; readonly numRuns: number }[] {
  const total = TARGETS.reduce((sum, { weight }) => sum + weight, 0);
  return TARGETS.filter((target) => target.name.includes(name)).map((target) => ({
    target,
    numRuns: Math.max(1, Math.ceil((cases * target.weight) / total / (target.casesPerRun ?? 1))),
  }));
}
