import { expWad, WAD } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../../../common/vectors/emission.json" with { type: "json" };
import { type PoolState, releasedAt } from "./emission.ts";

const HOUR = 3_600;
const YEAR = 365 * 86_400;
const SUPPLY = 240_000_000n * 10n ** 9n;
const pool = (balance: bigint, time = 0, totalReleased = 0n): PoolState => ({ balance, time, totalReleased });

/** What the pool emits when `amount` is deposited at `time` (P-31). */
function deposited(state: PoolState, time: number, amount: bigint): PoolState {
  const totalReleased = releasedAt(state, time);
  return { balance: state.balance - (totalReleased - state.totalReleased) + amount, time, totalReleased };
}

describe("releasedAt (P-31)", () => {
  it("agrees with the vectors that the contract is held to", () => {
    const representable = vectors.released.filter(({ elapsedSeconds }) => Number.isSafeInteger(Number(elapsedSeconds)));
    expect(representable.length).toBeGreaterThan(100);
    for (const { balance, elapsedSeconds, released } of representable) {
      expect(releasedAt(pool(BigInt(balance)), Number(elapsedSeconds))).toBe(BigInt(released));
    }
  });

  it("releases 14.015% of the balance in its first year, and 14.015% of the rest in its second", () => {
    expect(releasedAt(pool(1_000_000n), YEAR)).toBe(140_152n);
    expect(releasedAt(pool(1_000_000n), 2 * YEAR)).toBe(140_152n + 120_509n);
  });

  it("counts from the event's own time and total", () => {
    expect(releasedAt(pool(1_000_000n, 500, 77n), 500 + YEAR)).toBe(140_229n);
    expect(releasedAt(pool(1_000_000n, 500, 77n), 500)).toBe(77n);
    expect(releasedAt(pool(1_000_000n, 500, 77n), 499)).toBe(77n);
  });

  it("never releases more than the balance", () => {
    expect(releasedAt(pool(SUPPLY, 0, 5n), 275 * YEAR)).toBe(SUPPLY + 5n);
    expect(releasedAt(pool(SUPPLY, 0, 5n), Number.MAX_SAFE_INTEGER)).toBe(SUPPLY + 5n);
  });

  it("property: never decreases with time", () => {
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 18n });
    const times = fc.nat({ max: 2 ** 31 });
    fc.assert(
      fc.property(amounts, amounts, times, times, times, (balance, total, at, t1, t2) => {
        const [early, late] = t1 < t2 ? [t1, t2] : [t2, t1];
        const state = pool(balance, at, total);
        expect(releasedAt(state, early) <= releasedAt(state, late)).toBe(true);
      }),
    );
  });
});

/**
 * Deposits one atomic unit at each of `times`; at the last of them it compares with what the same deposits release
 * without any rounding: each by its own exponential. Returns the pool's total minus that, in atomic units, to the
 * nearest.
 */
function roundingOf(balance: bigint, times: readonly number[]): bigint {
  const end = times.at(-1) ?? 0;
  let state = pool(balance);
  let exactWad = balance * goneWad(end);
  for (const time of times) {
    state = deposited(state, time, 1n);
    exactWad += goneWad(end - time);
  }
  return (state.totalReleased * WAD - exactWad) / WAD;
}

/** The part that is released after some seconds, with 18 decimals. */
const goneWad = (seconds: number): bigint => WAD - expWad(-(151n * 10n ** 15n * BigInt(seconds)) / BigInt(YEAR));

describe("deposits of dust (P-31): the only way in which anybody touches the rounding", () => {
  const hourly = Array.from({ length: 10 * 365 * 24 }, (_, i) => (i + 1) * HOUR);

  it.each([
    // balance, atomic units off, and the size of that against what ten years release, in billionths of a basis point
    [SUPPLY, -21_630n, 1.16],
    [40_000_000n * 10n ** 9n, -22_458n, 7.21],
    [10n ** 12n, -22_635n, 290_531.3],
  ])(
    "one each hour for ten years moves the release of %s down by a quarter of a unit each",
    (balance, off, billionths) => {
      const rounding = roundingOf(balance, hourly);
      expect(rounding).toBe(off);
      expect((Number(-rounding) / Number(releasedAt(pool(balance), 10 * YEAR))) * 1e13).toBeCloseTo(billionths, 1);
    },
  );

  it("property: whenever they come, each moves the release by less than 1.25 atomic units", () => {
    const gaps = fc.array(fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: YEAR })), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: SUPPLY }), gaps, (balance, seconds) => {
        let now = 0;
        const rounding = roundingOf(
          balance,
          seconds.map((gap) => (now += gap)),
        );
        expect(rounding * 4n >= -5n * BigInt(seconds.length)).toBe(true);
        expect(rounding * 4n <= BigInt(seconds.length)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("one each second takes less than a unit a second: only a pool of less than 0.21 SESH stops for as long as that goes on", () => {
    const seconds = Array.from({ length: 3_600 }, (_, i) => i + 1);
    expect(roundingOf(SUPPLY, seconds)).toBeGreaterThan(-3_600n);
    const releasedIn = (balance: bigint): bigint =>
      seconds.reduce((state, time) => deposited(state, time, 0n), pool(balance)).totalReleased;
    expect(releasedIn(208_847_682n)).toBe(0n);
    expect(releasedIn(208_847_683n)).toBe(1n);
  });
});
