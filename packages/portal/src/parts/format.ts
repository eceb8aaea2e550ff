/** Values as a person reads them, exact where they are money. Enters: atomic units, seconds, ids. Leaves: text. */
import { formatAmount } from "@quorate/common";

/** Tokens with all nine decimals that count and grouped thousands: "1,234.5". Never rounded. */
export function tokens(amountAtomic: bigint): string {
  return formatAmount(amountAtomic).replace(/ .*$/, "");
}

/** 1/10000 as per cent: 9512 is "95.12%". */
export function percent(bps: number): string {
  return `${(bps / 100).toFixed(2).replace(/\.?0+$/, "")}%`;
}

/** "0x1234…abcd" */
export function shortHex(text: string): string {
  return text.length <= 13 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`;
}

/** A moment in the reader's own time zone. @param seconds since 1970 */
export function moment(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

/** "3 d 4 h", "2 h 5 min", "40 s": the two largest units. */
export function duration(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const left = Math.max(0, Math.floor(seconds));
  const first = units.findIndex(([size]) => left >= size);
  if (first === -1) return "0 s";
  const [size, name] = units[first] as (typeof units)[number];
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((left % size) / next[0]);
  return `${Math.floor(left / size)} ${name}${rest === 0 || next === undefined ? "" : ` ${rest} ${next[1]}`}`;
}
