/**
 * Where two ledgers part: the first epoch whose amounts differ, then the first recipients. Both by bisection, so that
 * little is asked. Enters: two sides that answer questions. Leaves: the difference, or that there is none. Not here:
 * who the sides are (sides.ts).
 *
 * Lifetime amounts keep what once came into them, so ledgers that differ in an epoch differ in those after it too.
 */
import {
  type Address,
  childRanges,
  commonPrefix,
  type EpochTotals,
  type RangesPage,
  type RecipientRange,
  type RewardsEntry,
} from "@quorate/common";

export interface LedgerSide {
  /** For people. */
  readonly name: string;
  /** The last closed epoch; -1 before the first. */
  lastEpoch(): Promise<number>;
  totals(epoch: number): Promise<EpochTotals>;
  ranges(epoch: number, prefix: string): Promise<RangesPage>;
}

export interface RecipientDifference {
  readonly recipient: Address;
  /** Lifetime amounts in atomic units; zero where a side has none. */
  readonly amounts: readonly [bigint, bigint];
}

export interface LedgerDifference {
  readonly epoch: number;
  readonly totals: readonly [EpochTotals, EpochTotals];
  /** The lowest addresses that differ: those of one small range. */
  readonly recipients: readonly RecipientDifference[];
}

export interface Comparison {
  /** The last epoch that both have closed; -1 when there is none. */
  readonly comparedTo: number;
  readonly difference: LedgerDifference | null;
}

type Sides = readonly [LedgerSide, LedgerSide];

export async function compareLedgers(sides: Sides, onProgress: (text: string) => void = () => {}): Promise<Comparison> {
  const [one, other] = await both(sides, (side) => side.lastEpoch());
  const comparedTo = Math.min(one, other);
  if (comparedTo < 0 || (await isSame(sides, comparedTo))) return { comparedTo, difference: null };
  let same = -1;
  let differs = comparedTo;
  while (differs - same > 1) {
    const middle = Math.floor((same + differs) / 2);
    onProgress(`epoch ${differs} differs; looking at epoch ${middle}`);
    if (await isSame(sides, middle)) same = middle;
    else differs = middle;
  }
  const totals = await both(sides, (side) => side.totals(differs));
  const recipients = await differingRecipients(sides, differs, "", onProgress);
  return { comparedTo, difference: { epoch: differs, totals, recipients } };
}

/** By roots where both have them. A sum alone could hide that one recipient has what another lacks. */
async function isSame(sides: Sides, epoch: number): Promise<boolean> {
  const [one, other] = await both(sides, (side) => side.totals(epoch));
  if (one.totalOwed !== other.totalOwed) return false;
  if (one.root !== null && other.root !== null) return one.root === other.root;
  const [mine, theirs] = await both(sides, (side) => side.ranges(epoch, ""));
  return fingerprint(mine) === fingerprint(theirs);
}

async function differingRecipients(
  sides: Sides,
  epoch: number,
  prefix: string,
  onProgress: (text: string) => void,
): Promise<RecipientDifference[]> {
  onProgress(`epoch ${epoch}: looking at recipients 0x${prefix}…`);
  const [one, other] = await both(sides, (side) => side.ranges(epoch, prefix));
  if (one.entries !== null && other.entries !== null) return differencesOf(one.entries, other.entries);
  const [mine, theirs] = [partsOf(one), partsOf(other)];
  for (const digit of "0123456789abcdef") {
    const [left, right] = [partAt(mine, prefix + digit), partAt(theirs, prefix + digit)];
    if (left?.hash === right?.hash && left?.count === right?.count) continue;
    // All that either side has here begins with what both parts share.
    const shared = commonPrefix((left ?? right)?.prefix ?? "", (right ?? left)?.prefix ?? "");
    const found = await differingRecipients(sides, epoch, shared, onProgress);
    if (found.length > 0) return found;
  }
  return [];
}

/** Parts by the next digit, also of a range that lists its recipients: so that the two can be compared. */
function partsOf({ prefix, ranges, entries }: RangesPage): readonly RecipientRange[] {
  if (entries === null) return ranges;
  return childRanges(
    entries.map(({ recipient, amount }): RewardsEntry => [recipient, amount]),
    prefix,
  );
}

function partAt(parts: readonly RecipientRange[], prefix: string): RecipientRange | undefined {
  return parts.find((part) => part.prefix.startsWith(prefix));
}

type Entries = NonNullable<RangesPage["entries"]>;

function differencesOf(one: Entries, other: Entries): RecipientDifference[] {
  const amounts = new Map<Address, [bigint, bigint]>(one.map(({ recipient, amount }) => [recipient, [amount, 0n]]));
  for (const { recipient, amount } of other) amounts.set(recipient, [amounts.get(recipient)?.[0] ?? 0n, amount]);
  return [...amounts]
    .filter(([, [mine, theirs]]) => mine !== theirs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([recipient, pair]) => ({ recipient, amounts: pair }));
}

function fingerprint({ ranges, entries }: RangesPage): string {
  return JSON.stringify([ranges, entries], (_key, part: unknown) => (typeof part === "bigint" ? `${part}` : part));
}

/** One after the other would take twice as long. */
function both<T>([one, other]: Sides, ask: (side: LedgerSide) => Promise<T>): Promise<[T, T]> {
  return Promise.all([ask(one), ask(other)]);
}
