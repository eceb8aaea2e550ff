import { expect, it } from "vitest";
import { emissionAt } from "./overview.ts";

const YEAR_SECONDS = 365 * 86_400;
const balance = 40_000_000_000_000_000n;

it("P-31: a pool releases 14.02% of a deposit in its first year, at a rate of 15.1% that falls with what is left", () => {
  const fresh = emissionAt({ balance, time: 1_000n }, 1_000, YEAR_SECONDS);
  expect(fresh).toMatchObject({ unreleased: balance, yearly: (balance * 151n) / 1_000n });
  expect((fresh.inNextEpoch * 10_000n) / balance).toBe(1_401n);
  const later = emissionAt({ balance, time: 1_000n }, 1_000 + YEAR_SECONDS, 3_600);
  expect(later.unreleased).toBe(balance - fresh.inNextEpoch);
  expect(later.yearly).toBe((later.unreleased * 151n) / 1_000n);
  expect(later.inNextDay).toBeGreaterThan(23n * later.inNextEpoch);
});

it("P-31: what is released epoch by epoch adds up to the last atomic unit, however the balance is cut", () => {
  const hours = Array.from({ length: 24 }, (_, hour) => emissionAt({ balance, time: 0n }, hour * 3_600, 3_600));
  const sum = hours.reduce((total, { inNextEpoch }) => total + inNextEpoch, 0n);
  expect(sum).toBe(emissionAt({ balance, time: 0n }, 0, 3_600).inNextDay);
});
