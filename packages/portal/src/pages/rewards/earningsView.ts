/**
 * Lines of a ledger as a chart and as rows. Enters: lines in order of epochs. Leaves: columns of a bounded number,
 * whatever the number of epochs, and the sum by node. The chart's numbers are for drawing only; rows keep every unit.
 */
import type { LedgerLine } from "@quorate/common";
import { inSlices } from "../../parts/slices.ts";

/** Columns that can be told apart on a wide screen. More epochs share a column. */
export const COLUMNS_MAX = 240;
/** Nodes with a colour of their own; the others are drawn together. */
export const COLOURS = 6;

export interface Columns {
  /** First epoch of each column. */
  readonly epochs: readonly number[];
  /** Epochs in one column. */
  readonly width: number;
  /** The nodes drawn by themselves, those that earned most first; null is all others, and what no node earned. */
  readonly nodes: readonly (number | null)[];
  /** Atomic units by node and column. */
  readonly amounts: readonly (readonly bigint[])[];
}

export interface NodeSum {
  readonly node: number | null;
  readonly amount: bigint;
}

export interface EarningsView {
  /** What each node has earned, the most first. */
  readonly sums: readonly NodeSum[];
  readonly columns: Columns;
}

/** Some thousand lines at a time (P-151): a year of ten nodes is 87,600 of them. */
export async function viewOf(lines: readonly LedgerLine[]): Promise<EarningsView> {
  const byNode = new Map<number | null, bigint>();
  await inSlices(lines, (some) => {
    for (const { node, amount } of some) byNode.set(node, (byNode.get(node) ?? 0n) + amount);
  });
  const sums = [...byNode]
    .map(([node, amount]) => ({ node, amount }))
    .sort((a, b) => Number(b.amount > a.amount) - Number(b.amount < a.amount));
  return { sums, columns: await columnsOf(lines, sums) };
}

async function columnsOf(lines: readonly LedgerLine[], sums: readonly NodeSum[]): Promise<Columns> {
  const first = lines[0]?.epoch ?? 0;
  const last = lines.at(-1)?.epoch ?? first;
  const width = Math.max(1, Math.ceil((last - first + 1) / COLUMNS_MAX));
  const count = lines.length === 0 ? 0 : Math.floor((last - first) / width) + 1;
  const own = sums.flatMap(({ node }) => (node === null ? [] : [node])).slice(0, COLOURS);
  const nodes: (number | null)[] = sums.length > own.length ? [...own, null] : own;
  const amounts = nodes.map(() => new Array<bigint>(count).fill(0n));
  const places = new Map(nodes.map((node, i) => [node, i]));
  await inSlices(lines, (some) => {
    for (const { epoch, node, amount } of some) {
      const row = amounts[places.get(node) ?? nodes.length - 1] as bigint[];
      const column = Math.floor((epoch - first) / width);
      row[column] = (row[column] ?? 0n) + amount;
    }
  });
  return { epochs: Array.from({ length: count }, (_, i) => first + i * width), width, nodes, amounts };
}

/** Stacked for drawing, from the bottom: each series with those below it, in tokens. */
export function stacked({ amounts }: Columns): number[][] {
  let below: readonly bigint[] = [];
  return amounts.map((row) => {
    const sum = row.map((amount, i) => amount + (below[i] ?? 0n));
    below = sum;
    return sum.map((amount) => Number(amount) / 1e9);
  });
}

/** The command that finds the same without any agent, to be copied as it stands. */
export function recomputeLine(
  { rpc, contract }: { readonly rpc: readonly string[]; readonly contract: string },
  recipient: string,
  epoch: number,
): string {
  const url = rpc[0] ?? "<your provider>";
  return `quorate ledger recompute --rpc ${url} --contract ${contract} --epoch ${epoch} --recipient ${recipient}`;
}
