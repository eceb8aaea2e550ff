/** A seed's plan is the same each time, has every kind of fault, and stays within what the links can do. */
import { describe, expect, it } from "vitest";
import { drawPlan, FAULT_KINDS, type PlanOptions } from "./plan.ts";

const OPTIONS: PlanOptions = { nodes: 24, seed: 7, forMs: 180_000, kinds: FAULT_KINDS, canDelay: true };

describe("the plan of a chaos run", () => {
  it("is drawn from the seed alone", () => {
    expect(drawPlan(OPTIONS)).toEqual(drawPlan(OPTIONS));
    expect(drawPlan({ ...OPTIONS, seed: 8 })).not.toEqual(drawPlan(OPTIONS));
  });

  it("has every kind of fault, in order of time, and one of each at once at its end", () => {
    const { faults } = drawPlan(OPTIONS);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).sort((a, b) => a - b));
    const last = faults.filter(({ atMs }) => atMs === OPTIONS.forMs).map(({ kind }) => kind);
    expect([...last].sort()).toEqual([...FAULT_KINDS].sort());
  });

  it("delays and loses nothing where links cannot", () => {
    const slow = drawPlan({ ...OPTIONS, canDelay: false }).faults.filter(({ kind }) => kind === "slow");
    expect(slow.length).toBeGreaterThan(0);
    for (const fault of slow) {
      expect(fault).toMatchObject({ condition: { delayMs: 0, loss: 0, rate: expect.any(Number) } });
    }
  });

  it("names only nodes that there are, and no node on both ends of a one-way cut", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { faults, clocks } = drawPlan({ ...OPTIONS, nodes: 5, seed });
      expect(clocks).toHaveLength(5);
      for (const fault of faults) {
        const named = ["node" in fault ? [fault.node] : fault.kind === "chain" ? [] : fault.nodes].flat();
        for (const id of named) expect(id >= 1 && id <= 5).toBe(true);
        if (fault.kind !== "oneWay") continue;
        expect(fault.to.length).toBeGreaterThan(0);
        expect(fault.to.filter((id) => fault.nodes.includes(id))).toEqual([]);
      }
    }
  });
});
