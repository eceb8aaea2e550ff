/**
 * What liars cost an honest agent while nothing is asked for: in all seconds without a claim under way and away from an
 * epoch's close, its pairings and the bytes it sends stay below a stated number for each liar; what an honest node that
 * has come up is given by catch-up is no liar's doing. docs/simulation.md has the reasons. Not here: what they cost
 * during claims, which a test measures against the same run without them (spam.test.ts).
 */
import type { NodeId } from "@quorate/common";
import type { Effect, Input, PeerKey } from "../../../packages/aggregator/src/core/io.ts";
import { CATCH_UP_IDLE_MS } from "../../../packages/aggregator/src/core/limits.ts";
import { blockAt, EPOCH_SECONDS, GENESIS } from "../chain.ts";
import type { Staker } from "../staker.ts";
import { type Checker, honest, type Truth } from "./checker.ts";

/** A second, on average: of an agent by itself, and more for each liar. */
export const QUIET = { pairings: 4, bytes: 20_000 };
export const PER_LIAR = { pairings: 10, bytes: 30_000 };

/** A claim is improved, and late shares come, for so long after its end. */
const AFTER_CLAIM_MS = 6_000;
/** Slow providers close the epoch, and sign its report, so long after the first. */
const AFTER_CLOSE_MS = 12_000;
/** A node that has come up has everything after so long: four idle exchanges of two peers each. */
const AFTER_UP_MS: number = 4 * CATCH_UP_IDLE_MS;
/** A mean over fewer seconds says little. */
const SECONDS_MIN = 4;

interface Second {
  readonly endMs: number;
  /** By agent, in the order of `agents`. */
  readonly pairings: Float64Array;
  readonly bytes: Float64Array;
}

export class Spam implements Checker {
  readonly name = "spam";
  readonly #truth: Truth;
  readonly #ids: readonly NodeId[];
  /** Totals at the end of each second. */
  readonly #seconds: Second[] = [];
  readonly #upAtMs = new Map<NodeId, number>();
  /** Bytes with which each agent answered nodes that had come up. */
  readonly #given = new Map<NodeId, number>();

  constructor(truth: Truth) {
    this.#truth = truth;
    this.#ids = [...truth.agents.keys()].filter((id) => honest(truth, id));
  }

  onUp(id: NodeId, nowMs: number): void {
    this.#upAtMs.set(id, nowMs);
  }

  onStep(id: NodeId, input: Input, effects: readonly Effect[], nowMs: number): void {
    if (input.type === "catch-up-asked") this.#noteGiven(id, input.from, effects, nowMs);
    if (nowMs < (this.#seconds.at(-1)?.endMs ?? 0) + 1_000) return;
    const { agents, world } = this.#truth;
    const pairings = Float64Array.from(this.#ids, (id) => agents.get(id)?.pairings ?? 0);
    const bytes = Float64Array.from(this.#ids, (id) => {
      return (world.network.sentBytes.get(id) ?? 0) - (this.#given.get(id) ?? 0);
    });
    this.#seconds.push({ endMs: nowMs, pairings, bytes });
  }

  #noteGiven(id: NodeId, to: PeerKey, effects: readonly Effect[], nowMs: number): void {
    const asker = this.#truth.world.idOf.get(to);
    if (asker === undefined || !honest(this.#truth, asker)) return;
    if (nowMs > (this.#upAtMs.get(asker) ?? 0) + AFTER_UP_MS) return;
    for (const effect of effects) {
      if (effect.type === "catch-up-reply") this.#given.set(id, (this.#given.get(id) ?? 0) + effect.data.length);
    }
  }

  finish(stakers: readonly Staker[]): void {
    const quiet = this.#seconds.flatMap((second, i) => {
      const before = this.#seconds[i - 1];
      return before !== undefined && isQuiet(before.endMs, second.endMs, stakers) ? [[before, second] as const] : [];
    });
    const seconds = quiet.reduce((sum, [before, second]) => sum + (second.endMs - before.endMs) / 1_000, 0);
    if (seconds < SECONDS_MIN) return;
    const liars = this.#truth.world.plan.byzantine.size;
    for (const what of ["pairings", "bytes"] as const) {
      const max = QUIET[what] + liars * PER_LIAR[what];
      for (const [i, id] of this.#ids.entries()) {
        const sum = quiet.reduce((all, [before, second]) => all + (second[what][i] ?? 0) - (before[what][i] ?? 0), 0);
        const mean = sum / seconds;
        if (mean > max) {
          const rate = `${Math.round(mean)} ${what} a second while nothing is asked for, more than ${max}`;
          this.#truth.report(this.name, `agent ${id} spends ${rate} with ${liars} liars`);
        }
      }
    }
  }
}

function isQuiet(fromMs: number, toMs: number, stakers: readonly Staker[]): boolean {
  if (closesWithin(fromMs - AFTER_CLOSE_MS, toMs)) return false;
  return stakers.every(({ askedMs, outcome }) => {
    if (toMs <= askedMs) return true;
    return outcome?.kind === "bundle" && fromMs >= askedMs + outcome.afterMs + AFTER_CLAIM_MS;
  });
}

/** Whether an epoch closes between two moments of the run. The first ones close before it. */
function closesWithin(fromMs: number, toMs: number): boolean {
  const epochAt = (ms: number): number => Math.floor((blockAt(Math.max(0, ms)).timestamp - GENESIS) / EPOCH_SECONDS);
  return fromMs < 0 || epochAt(fromMs) !== epochAt(toMs);
}
