/**
 * Stakers of a life run: after each epoch some ask honest agents, while reports of the same epoch are collected.
 * Enters: the plan and a stream of chance. Leaves: stakers, and what became of their claims. Not here: whether that is
 * good (checkers/lifeClaims.ts).
 */
import type { NodeId } from "@quorate/common";
import type { SimAgent, World } from "../agent.ts";
import type { SimNode } from "../nodes.ts";
import { isHonest } from "../plan.ts";
import type { Random } from "../random.ts";
import { Staker } from "../staker.ts";
import type { Calendar } from "./calendar.ts";
import type { LifePlan } from "./plan.ts";

/** A claim of the epoch that has just closed. */
export interface LifeClaim {
  readonly epoch: number;
  readonly staker: Staker;
}

export interface ClaimsTold {
  readonly asked: number;
  readonly bundles: number;
  readonly failed: number;
  readonly refused: number;
  /** From the question to the bundle; null without one. */
  readonly virtualMsToBundle: { readonly median: number | null; readonly max: number | null };
}

/**
 * The first question after an epoch's close, when most providers have seen it, and the last, as a part of the epoch:
 * with the deadline all fits into the part that the checker of presence watches.
 */
const ASK_AFTER_MS = 3_000;
const ASK_UNTIL_PART = 0.3;

export function makeLifeStakers(
  perEpoch: number,
  epochs: number,
  modules: { readonly world: World; readonly plan: LifePlan; readonly calendar: Calendar },
  agents: ReadonlyMap<NodeId, SimAgent>,
  random: Random,
): LifeClaim[] {
  const { world, plan, calendar } = modules;
  const seeded = plan.ids.filter((id) => !plan.registersMs.has(id));
  const asked = seeded.filter((id) => isHonest(plan, id));
  const claims: LifeClaim[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    // Two claims of one recipient are one round, and the second would only join it.
    for (const recipientOf of random.sample(seeded, perEpoch)) {
      const { beneficiary } = world.nodes.get(recipientOf) as SimNode;
      const afterMs = random.between(ASK_AFTER_MS, ASK_UNTIL_PART * calendar.epochMs);
      const agent = agents.get(random.pick(asked)) as SimAgent;
      const claim = { recipient: beneficiary, agent, askAtMs: calendar.endMs(epoch) + afterMs };
      claims.push({ epoch, staker: new Staker(claim, world.scheduler, plan.healMs, false) });
    }
  }
  return claims;
}

export function tellClaims(claims: readonly LifeClaim[]): ClaimsTold {
  const outcomes = claims.map(({ staker }) => staker.outcome);
  const count = (kind: string): number => outcomes.filter((outcome) => outcome?.kind === kind).length;
  const times = outcomes
    .flatMap((outcome) => (outcome?.kind === "bundle" ? [Math.round(outcome.afterMs)] : []))
    .sort((a, b) => a - b);
  return {
    ...{ asked: claims.length, bundles: count("bundle"), failed: count("failed"), refused: count("refused") },
    virtualMsToBundle: { median: times[Math.floor(times.length / 2)] ?? null, max: times.at(-1) ?? null },
  };
}
