/**
 * The terms of a pool as its operator types them, by the contract's own rules (P-27, P-45, P-46). Enters: text, the
 * network's stake. Leaves: terms, or the first problem. Not its job: the calls (`@quorate/client`).
 */
import type { Reserved } from "@quorate/client";
import { type Address, isQuorateError, parseAddress, parseAmount } from "@quorate/common";

const BPS = 10_000n;
const MIN_OPERATOR_BPS = 2_500n;
const MIN_CONTRIBUTOR_BPS = 500n;
/** Of a node, the operator included. */
const CONTRIBUTORS_MAX = 10;
const FEE_BPS_MAX = 10_000;

export interface Bounds {
  readonly least: bigint;
  readonly leastPart: bigint;
}

/** The least of the operator, and of anybody else, in atomic units. */
export function boundsOf(stake: bigint): Bounds {
  const part = (bps: bigint) => (stake * bps + BPS - 1n) / BPS;
  return { least: part(MIN_OPERATOR_BPS), leastPart: part(MIN_CONTRIBUTOR_BPS) };
}

export type TermsProblem =
  | { readonly problem: "fee" | "amount" | "tooManyPlaces" }
  | { readonly problem: "tooLittle"; readonly least: bigint }
  | { readonly problem: "tooMuch"; readonly most: bigint }
  | { readonly problem: "leavesTooLittle"; readonly leastLeft: bigint }
  | { readonly problem: "place" | "placeTwice"; readonly line: number }
  | { readonly problem: "placeTooSmall"; readonly line: number; readonly least: bigint };

export interface JudgedTerms {
  readonly amount: bigint;
  readonly reserved: readonly Reserved[];
}

/** "5" or "7.25" per cent in 1/10000; null for anything else, and beyond 100. */
export function feeBpsOf(text: string): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (match === null) return null;
  const bps = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return bps <= FEE_BPS_MAX ? bps : null;
}

export function judgeTerms(
  { amount: text, reserved: lines }: { readonly amount: string; readonly reserved: string },
  operator: Address,
  stake: bigint,
): JudgedTerms | TermsProblem {
  const { least, leastPart } = boundsOf(stake);
  const reserved = reservedOf(lines, operator, leastPart);
  if ("problem" in reserved) return reserved;
  const amount = orNull(() => parseAmount(text));
  if (amount === null) return { problem: "amount" };
  if (amount < least) return { problem: "tooLittle", least };
  const most = reserved.reduce((left, place) => left - place.amount, stake);
  if (amount > most) return { problem: "tooMuch", most };
  const left = most - amount;
  return left !== 0n && left < leastPart ? { problem: "leavesTooLittle", leastLeft: leastPart } : { amount, reserved };
}

function reservedOf(text: string, operator: Address, least: bigint): readonly Reserved[] | TermsProblem {
  const places: Reserved[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [address = "", tokens = "", ...more] = line.trim().split(/[\s=]+/);
    const addr = orNull(() => parseAddress(address));
    const amount = orNull(() => parseAmount(tokens));
    if (addr === null || amount === null || more.length > 0) return { problem: "place", line: i + 1 };
    const isTaken = addr === operator || /^0x0+$/.test(addr) || places.some((place) => place.addr === addr);
    if (isTaken) return { problem: "placeTwice", line: i + 1 };
    if (amount < least) return { problem: "placeTooSmall", line: i + 1, least };
    places.push({ addr, amount });
  }
  return places.length >= CONTRIBUTORS_MAX ? { problem: "tooManyPlaces" } : places;
}

function orNull<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}
