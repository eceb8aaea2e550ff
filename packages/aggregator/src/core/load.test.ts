import { describe, expect, it } from "vitest";
import { LATE_MAX_MS, LATE_SPACING } from "./limits.ts";
import { Load } from "./load.ts";

describe("how late an agent is (P-77)", () => {
  it("one in time leaves nothing between", () => {
    const load = new Load();
    for (let tick = 0; tick < 10; tick++) load.tick(0);
    expect(load.spacingMs).toBe(0);
  });

  it("a late tick counts at once, up to a bound, and fades to half in five or six", () => {
    const load = new Load();
    load.tick(50);
    expect(load.spacingMs).toBe(50 * LATE_SPACING);
    load.tick(60_000);
    expect(load.spacingMs).toBe(LATE_MAX_MS * LATE_SPACING);
    for (let tick = 0; tick < 5; tick++) load.tick(0);
    expect(load.spacingMs).toBeGreaterThan((LATE_MAX_MS * LATE_SPACING) / 2);
    load.tick(0);
    expect(load.spacingMs).toBeLessThan((LATE_MAX_MS * LATE_SPACING) / 2);
  });

  it("a clock that went back is not late", () => {
    const load = new Load();
    load.tick(-5_000);
    expect(load.spacingMs).toBe(0);
  });
});
