/**
 * What a liar costs the honest: the same run with it and without, to the same moment of chance. Figures of a run do not
 * depend on the machine.
 */
import { describe, expect, it } from "vitest";
import type { ClaimBehaviourName } from "./byzantine/behaviour.ts";
import { PER_LIAR } from "./checkers/spam.ts";
import { NO_FAULTS, type SimOptions } from "./options.ts";
import { type RunResult, run } from "./run.ts";
import { scenarioOf } from "./scenario.ts";

const LIAR = 12;

function runWith(options: SimOptions, way: ClaimBehaviourName | null): RunResult {
  const scenario = scenarioOf(options);
  const asks = scenario.asks.map((ask) => ({ ...ask, askedOf: ask.askedOf === LIAR ? LIAR + 1 : ask.askedOf }));
  const byzantine = new Map(way === null ? [] : [[LIAR, way] as const]);
  return run({ ...scenario.options, scenario: { plan: { ...scenario.plan, byzantine }, asks } });
}

/** Pairings and bytes a second that one liar costs an honest node more, in the mean and at the busiest. */
function costOf(options: SimOptions, way: ClaimBehaviourName, without: RunResult) {
  const result = runWith(options, way);
  expect(result.violations).toEqual([]);
  const seconds = result.virtualMs / 1_000;
  const [with_, base] = [result.story.network, without.story.network];
  return {
    pairings: Math.max(with_.pairings.mean - base.pairings.mean, with_.pairings.most - base.pairings.most) / seconds,
    bytes: Math.max(with_.bytes.mean - base.bytes.mean, with_.bytes.most - base.bytes.most) / seconds,
  };
}

describe("what one liar costs each honest node is bounded, whatever it sends", () => {
  const flood: SimOptions = { seed: 9, nodes: 20, claims: 1, faults: NO_FAULTS };
  const subnets: SimOptions = { ...flood, nodes: 40, floodMax: 8 };
  const [floodBase, subnetsBase] = [runWith(flood, null), runWith(subnets, null)];

  it.each(["flooder", "asker", "replayer", "catch-up-liar"] as const)("in a small network: %s", (way) => {
    const { pairings, bytes } = costOf(flood, way, floodBase);
    expect(pairings).toBeLessThanOrEqual(way === "asker" ? 2 * PER_LIAR.pairings : PER_LIAR.pairings);
    expect(bytes).toBeLessThanOrEqual(way === "asker" ? 2 * PER_LIAR.bytes : PER_LIAR.bytes);
  });

  it.each(["flooder", "dripper", "inventor", "conspirer"] as const)("P-132: in one with subnets: %s", (way) => {
    const { pairings, bytes } = costOf(subnets, way, subnetsBase);
    expect(pairings).toBeLessThanOrEqual(PER_LIAR.pairings);
    expect(bytes).toBeLessThanOrEqual(PER_LIAR.bytes);
  });
});
