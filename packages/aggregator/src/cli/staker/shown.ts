/** Payments and refusals as stakers' commands print them. Amounts in JSON are decimal strings of atomic units. */
import type { Payment, Refusal } from "@quorate/client";

export function refusalText({ error, meaning }: Refusal): string {
  return meaning === null ? error : `${meaning} (${error})`;
}

/** Without what the call is made from, which is in the file. */
export function paymentJson(payment: Payment) {
  const { kind, recipient, epoch, agent, lifetime, paid, pays, rest, paysNow, refusal, file } = payment;
  const { transactions, isTried } = payment;
  const calls = transactions.map(({ what, from, to, data }) => ({ what, from, to, data }));
  const amounts = { lifetime, paid, pays, rest, paysNow };
  return { kind, recipient, epoch, agent, ...amounts, refusal, transactions: calls, isTried, file };
}

/** Rows below a header, aligned; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] as string).length)));
  const lines = [header, ...rows].map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join("  "));
  return `${lines.join("\n")}\n`;
}
