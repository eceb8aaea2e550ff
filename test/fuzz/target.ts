/** One thing that is fuzzed: a decoder, an adapter, or the agent's core. */
import type { Parameters } from "fast-check";

export interface Target {
  readonly name: string;
  /** Its part of all cases, to its cost: fast targets have more. */
  readonly weight: number;
  /** Cases that one run of fast-check makes; default 1. */
  readonly casesPerRun?: number;
  /** Throws fast-check's report when a rule is broken. */
  run(parameters: Parameters<unknown> & { numRuns: number; seed: number }): void | Promise<void>;
}
