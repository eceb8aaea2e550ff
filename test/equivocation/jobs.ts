/**
 * What the command runs: all spaces of two-faced signers and of two-faced aggregators, in one list. Enters: nothing.
 * Leaves: jobs by place, the same in every thread. Not here: the spaces (schedules.ts, aggregators/faces.ts).
 */
import { allFaceSpaces, type FaceSpace } from "./aggregators/faces.ts";
import { runFaces } from "./aggregators/run.ts";
import { type Broken, runSpace } from "./run.ts";
import { allSpaces, type Space } from "./schedules.ts";

export interface JobResult {
  readonly schedules: number;
  readonly broken: Broken | null;
  /** More to tell of it, in words; empty for nothing. */
  readonly told: string;
}

export interface Job {
  readonly what: string;
  /** How many schedules there are, by a formula. */
  readonly count: number;
  /** Inputs of agents, about: the longest jobs begin first. */
  readonly cost: number;
  run(): JobResult;
}

export function allJobs(): Job[] {
  return [...allSpaces().map(jobOfSigners), ...allFaceSpaces().map(jobOfAggregators)];
}

function jobOfSigners(space: Space): Job {
  const { name, honest, liars, weights, count } = space;
  return {
    what: `${name}, ${honest} honest and ${liars} two-faced, ${weights} stakes`,
    count,
    cost: count * honest * (name === "together" ? 18 : 3),
    run: () => ({ ...runSpace(space), told: "" }),
  };
}

function jobOfAggregators(space: FaceSpace): Job {
  const { name, parts, rounds, weights, isHeard, count } = space;
  const honest = 1 + parts.mates.length + parts.others.length;
  const times = rounds === 1 ? "one round" : `${rounds} rounds`;
  return {
    what:
      `aggregator ${name}, ${honest} honest and one two-faced, ${times}, ${weights} stakes, ` +
      `honest partials ${isHeard ? "heard" : "lost"}`,
    count,
    cost: count * honest * rounds * 40,
    run: () => {
      const result = runFaces(space);
      return { ...result, told: `, every claim that was ready took ${result.readyMaxMs} ms at most` };
    },
  };
}
