import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PoolState, releasedAt } from "./emission.ts";

const YEAR = 365 * 86_400;
const pool = (balance: bigint, time = 0, totalReleased = 0n): PoolState => ({ balance, time, totalReleased });

describe("releasedAt (P-31)", () => {
  it("releases 15.1% of the balance in a year", () => {
    expect(releasedAt(pool(1_000_000n), YEAR)).toBe(151_000n);
  });

  it("counts from the event's own time and total", () => {
    expect(releasedAt(pool(1_000_000n, 500, 77n), 500 + YEAR)).toBe(151_077n);
    expect(releasedAt(pool(1_000_000n, 500, 77n), 499)).toBe(77n);
  });

  it("never releases more than the balance", () => {
    expect(releasedAt(pool(1_000n, 0, 5n), 100 * YEAR)).toBe(1_005n);
  });

  it("never decreases with time", () => {
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
