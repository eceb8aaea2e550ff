/**
 * Runs a whole space: every schedule of it, none sampled. Enters: a space. Leaves: how many there were, and the first
 * broken promise with the schedule that shows it.
 */
import { Cast } from "./cast.ts";
import { type Deeds, Histories } from "./localState.ts";
import { Play } from "./play.ts";
import { brokenAtTheEnd, brokenBy } from "./promises.ts";
import type { Space } from "./schedules.ts";

/** Moments kept at once, about 2 kB each; then histories are run anew. */
const MOMENTS_MAX = 400_000;
const PROGRESS_EVERY = 10_000;

/** Promises in words, and the first schedule that breaks them, as plain data. */
export interface Broken {
  readonly promises: readonly string[];
  readonly schedule: unknown;
}

export interface SpaceResult {
  readonly schedules: number;
  /** Batches that production cores worked off for them. */
  readonly steps: number;
  readonly broken: Broken | null;
}

/** Stops at the first broken promise. */
export function runSpace(space: Space, onProgress: (done: number) => void = () => {}): SpaceResult {
  const cast = new Cast(space.honest, space.liars, space.weights);
  let promises: string[] = [];
  const check = (deeds: Deeds): void => {
    promises.push(...brokenBy(deeds, cast));
  };
  const histories = cast.honest.map(({ id }) => new Histories(cast, id, check));
  let schedules = 0;
  const steps = () => histories.reduce((sum, { steps: some }) => sum + some, 0);
  for (const schedule of space.schedules()) {
    promises = [];
    const ends = new Play(cast, histories).run(schedule);
    promises.push(...brokenAtTheEnd(cast, schedule, ends));
    schedules += 1;
    if (promises.length > 0) return { schedules, steps: steps(), broken: { promises, schedule } };
    if (schedules % PROGRESS_EVERY === 0) onProgress(schedules);
    for (const some of histories) if (some.moments > MOMENTS_MAX / histories.length) some.clear();
  }
  return { schedules, steps: steps(), broken: null };
}
