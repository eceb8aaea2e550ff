import { describe, expect, it } from "vitest";
import { trendOf } from "./samples.ts";

const samples = (values: readonly number[]) => values.map((value, minute) => ({ minute, value }));

describe("trends of a soak", () => {
  it("a leak shows as a slope, however it begins", () => {
    const values = Array.from({ length: 61 }, (_, minute) => 100 + 2 * minute);
    expect(trendOf(samples(values))).toEqual({ first: 136, last: 204, highest: 220, slopePerHour: 120 });
  });

  it("what grows only at first is flat", () => {
    const values = Array.from({ length: 60 }, (_, minute) => Math.min(150, 100 + 10 * minute));
    expect(trendOf(samples(values))).toEqual({ first: 150, last: 150, highest: 150, slopePerHour: 0 });
  });
});
