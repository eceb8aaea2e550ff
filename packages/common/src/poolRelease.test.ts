import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../vectors/emission.json" with { type: "json" };
import { releasedOf, yearlyReleaseOf } from "./poolRelease.ts";

const YEAR = 365n * 86_400n;
const SUPPLY = 240_000_000n * 10n ** 9n;
const balances = fc.oneof(fc.bigInt({ min: 0n, max: SUPPLY }), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }));
const times = fc.oneof(
  fc.bigInt({ min: 0n, max: 7_200n }),
  fc.bigInt({ min: 0n, max: 400n * YEAR }),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
);

describe("releasedOf (P-31)", () => {
  it.each(vectors.released)("shared vector: $balance after $elapsedSeconds s", (vector) => {
    expect(releasedOf(BigInt(vector.balance), BigInt(vector.elapsedSeconds))).toBe(BigInt(vector.released));
    expect(yearlyReleaseOf(BigInt(vector.balance))).toBe(BigInt(vector.yearly));
  });

  it("releases 14.015% of a balance in its first year, at 15.1% a year of what is left", () => {
    expect(releasedOf(10n ** 18n, YEAR)).toBe(140_152_301_340_794_512n);
    expect(yearlyReleaseOf(10n ** 18n)).toBe(151_000_000_000_000_000n);
    // The first second releases what the yearly rate gives for it, and 2.3 billionths less.
    expect(releasedOf(10n ** 18n, 1n)).toBe(4_788_178_578n);
    expect(yearlyReleaseOf(10n ** 18n) / YEAR).toBe(4_788_178_589n);
  });

  it("property: never more than the balance, never less after a longer time", () => {
    fc.assert(
      fc.property(balances, times, times, (balance, t1, t2) => {
        const [early, late] = t1 < t2 ? [t1, t2] : [t2, t1];
        expect(releasedOf(balance, early) <= releasedOf(balance, late)).toBe(true);
        expect(releasedOf(balance, late) <= balance).toBe(true);
      }),
    );
  });

  it("property: never less a second later", () => {
    fc.assert(
      fc.property(balances, times, (balance, time) => {
        expect(releasedOf(balance, time) <= releasedOf(balance, time + 1n)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("has released everything after 275 years, for ever", () => {
    for (const elapsed of [275n * YEAR, 300n * YEAR, 2n ** 40n, 2n ** 256n])
      expect(releasedOf(SUPPLY, elapsed)).toBe(SUPPLY);
    expect(releasedOf(SUPPLY, 200n * YEAR)).toBeLessThan(SUPPLY);
  });
});
