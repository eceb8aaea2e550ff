/**
 * Runs a whole space of two-faced aggregators: every schedule of it, none sampled. Enters: a space. Leaves: how many
 * there were, how long claims took at most, and the first broken promise with the schedule that shows it.
 */
import type { Broken } from "../run.ts";
import { SubnetCast } from "./cast.ts";
import type { FaceSpace } from "./faces.ts";
import { FacePlay } from "./play.ts";
import { brokenPromises } from "./promises.ts";

export interface FaceResult {
  readonly schedules: number;
  /** Inputs that production cores took for them. */
  readonly steps: number;
  /** Of all claims that became ready, the longest time, in milliseconds of virtual time. */
  readonly readyMaxMs: number;
  readonly broken: Broken | null;
}

/** Stops at the first broken promise. */
export function runFaces({ parts, weights, isHeard, schedules }: FaceSpace): FaceResult {
  const cast = new SubnetCast(parts, weights);
  let [count, steps, readyMaxMs] = [0, 0, 0];
  for (const schedule of schedules()) {
    const play = new FacePlay(cast, isHeard);
    const rounds = play.run(schedule);
    count += 1;
    steps += play.steps;
    readyMaxMs = Math.max(readyMaxMs, ...rounds.flat().map(({ readyMs }) => readyMs ?? 0));
    const promises = brokenPromises(cast, weights, schedule, rounds);
    if (promises.length === 0) continue;
    const told = schedule.map((faces) => Object.fromEntries(faces));
    return { schedules: count, steps, readyMaxMs, broken: { promises, schedule: told } };
  }
  return { schedules: count, steps, readyMaxMs, broken: null };
}
