import { describe, expect, it } from "vitest";
import { requestBudget, roundCostMs, roundRate, roundsAtOnce } from "./requestCost.ts";

const SIZES = [1, 7, 20, 66, 200, 2_000, 20_000];

describe("what a request costs (P-74, P-77)", () => {
  it("P-77: rounds of others never take more than half of a processor, at any size of the set", () => {
    for (const nodes of SIZES) expect(roundCostMs(nodes) / roundRate(nodes).refillMs).toBeLessThanOrEqual(0.5);
  });

  it("P-74: an origin may ask for what the turns get through in 5 s at once, and has half of them in the long run", () => {
    const of = (nodes: number) => [requestBudget(nodes).burst, requestBudget(nodes).refillMs];
    expect(of(20)).toEqual([20, 500]);
    expect(of(200)).toEqual([16, 632]);
    expect(of(2_000)).toEqual([8, 6_032]);
    expect(of(20_000)[0]).toBe(8);
  });

  it("P-77: at least four rounds may be in progress, and as many begin after a rest", () => {
    expect(SIZES.map(roundsAtOnce)).toEqual([6, 4, 4, 4, 4, 4, 4]);
    for (const nodes of SIZES) expect(roundRate(nodes).burst).toBeGreaterThanOrEqual(roundsAtOnce(nodes));
  });
});
