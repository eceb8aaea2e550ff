import { describe, expect, it } from "vitest";
import { duration, percent, shortHex, tokens } from "./format.ts";

describe("what a person reads", () => {
  it("money is exact to the last of nine decimals, far beyond what a number holds", () => {
    expect(tokens(0n)).toBe("0");
    expect(tokens(1n)).toBe("0.000000001");
    expect(tokens(1_234_500_000_000n)).toBe("1,234.5");
    expect(tokens(9_007_199_254_740_993_000_000_001n)).toBe("9,007,199,254,740,993.000000001");
  });

  it("per cent of 1/10000", () => {
    expect([9_500, 9_512, 9_510, 10_000, 3, 0].map(percent)).toEqual(["95%", "95.12%", "95.1%", "100%", "0.03%", "0%"]);
  });

  it("durations by their two largest units", () => {
    expect([0, 40, 60, 125, 3_600, 3_660, 86_400 * 15, 86_400 * 3 + 4 * 3_600 + 5].map(duration)).toEqual([
      "0 s",
      "40 s",
      "1 min",
      "2 min 5 s",
      "1 h",
      "1 h 1 min",
      "15 d",
      "3 d 4 h",
    ]);
  });

  it("long hex by its ends", () => {
    expect(shortHex("0x1234567890123456789012345678901234567890")).toBe("0x1234…7890");
    expect(shortHex("0x1234")).toBe("0x1234");
  });
});
