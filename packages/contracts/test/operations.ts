// The operations of the random histories: what fast-check draws. Who carries them out is histories.test.ts.
import fc from "fast-check";
import type { ModelContributor } from "./model.ts";

/** One SESH in atomic units. */
export const UNIT: bigint = 1_000_000_000n;
/** Seeded nodes; node 1 is large, so that a quorum is of stake, not of heads. */
export const SEEDED = 8;
/** Accounts that register, contribute and are paid. Account 0 owns, account 1 operates the seeded nodes. */
export const ACCOUNTS: readonly number[] = [1, 2, 3, 4, 5];
/** Keys for registrations. Few, so that some are tried twice. */
const KEYS = [101, 102, 103, 104];
/** Ids: those that are given early, and one that is seldom given. */
const id = fc.integer({ min: 1, max: SEEDED + 4 });
const ids = fc.uniqueArray(id, { maxLength: 3 });

export type Split =
  | "solo"
  | "nobody"
  | "quarter"
  | "below a quarter"
  | "ten"
  | "eleven"
  | "short"
  | "over"
  | "twice"
  | "small"
  | "zero";
export type Lie = "none" | "unsigned" | "unnamed" | "unsorted" | "duplicate" | "unknown" | "extra unnamed";

/** One step of a history. */
export type Operation =
  | { kind: "register"; stranger: boolean; key: number; split: Split; operator: number }
  | { kind: "award"; recipient: number; raise: bigint; absent: number[]; lie: Lie }
  | { kind: "claim"; account: number; part: number; direct: boolean }
  | { kind: "prove"; account: number; back: number; lie: "none" | "amount" | "leaf"; claims: boolean }
  | {
      kind: "report";
      epoch: number;
      absent: number[];
      lie: Lie;
      activate: number[];
      decommission: number[];
      isCovered: boolean;
      repeat: boolean;
      forgetful: boolean;
    }
  | { kind: "leave"; caller: number; id: number }
  | { kind: "exit"; id: number }
  | { kind: "liquidate"; id: number }
  | { kind: "withdraw"; caller: number; id: number }
  | { kind: "pause"; on: boolean }
  | { kind: "require"; units: bigint }
  | { kind: "wait"; seconds: number };

const account = fc.constantFrom(...ACCOUNTS);
const often = <T>(value: T, weight: number, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });
const lie = often<Lie>(
  "none",
  4,
  fc.constantFrom<Lie>("unsigned", "unnamed", "unsorted", "duplicate", "unknown", "extra unnamed"),
);
/** Half of the time the same, so that what must follow on something else often does. */
const leaver = often(2, 1, id);
const earner = often(3, 1, account);
const split = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Split>("solo", "nobody", "quarter", "ten") },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Split>("below a quarter", "eleven", "short", "over", "twice", "small", "zero"),
  },
);

function weighted<T extends Operation>(weight: number, shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(shape) as unknown as fc.Arbitrary<Operation> };
}

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  weighted<Extract<Operation, { kind: "register" }>>(4, {
    kind: fc.constant("register"),
    stranger: often(false, 5, fc.constant(true)),
    key: fc.constantFrom(...KEYS),
    split,
    operator: account,
  }),
  weighted<Extract<Operation, { kind: "award" }>>(4, {
    kind: fc.constant("award"),
    recipient: earner,
    raise: fc.bigInt({ min: 0n, max: 40n * UNIT }),
    absent: fc.uniqueArray(id, { maxLength: 2 }),
    lie,
  }),
  weighted<Extract<Operation, { kind: "claim" }>>(4, {
    kind: fc.constant("claim"),
    account: earner,
    part: fc.integer({ min: 0, max: 5 }),
    direct: fc.boolean(),
  }),
  weighted<Extract<Operation, { kind: "prove" }>>(5, {
    kind: fc.constant("prove"),
    account: earner,
    back: often(1, 2, fc.integer({ min: 0, max: 10 })), // from the root that comes next
    lie: often<"none" | "amount" | "leaf">("none", 4, fc.constantFrom("amount", "leaf")),
    claims: fc.boolean(),
  }),
  weighted<Extract<Operation, { kind: "report" }>>(7, {
    kind: fc.constant("report"),
    epoch: often(0, 4, fc.constantFrom(-1, 1)),
    absent: ids,
    lie,
    activate: ids,
    decommission: ids,
    isCovered: often(true, 2, fc.boolean()),
    repeat: fc.boolean(),
    forgetful: often(false, 4, fc.constant(true)),
  }),
  weighted<Extract<Operation, { kind: "leave" }>>(3, {
    kind: fc.constant("leave"),
    caller: often(1, 1, account), // who operates the seeded nodes
    id: leaver,
  }),
  weighted<Extract<Operation, { kind: "exit" }>>(2, { kind: fc.constant("exit"), id: leaver }),
  weighted<Extract<Operation, { kind: "liquidate" }>>(1, { kind: fc.constant("liquidate"), id }),
  weighted<Extract<Operation, { kind: "withdraw" }>>(2, {
    kind: fc.constant("withdraw"),
    caller: often(1, 1, account),
    id: leaver,
  }),
  weighted<Extract<Operation, { kind: "pause" }>>(1, {
    kind: fc.constant("pause"),
    on: often(false, 2, fc.constant(true)),
  }),
  weighted<Extract<Operation, { kind: "require" }>>(1, {
    kind: fc.constant("require"),
    units: fc.constantFrom(100n, 120n, 7n),
  }),
  weighted<Extract<Operation, { kind: "wait" }>>(3, {
    kind: fc.constant("wait"),
    seconds: fc.constantFrom(60, 1_800, 3_600, 7_200, 50_000, 15 * 86_400, 31 * 86_400),
  }),
);

/** The stakes of a registration: as they should be, or wrong in one way. */
export function splitStake(how: Split, operator: number, total: bigint): ModelContributor[] {
  const quarter = total / 4n;
  const least = (total + 19n) / 20n; // 500 bps
  // Accounts of the chain first, so that some contributors act later; addresses without an account after them.
  const others = [...ACCOUNTS.filter((other) => other !== operator), ...Array.from({ length: 9 }, (_, i) => 100 + i)];
  const among = (count: number): ModelContributor[] =>
    Array.from({ length: count }, (_, i) => ({
      account: i === 0 ? operator : (others[i - 1] as number),
      stakeAtomic: i === 0 ? total - BigInt(count - 1) * least : least,
    }));
  const two = (first: bigint, second: bigint, other = others[0] as number): ModelContributor[] => [
    { account: operator, stakeAtomic: first },
    { account: other, stakeAtomic: second },
  ];
  switch (how) {
    case "solo":
      return [{ account: operator, stakeAtomic: total }];
    case "quarter":
      return two(quarter, total - quarter);
    case "below a quarter":
      return two(quarter - 1n, total - quarter + 1n);
    case "ten":
      return among(10);
    case "eleven":
      return among(11);
    case "short":
      return two(quarter, total - quarter - 1n);
    case "over":
      return two(quarter, total - quarter + 1n);
    case "twice":
      return two(quarter, total - quarter, operator);
    case "nobody":
      return [];
    case "small":
      return two(total - least + 1n, least - 1n);
    case "zero":
      return two(total, 0n);
  }
}
