import { describe, expect, it } from "vitest";
import { Budget } from "./budget.ts";

describe("Budget (P-74)", () => {
  it("lets a burst through, then one for each refill", () => {
    const budget = new Budget<string>(() => ({ burst: 3, refillMs: 100, originsMax: 10 }));
    expect([0, 0, 0, 0].map((now) => budget.take("a", now))).toEqual([true, true, true, false]);
    expect(budget.take("a", 99)).toBe(false);
    expect(budget.take("a", 101)).toBe(true);
    expect(budget.take("a", 102)).toBe(false);
  });

  it("keeps origins apart", () => {
    const budget = new Budget<string>(() => ({ burst: 1, refillMs: 100, originsMax: 10 }));
    expect(budget.take("a", 0)).toBe(true);
    expect(budget.take("a", 0)).toBe(false);
    expect(budget.take("b", 0)).toBe(true);
  });

  it("never holds more than a burst, however long it waits", () => {
    const budget = new Budget<string>(() => ({ burst: 2, refillMs: 1, originsMax: 10 }));
    budget.take("a", 0);
    expect([1_000_000, 1_000_000, 1_000_000].map((now) => budget.take("a", now))).toEqual([true, true, false]);
  });

  it("asking takes nothing", () => {
    const budget = new Budget<string>(() => ({ burst: 1, refillMs: 100, originsMax: 10 }));
    expect([budget.has("a", 0), budget.has("a", 0), budget.take("a", 0), budget.has("a", 0)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("remembers a bounded number of origins, the latest ones", () => {
    const budget = new Budget<number>(() => ({ burst: 1, refillMs: 1_000_000, originsMax: 2 }));
    for (const origin of [1, 2, 3]) budget.take(origin, 0);
    expect([3, 2, 1].map((origin) => budget.has(origin, 0))).toEqual([false, false, true]);
  });
});
