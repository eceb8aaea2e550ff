/**
 * The schedules that are run, every one of them, none sampled. N nodes, 2 to 7, of which 1 to N-1 are liars: they sign
 * two things and show each honest node what they like. Two spaces:
 *
 *   alone     One round. Each liar decides for each honest node for itself: it shows it the right share, a wrong one (a
 *             valid signature of another message), a forged one (no signature of the right message), or nothing. The
 *             honest pass on to each other what they accept. So a schedule is a table of liars × honest nodes over 4
 *             signs. Run for the report, for a claim asked for before the liars speak, and for one asked for after,
 *             each with both ways to spread the stake. With 6 and 7 nodes: 3 signs (none forged: a forged share ends
 *             where it arrives, so that nodes more add nothing), the report and the first claim, equal stakes.
 *   together  Three rounds: the report and two claims. All liars act as one. In each round every honest node stands on
 *             a side: where the right shares are shown, or where the wrong ones are; up to 4 nodes also where nothing
 *             is. The honest of one side hear each other. From side to side nothing gets through until the network
 *             heals: after each round, or only after the last. So a schedule is a multiset of 8 (or 27) histories, one
 *             for each honest node, and when it heals.
 *
 * Two schedules that differ only in which honest node is which, or which liar, end alike (a test tries), so one of them
 * is run. The two faces cannot be exchanged: the honest know which one is right. Not here: running them (play.ts).
 */
import type { RoundIndex, Said, Weights } from "./cast.ts";

/** What happens in one round. */
export interface RoundPlan {
  readonly round: RoundIndex;
  /** By liar and honest node. */
  readonly shows: readonly (readonly (Said | null)[])[];
  /** The side on which each honest node stands. */
  readonly sides: readonly number[];
  /** Whether stakers ask before the liars speak; of no meaning for a report, which nobody asks for. */
  readonly isAskedFirst: boolean;
}

export interface Schedule {
  readonly rounds: readonly RoundPlan[];
  /** When what was kept from side to side is fetched. */
  readonly heals: "each round" | "last round";
}

/** What one space is about. */
export interface Space {
  readonly name: string;
  readonly honest: number;
  readonly liars: number;
  readonly weights: Weights;
  /** How many schedules there are, by a formula (Burnside's lemma, multisets). */
  readonly count: number;
  schedules(): Iterable<Schedule>;
}

export const NODES_MAX = 7;
/** Of which each has all of its signs, and all of its sides. */
const ALL_SIGNS_NODES_MAX = 5;
const ALL_SIDES_NODES_MAX = 4;
const SIGNS: readonly (Said | null)[] = [null, "right", "wrong", "forged"];
const SIDES: readonly (Said | null)[] = ["right", "wrong", null];
const ROUNDS_TOGETHER: readonly RoundIndex[] = [0, 1, 2];

/** Every space of networks of up to NODES_MAX nodes, small ones first. */
export function allSpaces(): Space[] {
  return networks(NODES_MAX).flatMap(({ honest, liars }) => {
    const nodes = honest + liars;
    const sides = nodes <= ALL_SIDES_NODES_MAX ? SIDES.length : SIDES.length - 1;
    const small = nodes <= ALL_SIGNS_NODES_MAX;
    const signs = small ? SIGNS.length : SIGNS.length - 1;
    const light = small ? [alone(honest, liars, signs, "light")] : [];
    return [...light, alone(honest, liars, signs, "equal"), together(honest, liars, sides)];
  });
}

/** What runs with the other tests: `alone` up to 4 nodes with all signs, `together` up to 3 with two sides. */
export function smallSpaces(): Space[] {
  return networks(4).flatMap(({ honest, liars }) => [
    alone(honest, liars, SIGNS.length, honest === 3 ? "light" : "equal"),
    ...(honest + liars <= 3 ? [together(honest, liars, SIDES.length - 1)] : []),
  ]);
}

function networks(nodesMax: number): Pick<Space, "honest" | "liars">[] {
  const found: Pick<Space, "honest" | "liars">[] = [];
  for (let nodes = 2; nodes <= nodesMax; nodes++) {
    for (let liars = 1; liars < nodes; liars++) found.push({ honest: nodes - liars, liars });
  }
  return found;
}

function alone(honest: number, liars: number, signs: number, weights: Weights): Space {
  const kinds: readonly (readonly [RoundIndex, boolean])[] =
    signs === SIGNS.length
      ? [
          [0, true],
          [1, true],
          [1, false],
        ]
      : [
          [0, true],
          [1, true],
        ];
  return {
    name: "alone",
    ...{ honest, liars, weights },
    count: kinds.length * tableCount(liars, honest, signs),
    *schedules() {
      for (const table of tables(liars, honest, signs)) {
        for (const [round, isAskedFirst] of kinds) yield oneRound(table, round, isAskedFirst);
      }
    },
  };
}

