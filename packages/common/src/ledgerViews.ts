/**
 * What an agent, or anyone who recomputes the ledger, says of it: the lines of an amount, closed epochs, ranges of
 * recipients. Plain values; amounts in atomic units. How they travel as JSON is said by the agent's HTTP schemas.
 */
import { toHex } from "./hex.ts";
import { HASH_BYTES, nobleKeccakMany } from "./merkleNodes.ts";
import { packChanges } from "./rewardsChanges.ts";
import type { RewardsEntry } from "./rewardsTree.ts";
import type { Address, Hex, NodeId } from "./types.ts";

/**
 * What one node, or the bounties of one epoch, gave a recipient. `amount` is fee + share + dust + bounty (P-53, P-54,
 * P-63).
 */
export interface LedgerLine {
  readonly epoch: number;
  /** Null for the bounties of records. */
  readonly node: NodeId | null;
  /** Seconds of the epoch in which the node was active and still earned. */
  readonly activeSeconds: number;
  /** Of the node, before it is divided inside it. */
  readonly nodeReward: bigint;
  readonly fee: bigint;
  readonly share: bigint;
  readonly dust: bigint;
  readonly bounty: bigint;
  readonly amount: bigint;
}

/** Some epochs of a recipient's lines. `after` is `before` plus the lines, exactly. */
export interface LedgerPage {
  readonly recipient: Address;
  /** The first and last epoch of the page. */
  readonly from: number;
  readonly to: number;
  /** Lifetime amounts at the closes of the epoch before `from`, and of `to`. */
  readonly before: bigint;
  readonly after: bigint;
  readonly lines: readonly LedgerLine[];
  /** Where the next page begins; null when this is the last. */
  readonly next: number | null;
}

/** `root` is null where this agent never built the tree: it read that part of the chain later. */
export interface EpochTotals {
  readonly epoch: number;
  readonly root: Hex | null;
  readonly totalOwed: bigint;
}

export interface EpochsPage {
  readonly epochs: readonly EpochTotals[];
  /** The last closed epoch; null before the first. */
  readonly closedEpoch: number | null;
}

/** The recipients whose address begins with these hex digits (without 0x), and one hash of all of them. */
export interface RecipientRange {
  readonly prefix: string;
  readonly count: number;
  readonly hash: Hex;
}

/** A range with few recipients lists them, in ascending order; a larger one its parts by the next digit. */
export interface RangesPage {
  readonly epoch: number;
  readonly prefix: string;
  readonly ranges: readonly RecipientRange[];
  readonly entries: readonly { readonly recipient: Address; readonly amount: bigint }[] | null;
}

/** Recipients that are listed themselves instead of by ranges. */
export const RANGE_ENTRIES_MAX = 64;

/** keccak256 over address and amount (20 and 32 bytes) of each entry, in the order given. */
export function hashOfEntries(entries: readonly RewardsEntry[]): Hex {
  const bytes = packChanges(entries);
  const hash = new Uint8Array(HASH_BYTES);
  nobleKeccakMany(bytes, bytes.length, hash);
  return toHex(hash);
}

/**
 * One range of the recipients of an epoch.
 * @param sorted all recipients with an amount, ascending
 * @param prefix hex digits without 0x, lower case; "" is everybody
 */
export function rangesOf(epoch: number, sorted: readonly RewardsEntry[], prefix: string): RangesPage {
  const inRange = startingWith(sorted, prefix);
  if (inRange.length <= RANGE_ENTRIES_MAX) {
    const entries = inRange.map(([recipient, amount]) => ({ recipient, amount }));
    return { epoch, prefix, ranges: [], entries };
  }
  return { epoch, prefix, ranges: childRanges(inRange, prefix), entries: null };
}

/** The parts of a range by its next digit, without empty ones; each named by all digits that its recipients share. */
export function childRanges(sorted: readonly RewardsEntry[], prefix: string): RecipientRange[] {
  return [..."0123456789abcdef"].flatMap((digit): RecipientRange[] => {
    const part = startingWith(sorted, prefix + digit);
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) return [];
    const shared = commonPrefix(first[0].slice(2), last[0].slice(2));
    return [{ prefix: shared, count: part.length, hash: hashOfEntries(part) }];
  });
}

export function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

function startingWith(entries: readonly RewardsEntry[], prefix: string): readonly RewardsEntry[] {
  return prefix === "" ? entries : entries.filter(([recipient]) => recipient.startsWith(prefix, 2));
}
