/** The exponential against shared vectors and against its own power series, computed to 400 binary digits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../vectors/emission.json" with { type: "json" };
import { expWad, WAD } from "./expWad.ts";
import { thrownCode } from "./testing/index.ts";

const LAST_ZERO = -41_446_531_673_892_822_313n;
const LN_2 = 693_147_180_559_945_309n;

/** e^−x in units of 2^-400, for x ≥ 0 with 18 decimals: the power series of e^(−x/4096), squared twelve times. */
function bySeries(x: bigint): bigint {
  const one = 1n << 400n;
  const small = ((x * one) / WAD) >> 12n;
  let sum = one;
  let term = one;
  for (let i = 1n; term !== 0n; i++) {
    term = (-term * small) / one / i;
    sum += term;
  }
  for (let i = 0; i < 12; i++) sum = (sum * sum) >> 400n;
  return sum;
}

describe("expWad (P-31)", () => {
  it.each(vectors.expWad)("shared vector: e^($x / 1e18)", ({ x, result }) => {
    expect(expWad(BigInt(x))).toBe(BigInt(result));
  });

  it("property: for x ≤ 0 it is within one unit of the last decimal of e^x, and never above one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: LAST_ZERO + 1n, max: 0n }), (x) => {
        const error = (expWad(x) << 400n) - bySeries(-x) * WAD;
        expect(error > -(1n << 400n)).toBe(true);
        expect(error * 50n < 1n << 400n).toBe(true);
        expect(expWad(x) <= WAD).toBe(true);
      }),
      { numRuns: 300, examples: [[0n], [-1n], [LAST_ZERO + 1n]] },
    );
  });

  it("property: never falls as x rises", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: LAST_ZERO - 10n, max: -1n }), (x) => {
        expect(expWad(x) <= expWad(x + 1n)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("does not fall either where the power of two changes, at the odd halves of ln 2", () => {
    let changes = 0;
    for (let odd = 1n; (odd * LN_2) / 2n < -LAST_ZERO; odd += 2n) {
      changes++;
      const middle = -(odd * LN_2) / 2n;
      for (let x = middle - 100n; x < middle + 100n; x++) expect(expWad(x) <= expWad(x + 1n)).toBe(true);
    }
    expect(changes).toBe(60);
  });

  it("error: EXPONENT_TOO_LARGE where the contract reverts with ExpOverflow", () => {
    expect(thrownCode(() => expWad(135_305_999_368_893_231_589n))).toBe("EXPONENT_TOO_LARGE");
  });
});
