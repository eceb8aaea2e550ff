/**
 * The exponential function of the contracts, integer for integer: `FixedPointMathLib.expWad` of Solady 0.1.26 (MIT;
 * by Remco Bloemen, "Approximating exp and log", https://2π.com/22/exp-ln). Enters: a fixed-point number with 18
 * decimals ("WAD"). Leaves: another. `>>` rounds to minus infinity and `/` to zero, on bigint as on int256, and no
 * value on the way exceeds an int256.
 */
import { quorateError } from "./errors.ts";

/** 1.0 as a fixed-point number with 18 decimals. */
export const WAD: bigint = 10n ** 18n;

/** From here down the result is below half of the last decimal, and Solady gives 0. */
const LAST_ZERO = -41_446_531_673_892_822_313n;
/** From here up the result times 1e18 exceeds an int256. */
const FIRST_OVERFLOW = 135_305_999_368_893_231_589n;
/** ln 2 in units of 2^-96. */
const LN_2 = 54_916_777_467_707_473_351_141_471_128n;
/** What is left to multiply by: the polynomials' own factor, and 1e18 / 2^96 for the base, in units of 2^-213. */
const SCALE = 3_822_833_074_963_236_453_042_738_258_902_158_003_155_416_615_667n;

/**
 * e^x, both with 18 decimals, as Solady computes it: within one unit of the last decimal for x ≤ 0, never falling as
 * x rises.
 * @throws EXPONENT_TOO_LARGE where the contract reverts with ExpOverflow: from x = 135.3 on
 */
export function expWad(x: bigint): bigint {
  if (x <= LAST_ZERO) return 0n;
  if (x >= FIRST_OVERFLOW) throw quorateError("EXPONENT_TOO_LARGE", { x, largest: FIRST_OVERFLOW - 1n });
  // From decimals to units of 2^-96: times 2^96 / 1e18 = 2^78 / 5^18.
  const binary = (x << 78n) / 5n ** 18n;
  // e^x = 2^k × e^rest with the rest within half of ln 2 around zero.
  const k = ((binary << 96n) / LN_2 + (1n << 95n)) >> 96n;
  const rest = binary - k * LN_2;
  return (quotient(rest) * SCALE) >> (195n - k);
}

/** A rational approximation of e^rest, but for a constant factor: a polynomial of degree 6 over one of degree 7. */
function quotient(rest: bigint): bigint {
  const y = (((rest + 1346386616545796478920950773328n) * rest) >> 96n) + 57155421227552351082224309758442n;
  let p = (((y + rest - 94201549194550492254356042504812n) * y) >> 96n) + 28719021644029726153956944680412240n;
  p = p * rest + (4385272521454847904659076985693276n << 96n);
  let q = rest - 2855989394907223263936484059900n;
  q = ((q * rest) >> 96n) + 50020603652535783019961831881945n;
  q = ((q * rest) >> 96n) - 533845033583426703283633433725380n;
  q = ((q * rest) >> 96n) + 3604857256930695427073651918091429n;
  q = ((q * rest) >> 96n) - 14423608567350463180887372962807573n;
  q = ((q * rest) >> 96n) + 26449188498355588339934803723976023n;
  return p / q;
}
