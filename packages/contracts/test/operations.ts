// The operations of the random histories: what fast-check draws. Who carries them out is history.ts.
import fc from "fast-check";
import type { Cover } from "./model.ts";
import type { ModelContributor } from "./nodesModel.ts";
import type { Caller } from "./powersModel.ts";

/** One SESH in atomic units. */
export const UNIT: bigint = 1_000_000_000n;
/** Seeded nodes; node 1 is large, so that a quorum is of stake, not of heads. */
export const SEEDED = 8;
/** The stake of a seeded node. */
export const stakeOf = (id: number): bigint => (id === 1 ? 400n : 40n + BigInt(id)) * UNIT;
/**
 * Accounts that register, contribute and are paid. Account 0 owns, account 1 operates the seeded nodes, account 8
 * guards.
 */
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

/** What is wrong with a showing or a contest. */
export type ShownLie = "none" | "unsigned" | "unsorted" | "duplicate" | "unknown";
/** Whom an emergency names: one node, one and one to activate, or all that are active, of whom all come back. */
export type Lists = "one" | "one and back" | "all and back";

/** One step of a history. */
export type Operation =
  | { kind: "register"; stranger: boolean; key: number; split: Split; operator: number }
  | { kind: "award"; recipient: number; raise: bigint; absent: number[]; lie: Lie }
  | { kind: "claim"; account: number; part: number; direct: boolean }
  | { kind: "prove"; account: number; back: number; lie: "none" | "amount" | "leaf"; claims: boolean }
  | {
      kind: "report";
      /** Whether it waits for the running epoch's end first. */
      closes: boolean;
      epoch: number;
      absent: number[];
      lie: Lie;
      activate: number[];
      decommission: number[];
      cover: Cover;
      repeat: boolean;
    }
  /** So many reports, one an epoch, signed by all and with empty lists. */
  | { kind: "reports"; count: number }
  | { kind: "show"; epoch: number; signers: number[]; lie: ShownLie }
  | { kind: "contest"; caller: number; id: number }
  | { kind: "contestSigned"; epoch: number; signers: number[]; lie: ShownLie }
  | { kind: "dropSilent"; ids: number[] }
  | { kind: "dropFromFloor"; by: Caller; ids: number[] }
  | { kind: "leave"; caller: number; id: number }
  | { kind: "exit"; id: number }
  | { kind: "liquidate"; id: number }
  | { kind: "withdraw"; caller: number; id: number }
  | { kind: "pause"; by: Caller; seconds: number }
  | { kind: "unpause"; by: Caller }
  | { kind: "announce"; by: Caller; lists: Lists }
  | { kind: "carryOut"; by: Caller; lists: Lists }
  | { kind: "require"; percent: bigint }
  | { kind: "wait"; seconds: number };

const account = fc.constantFrom(...ACCOUNTS);
const often = <T>(value: T, weight: number, others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });
const lie = often<Lie>(
  "none",
  4,
  fc.constantFrom<Lie>("unsigned", "unnamed", "unsorted", "duplicate", "unknown", "extra unnamed"),
);
/** Mostly the same, so that what must follow on something else often does. */
const leaver = often(2, 1, id);
const earner = often(3, 4, account);
const shownLie = often<ShownLie>("none", 4, fc.constantFrom("unsigned", "unsorted", "duplicate", "unknown"));
const caller = often<Caller>("owner", 2, fc.constantFrom("guardian", "guardian", "stranger"));
const lists = fc.constantFrom<Lists>("one", "one and back", "all and back");
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
  weighted<Extract<Operation, { kind: "award" }>>(5, {
    kind: fc.constant("award"),
    recipient: earner,
    raise: fc.bigInt({ min: 0n, max: 40n * UNIT }),
    absent: fc.uniqueArray(id, { maxLength: 2 }),
    lie,
  }),
  weighted<Extract<Operation, { kind: "claim" }>>(6, {
    kind: fc.constant("claim"),
    account: earner,
    part: fc.integer({ min: 0, max: 5 }),
    direct: fc.boolean(),
  }),
  weighted<Extract<Operation, { kind: "prove" }>>(6, {
    kind: fc.constant("prove"),
    account: earner,
    back: often(1, 2, fc.integer({ min: 0, max: 10 })), // from the root that comes next
    lie: often<"none" | "amount" | "leaf">("none", 4, fc.constantFrom("amount", "leaf")),
    claims: fc.boolean(),
  }),
  weighted<Extract<Operation, { kind: "report" }>>(9, {
    kind: fc.constant("report"),
    closes: often(true, 1, fc.boolean()),
    epoch: often(0, 4, fc.constantFrom(-1, 1)),
    absent: ids,
    lie,
    activate: ids,
    decommission: ids,
    cover: often<Cover>("covered", 3, fc.constantFrom("rootless", "owing")),
    repeat: fc.boolean(),
  }),
  weighted<Extract<Operation, { kind: "reports" }>>(1, {
    kind: fc.constant("reports"),
    count: fc.constantFrom(10, 49),
  }),
  weighted<Extract<Operation, { kind: "show" }>>(4, {
    kind: fc.constant("show"),
    epoch: often(0, 4, fc.constantFrom(-1, 1)),
    signers: ids,
    lie: shownLie,
  }),
  weighted<Extract<Operation, { kind: "contest" }>>(2, {
    kind: fc.constant("contest"),
    caller: often(1, 3, account),
    id,
  }),
  weighted<Extract<Operation, { kind: "contestSigned" }>>(3, {
    kind: fc.constant("contestSigned"),
    epoch: often(0, 2, fc.constantFrom(-1, -2, 1)),
    signers: ids,
    lie: shownLie,
  }),
  weighted<Extract<Operation, { kind: "dropSilent" }>>(2, {
    kind: fc.constant("dropSilent"),
    ids: fc.array(fc.integer({ min: 0, max: SEEDED + 6 }), { minLength: 4, maxLength: 12 }),
  }),
  weighted<Extract<Operation, { kind: "dropFromFloor" }>>(1, { kind: fc.constant("dropFromFloor"), by: caller, ids }),
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
  weighted<Extract<Operation, { kind: "pause" }>>(2, {
    kind: fc.constant("pause"),
    by: caller,
    seconds: often(25, 3, fc.constantFrom(0, 100, 3_600, 30 * 86_400, 31 * 86_400)),
  }),
  weighted<Extract<Operation, { kind: "unpause" }>>(3, { kind: fc.constant("unpause"), by: caller }),
  weighted<Extract<Operation, { kind: "announce" }>>(1, { kind: fc.constant("announce"), by: caller, lists }),
  weighted<Extract<Operation, { kind: "carryOut" }>>(1, { kind: fc.constant("carryOut"), by: caller, lists }),
  weighted<Extract<Operation, { kind: "require" }>>(1, {
    kind: fc.constant("require"),
    percent: fc.constantFrom(40n, 50n, 80n, 120n, 200n, 210n),
  }),
  weighted<Extract<Operation, { kind: "wait" }>>(3, {
    kind: fc.constant("wait"),
    seconds: fc.constantFrom(60, 1_800, 3_600, 7_200, 50_000, 15 * 86_400, 31 * 86_400),
  }),
);

/**
 * The report of the running epoch, at its end: signed by all, never payable, and listing only whom it decommissions.
 */
export function reportOf(decommission: number[]): Operation {
  const [epoch, lie, cover] = [0, "none", "rootless"] as const;
  return { kind: "report", closes: true, epoch, absent: [], lie, activate: [], decommission, cover, repeat: false };
}

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
