/**
 * The lines of an amount for people: a table with a running sum, exact to the atomic unit. Enters: lines. Leaves: text.
 */
import { ATOMIC_PER_TOKEN, type LedgerLine, TOKEN_DECIMALS, TOKEN_SYMBOL } from "@quorate/common";
import { printJson } from "../print.ts";

const COLUMNS = [
  "epoch",
  "node",
  "active s",
  "node reward",
  "fee",
  "share",
  "dust",
  "bounty",
  "amount",
  "sum",
] as const;

/** Each line with what all lines up to it come to. */
export function withSums(lines: readonly LedgerLine[]): (LedgerLine & { readonly sum: bigint })[] {
  let sum = 0n;
  return lines.map((line) => {
    sum += line.amount;
    return { ...line, sum };
  });
}

/** Numbers to the right. A zero is a dash, so that what counts stands out. */
export function lineTable(lines: readonly LedgerLine[]): string {
  const rows = withSums(lines).map((line) => [
    String(line.epoch),
    line.node === null ? "records" : String(line.node),
    line.node === null ? "–" : String(line.activeSeconds),
    ...[line.nodeReward, line.fee, line.share, line.dust, line.bounty, line.amount, line.sum].map(orDash),
  ]);
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] as string).length)));
  const text = [COLUMNS, ...rows].map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join("  "));
  return `${text.join("\n")}\n`;
}

export function printLines(lines: readonly LedgerLine[], asJson: boolean): void {
  if (asJson) for (const line of withSums(lines)) printJson({ type: "line", ...line });
  else if (lines.length > 0) process.stdout.write(`\nAmounts in ${TOKEN_SYMBOL}.\n${lineTable(lines)}`);
}

/** With all decimals, so that the points stand one below the other. */
function orDash(atomic: bigint): string {
  if (atomic === 0n) return "–";
  return `${atomic / ATOMIC_PER_TOKEN}.${(atomic % ATOMIC_PER_TOKEN).toString().padStart(TOKEN_DECIMALS, "0")}`;
}
