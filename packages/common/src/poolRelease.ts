/**
 * What the reward pool releases of a balance (P-31), integer for integer as `PoolMath.sol` has it. Enters: an amount
 * and a time that has passed. Leaves: amounts in atomic units. `vectors/emission.json` holds both to one answer.
 */
import { expWad, WAD } from "./expWad.ts";

/** 15.1% a year, compounded continuously; a year is 365 days. */
const RATE_WAD = 151n * 10n ** 15n;
const YEAR_SECONDS = 365n * 86_400n;

/**
 * What a balance has released `elapsedSeconds` after the deposit that made it: balance × (1 − e^(−0.151 × years)),
 * rounded down.
 */
export function releasedOf(balanceAtomic: bigint, elapsedSeconds: bigint): bigint {
  const exponent = (RATE_WAD * elapsedSeconds) / YEAR_SECONDS;
  return (balanceAtomic * (WAD - expWad(-exponent))) / WAD;
}

/** What an unreleased balance would release in a year if it stayed as it is: 15.1% of it, rounded down. */
export function yearlyReleaseOf(unreleasedAtomic: bigint): bigint {
  return (unreleasedAtomic * RATE_WAD) / WAD;
}
