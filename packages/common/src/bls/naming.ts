/**
 * Names the invalid shares of a batch with few pairing checks (P-6). In: how many shares there are and three ways to
 * check some of them. Out: the positions of the bad ones and what it cost. How a check is made is the backend's job
 * (`nativeBatch.ts`).
 *
 * Three rules keep it sound. A share is accepted only in a check with random weights. A share is named only when a
 * check of its own has failed. Plain sums just lead there: they steer the search, and what they say wrongly costs time,
 * never a verdict.
 *
 * The search is generalised binary splitting (Hwang 1972, "A Method for Detecting all Defective Members in a Population
 * by Group Testing"), with the rate of bad shares learned on the way instead of known beforehand.
 */

/** Each call is one pairing check. Positions are those of the batch. */
export interface BatchChecks {
  /** Whether the one share is valid by itself. */
  one(position: number): boolean;
  /** Whether the plain sum of the shares is valid. Exact about the sum: errors that cancel pass. */
  sum(positions: readonly number[]): boolean;
  /** Whether every one is valid, up to a chance of 2^-64. */
  weighted(positions: readonly number[]): boolean;
}

export interface Named {
  /** Ascending. */
  readonly invalid: readonly number[];
  /** Pairing checks made. */
  readonly checks: number;
}

/** Uniform integer from 0 to below `bound`; unpredictable to whoever made the shares. */
export type RandomBelow = (bound: number) => number;

/** Work in steps of about one pairing check each: whoever drives it may do something else between them. */
export type Steps<Result> = Generator<void, Result, void>;

/** Does all steps at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * From here on a plain sum is tried before random weights: it costs 2 µs a share against 40, so a bad batch is told
 * apart for little. In smaller batches the second pairing check (1 ms) costs more than it saves.
 */
const PLAIN_FIRST_MIN = 64;

/**
 * The search begins with a part of this kind: for 1 bad share it costs 2 checks more than halving the whole, for 1% bad
 * 2 less. Where errors cancel in the whole, parts stay as small: two that cancel meet in one once in 16 times.
 */
const PARTS_AT_FIRST = 16;

/**
 * Rounds in which nothing was found although something is there, before every share is checked by itself: a chance of
 * 16^-4.
 */
const FRUITLESS_ROUNDS_MAX = 4;

export function nameInvalid(positions: readonly number[], checks: BatchChecks, randomBelow: RandomBelow): Named {
  return finish(nameInvalidInSteps(positions, checks, randomBelow));
}

/** As `nameInvalid`, giving way after every check. */
export function* nameInvalidInSteps(
  positions: readonly number[],
  checks: BatchChecks,
  randomBelow: RandomBelow,
): Steps<Named> {
  const counted = countChecks(checks);
  const invalid: number[] = [];
  let suspects = positions;
  let fruitless = 0;
  for (let round = 0; suspects.length > 0; round++) {
    if (fruitless === FRUITLESS_ROUNDS_MAX) {
      for (const position of suspects) if (!(yield* counted.one(position))) invalid.push(position);
      break;
    }
    const state = yield* inspect(counted, suspects, round === 0);
    if (state === "all valid") break;
    // A lone suspect that does not hold has had its own check.
    const found = suspects.length === 1 ? suspects : yield* search(counted, shuffled(suspects, randomBelow), state);
    fruitless = found.length === 0 ? fruitless + 1 : 0;
    invalid.push(...found);
    const named = new Set(found);
    suspects = suspects.filter((position) => !named.has(position));
  }
  return { invalid: invalid.sort((a, b) => a - b), checks: counted.made };
}

type State = "all valid" | "sum fails" | "sum may hold";

/**
 * Looks at all suspects at once. After the first round the sum mostly holds, so that random weights are asked at once.
 */
function* inspect(checks: CountedChecks, suspects: readonly number[], firstRound: boolean): Steps<State> {
  const [only] = suspects;
  if (suspects.length === 1 && only !== undefined) return (yield* checks.one(only)) ? "all valid" : "sum fails";
  if (!firstRound) return (yield* checks.weighted(suspects)) ? "all valid" : "sum may hold";
  if (suspects.length < PLAIN_FIRST_MIN) {
    if (yield* checks.weighted(suspects)) return "all valid";
    return (yield* checks.sum(suspects)) ? "sum may hold" : "sum fails";
  }
  if (!(yield* checks.sum(suspects))) return "sum fails";
  return (yield* checks.weighted(suspects)) ? "all valid" : "sum may hold";
}

/**
 * One pass over the shares, in random order so that nobody can place errors to cancel. Takes parts of the size at which
 * good and bad are equally likely, and halves a bad part until its first bad share is found.
 */
function* search(checks: CountedChecks, order: readonly number[], state: State): Steps<number[]> {
  const found: number[] = [];
  let start = 0;
  while (start < order.length) {
    const left = order.length - start;
    const size = Math.min(left, partSize(order.length, start, found.length, state));
    // Where the whole's sum fails and nothing bad was found so far, it is in the rest.
    const knownBad = state === "sum fails" && found.length === 0 && size === left;
    if (!knownBad && (yield* checks.sum(order.slice(start, start + size)))) {
      start += size;
      continue;
    }
    const first = yield* firstBad(checks, order, start, size);
    const tested = first.confirmed || (size === 1 && !knownBad);
    if (tested || !(yield* checks.one(order[first.at] as number))) found.push(order[first.at] as number);
    start = first.at + 1;
  }
  return found;
}

/**
 * `length` shares from `start` on have a bad sum. Sums are exact, so when one half's sum is good the other's is bad.
 */
function* firstBad(
  checks: CountedChecks,
  order: readonly number[],
  start: number,
  length: number,
): Steps<{ readonly at: number; readonly confirmed: boolean }> {
  let at = start;
  let left = length;
  let confirmed = false;
  while (left > 1) {
    const half = left >> 1;
    if (yield* checks.sum(order.slice(at, at + half))) {
      at += half;
      left -= half;
    } else {
      left = half;
      confirmed = half === 1;
    }
  }
  return { at, confirmed };
}

/**
 * The size at which (1 − rate)^size = 1/2, with the rate seen so far: each check then says the most. Before any was
 * seen it doubles.
 */
function partSize(count: number, seen: number, bad: number, state: State): number {
  const first = Math.ceil(count / PARTS_AT_FIRST);
  const size = bad === 0 ? Math.max(first, seen) : Math.max(1, Math.round((Math.LN2 * seen) / bad));
  return state === "sum fails" ? size : Math.min(first, size);
}

function shuffled(positions: readonly number[], randomBelow: RandomBelow): number[] {
  const order = [...positions];
  for (let i = order.length - 1; i > 0; i--) {
    const j = randomBelow(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** The checks, counted, each of them a step. */
interface CountedChecks {
  readonly made: number;
  one(position: number): Steps<boolean>;
  sum(positions: readonly number[]): Steps<boolean>;
  weighted(positions: readonly number[]): Steps<boolean>;
}

function countChecks(checks: BatchChecks): CountedChecks {
  let made = 0;
  function* count(check: () => boolean): Steps<boolean> {
    made += 1;
    const holds = check();
    yield;
    return holds;
  }
  return {
    get made() {
      return made;
    },
    one: (position) => count(() => checks.one(position)),
    sum: (positions) => count(() => checks.sum(positions)),
    weighted: (positions) => count(() => checks.weighted(positions)),
  };
}
