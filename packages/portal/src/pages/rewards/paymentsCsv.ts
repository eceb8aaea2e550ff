/** Payments as the file that tax programs read (RFC 4180): dates of ISO 8601 in UTC, exact amounts in tokens. */
import { csv, type PaymentMade } from "@quorate/client";
import { formatPlainAmount } from "@quorate/common";

const HEADER = ["time", "amount", "lifetime", "transaction", "block"] as const;

export function paymentsCsv(payments: readonly PaymentMade[]): string {
  const rows = payments.map(({ timestamp, amount, lifetime, transaction, block }) => [
    new Date(timestamp * 1_000).toISOString(),
    formatPlainAmount(amount),
    formatPlainAmount(lifetime),
    transaction,
    String(block),
  ]);
  return csv(HEADER, rows);
}
