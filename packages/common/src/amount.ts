/**
 * Amounts of the token, which has 9 decimals. In: atomic units as bigint, or text. Out: the other. Never a float.
 */

import { quorateError } from "./errors.ts";

export const TOKEN_DECIMALS = 9;
export const TOKEN_SYMBOL = "SESH";
/** Atomic units in one token. */
export const ATOMIC_PER_TOKEN: bigint = 10n ** BigInt(TOKEN_DECIMALS);

/** For people: "1,234.5 SESH", exact, without trailing zeros. */
export function formatAmount(atomic: bigint): string {
  const [whole = "", fraction] = formatPlainAmount(atomic).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === undefined ? "" : `.${fraction}`} ${TOKEN_SYMBOL}`;
}

/** For programs and for typing back in: "1234.5", exact, without trailing zeros. `parseAmount` reads it. */
export function formatPlainAmount(atomic: bigint): string {
  const sign = atomic < 0n ? "-" : "";
  const absolute = atomic < 0n ? -atomic : atomic;
  const fraction = (absolute % ATOMIC_PER_TOKEN).toString().padStart(TOKEN_DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${absolute / ATOMIC_PER_TOKEN}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * Atomic units of an amount in tokens as a person types it: "1234.5", "1,234.5", with or without " SESH". Never
 * negative.
 * @throws AMOUNT_MALFORMED
 */
export function parseAmount(text: string): bigint {
  const match = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,9}))?(?: SESH)?$/.exec(text.trim());
  if (match === null || text.length > MAX_TEXT) throw malformed(text);
  const whole = BigInt((match[1] as string).replaceAll(",", ""));
  return whole * ATOMIC_PER_TOKEN + BigInt((match[2] ?? "").padEnd(TOKEN_DECIMALS, "0"));
}

/**
 * Atomic units from their canonical decimal string ("0", "1234500000000"), as in every JSON of Quorate (P-100).
 * @throws AMOUNT_MALFORMED
 */
export function parseAtomic(text: string): bigint {
  if (!/^(?:0|[1-9]\d*)$/.test(text) || text.length > MAX_TEXT) throw malformed(text);
  return BigInt(text);
}

/** A uint256 has 78 digits, with commas, point and symbol 107 characters; the bound limits the work of parsing. */
const MAX_TEXT = 120;

function malformed(text: string): Error {
  return quorateError("AMOUNT_MALFORMED", { text: text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...` });
}
