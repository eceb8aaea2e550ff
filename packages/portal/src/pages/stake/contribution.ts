/**
 * Whether an amount may be paid into a pool now (P-46). Enters: what a person typed, the pool's bounds, what the
 * account has. Leaves: atomic units, or the problem with the values that disagreed. Not its job: the calls
 * (`@quorate/client`).
 */
import type { PoolView } from "@quorate/client";
import { isQuorateError, parseAmount } from "@quorate/common";

export type AmountProblem =
  | { readonly problem: "empty" | "malformed" | "nothing" }
  | { readonly problem: "tooLittle"; readonly least: bigint }
  | { readonly problem: "tooMuch"; readonly most: bigint }
  | { readonly problem: "leavesTooLittle"; readonly most: bigint; readonly leastLeft: bigint }
  | { readonly problem: "notHeld"; readonly have: bigint };

export type JudgedAmount = { readonly amount: bigint } | AmountProblem;

/** @param have the account's tokens in atomic units; null while that is not known */
export function judgeAmount(text: string, { bounds }: Pick<PoolView, "bounds">, have: bigint | null): JudgedAmount {
  const { minimum, maximum, leastLeft } = bounds;
  if (maximum === 0n) return { problem: "nothing" };
  if (text.trim() === "") return { problem: "empty" };
  const amount = amountOf(text);
  if (amount === null) return { problem: "malformed" };
  if (amount < minimum) return { problem: "tooLittle", least: minimum };
  if (amount > maximum) return { problem: "tooMuch", most: maximum };
  const left = maximum - amount;
  if (amount !== minimum && left !== 0n && left < leastLeft) {
    return { problem: "leavesTooLittle", most: maximum - leastLeft, leastLeft };
  }
  return have !== null && have < amount ? { problem: "notHeld", have } : { amount };
}

function amountOf(text: string): bigint | null {
  try {
    return parseAmount(text);
  } catch (error) {
    if (isQuorateError(error, "AMOUNT_MALFORMED")) return null;
    throw error;
  }
}

/** What is neither paid nor reserved, in atomic units. */
export function spaceLeft({ stakingRequirement, total, reservations }: PoolView): bigint {
  return reservations.reduce((left, { amount }) => left - amount, stakingRequirement - total);
}

/** Open pools before full ones, then the lower fee, then the larger space. */
export function byOffer(a: PoolView, b: PoolView): number {
  if (a.status !== b.status) return a.status === "open" ? -1 : b.status === "open" ? 1 : 0;
  if (a.feeBps !== b.feeBps) return a.feeBps - b.feeBps;
  const [left, right] = [spaceLeft(a), spaceLeft(b)];
  return left === right ? 0 : left > right ? -1 : 1;
}