/** @param table signs by liar and honest node */
export function oneRound(table: readonly (readonly number[])[], round: RoundIndex, isAskedFirst: boolean): Schedule {
  const shows = table.map((row) => row.map((sign) => SIGNS[sign] as Said | null));
  const sides = (table[0] ?? []).map(() => 0);
  return { rounds: [{ round, shows, sides, isAskedFirst }], heals: "each round" };
}

function together(honest: number, liars: number, sides: number): Space {
  const histories = sides ** ROUNDS_TOGETHER.length;
  return {
    name: "together",
    ...{ honest, liars, weights: "light" },
    count: 2 * multisetCount(histories, honest),
    *schedules() {
      for (const chosen of multisets(histories, honest)) {
        const rounds = ROUNDS_TOGETHER.map((round, i): RoundPlan => {
          // The first round is the most significant digit, so that schedules that follow each other begin alike.
          const stand = chosen.map((history) => digits(history, ROUNDS_TOGETHER.length, sides)[i] as number);
          const row = stand.map((side) => SIDES[side] as Said | null);
          return { round, shows: Array.from({ length: liars }, () => row), sides: stand, isAskedFirst: true };
        });
        yield { rounds, heals: "each round" };
        yield { rounds, heals: "last round" };
      }
    },
  };
}

/** Multisets of `size` of the numbers below `kinds`, each as an ascending list. */
export function* multisets(kinds: number, size: number, least = 0): Generator<readonly number[]> {
  if (size === 0) return yield [];
  for (let first = least; first < kinds; first++) {
    for (const rest of multisets(kinds, size - 1, first)) yield [first, ...rest];
  }
}

export function multisetCount(kinds: number, size: number): number {
  let count = 1;
  for (let i = 1; i <= size; i++) count = (count * (kinds + i - 1)) / i;
  return count;
}

/**
 * One table of `rows` × `columns` over `signs` for each class under exchanging rows and exchanging columns: the columns
 * as ascending numbers, least among all orders of the rows. (The other way round where there are fewer columns.)
 */
export function* tables(rows: number, columns: number, signs: number): Generator<readonly (readonly number[])[]> {
  if (columns < rows) {
    for (const table of tables(columns, rows, signs)) yield transposed(table);
    return;
  }
  const orders = permutations(rows);
  for (const numbers of multisets(signs ** rows, columns)) {
    const table = numbers.map((number) => digits(number, rows, signs));
    const isLeast = orders.every((order) => {
      const moved = table.map((column) => order.reduce((sum, at) => sum * signs + (column[at] as number), 0));
      return (
        compare(
          numbers,
          moved.sort((a, b) => a - b),
        ) <= 0
      );
    });
    if (isLeast) yield transposed(table);
  }
}

/** Burnside's lemma: the mean, over all ways to exchange rows and columns, of the tables that stay the same. */
export function tableCount(rows: number, columns: number, signs: number): number {
  const [ofRows, ofColumns] = [permutations(rows).map(cycles), permutations(columns).map(cycles)];
  let fixed = 0n;
  for (const a of ofRows) {
    for (const b of ofColumns) {
      const free = a.reduce((sum, x) => sum + b.reduce((inner, y) => inner + gcd(x, y), 0), 0);
      fixed += BigInt(signs) ** BigInt(free);
    }
  }
  return Number(fixed / BigInt(ofRows.length * ofColumns.length));
}

export function digits(number: number, length: number, base: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(number / base ** (length - 1 - i)) % base);
}

function transposed(table: readonly (readonly number[])[]): number[][] {
  return (table[0] ?? []).map((_, at) => table.map((line) => line[at] as number));
}

export function permutations(size: number): number[][] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((rest) =>
    Array.from({ length: size }, (_, at) => [...rest.slice(0, at), size - 1, ...rest.slice(at)]),
  );
}

/** The lengths of a permutation's cycles. */
function cycles(permutation: readonly number[]): number[] {
  const seen = new Set<number>();
  const lengths: number[] = [];
  for (let start = 0; start < permutation.length; start++) {
    let length = 0;
    for (let at = start; !seen.has(at); at = permutation[at] as number) {
      seen.add(at);
      length += 1;
    }
    if (length > 0) lengths.push(length);
  }
  return lengths;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
}
