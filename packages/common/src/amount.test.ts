import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAmount, formatPlainAmount, parseAmount, parseAtomic } from "./amount.ts";
import { thrownCode } from "./testing/index.ts";

const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });

describe("amounts", () => {
  it.each([
    [0n, "0 SESH", "0"],
    [1n, "0.000000001 SESH", "0.000000001"],
    [1_234_500_000_000n, "1,234.5 SESH", "1234.5"],
    [240_000_000_000_000_000n, "240,000,000 SESH", "240000000"],
    [-1_500_000_000n, "-1.5 SESH", "-1.5"],
  ])("shows %d atomic units as %s and %s", (atomic, shown, plain) => {
    expect(formatAmount(atomic)).toBe(shown);
    expect(formatPlainAmount(atomic)).toBe(plain);
  });

  it("reads back what it shows, for any uint256", () => {
    fc.assert(
      fc.property(uint256, (atomic) => {
        expect(parseAmount(formatAmount(atomic))).toBe(atomic);
        expect(parseAmount(formatPlainAmount(atomic))).toBe(atomic);
        expect(parseAtomic(atomic.toString())).toBe(atomic);
      }),
    );
  });

  it.each(["", "-1", "+1", "1.", ".5", "1e9", "0x10", "1.0000000001", "1,23", "1,2345", "1 234", "NaN", "1.5 ETH"])(
    "error: %j is not an amount",
    (text) => {
      expect(thrownCode(() => parseAmount(text))).toBe("AMOUNT_MALFORMED");
    },
  );

  it.each(["", "-1", "01", "1.5", "0x10", " 1", "1n", "9".repeat(121)])("error: %j is not atomic units", (text) => {
    expect(thrownCode(() => parseAtomic(text))).toBe("AMOUNT_MALFORMED");
  });
});
