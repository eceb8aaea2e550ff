/** The short profile of `pnpm providers:swarm` (P-57, P-58): the same runs, from a seed of the tests. */
import { describe, expect, it } from "vitest";
import { describeFault } from "./faults.ts";
import { describePlan, planOf } from "./plan.ts";
import { runPlan } from "./run.ts";

const FIRST_SEED = 20_261;
const RUNS = 30;
const AT_ONCE = 15;

describe("three providers with faults drawn from a seed", () => {
  it("P-57, P-58: an honest majority is followed to the right ledger, without one the agent abstains", async () => {
    const broken: string[] = [];
    let next = FIRST_SEED;
    const lane = async (): Promise<void> => {
      while (next < FIRST_SEED + RUNS) {
        const plan = planOf(next++);
        const { violations } = await runPlan(plan);
        if (violations.length > 0) broken.push(`${describePlan(plan)}\n${violations.join("\n")}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    expect(broken).toEqual([]);
  });

  it("plans follow from their seed, and in a thousand of them every fault has its turn", () => {
    const kinds = new Map<string, number>();
    let withoutMajority = 0;
    for (let seed = 0; seed < 1_000; seed++) {
      const plan = planOf(seed);
      for (const { faults, hasMajority } of plan.phases) {
        withoutMajority += hasMajority ? 0 : 1;
        for (const { kind } of faults) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }
    expect(describePlan(planOf(5))).toBe(describePlan(planOf(5)));
    expect(withoutMajority).toBeGreaterThan(300);
    // None, four quirks, nine failures, eight lies.
    expect(kinds.size).toBe(22);
    expect(Math.min(...kinds.values())).toBeGreaterThan(20);
    expect(describeFault({ kind: "holes", all: true, share: 1 })).toBe("holes (all: true, share: 1)");
  });
});
