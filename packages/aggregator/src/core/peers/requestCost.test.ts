import { subnetBits } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { requestBudget, roundCostMs, roundRate, roundsAtOnce } from "./requestCost.ts";

const setOf = (nodes: number) => ({ nodes, bits: subnetBits(nodes) });
const SIZES = [1, 7, 20, 66, 128, 200, 2_000, 20_000].map(setOf);

describe("what a request costs (P-74, P-77)", () => {
  it("P-77: rounds of others never take more than half of a processor, at any size of the set", () => {
    for (const set of SIZES) expect(roundCostMs(set) / roundRate(set).refillMs).toBeLessThanOrEqual(0.5);
  });

  it("P-74: an origin may ask for what the turns get through in 5 s at once, and has half of them in the long run", () => {
    const of = (nodes: number) => [requestBudget(setOf(nodes)).burst, requestBudget(setOf(nodes)).refillMs];
    expect(of(20)).toEqual([20, 500]);
    expect(of(128)).toEqual([20, 500]);
    // With subnets nobody hears more than one of them.
    for (const nodes of [200, 2_000, 20_000]) expect(of(nodes)).toEqual([8, 500]);
  });

  it("P-77: at least four rounds may be in progress, and as many begin after a rest", () => {
    expect(SIZES.map(roundsAtOnce)).toEqual([6, 4, 4, 4, 4, 4, 4, 4]);
    for (const set of SIZES) expect(roundRate(set).burst).toBeGreaterThanOrEqual(roundsAtOnce(set));
  });
});
