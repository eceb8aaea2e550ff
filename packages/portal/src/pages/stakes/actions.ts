/**
 * What an account can do about a node or a pool now, by the contract's own rules (P-33 to P-36, P-47, P-111). Enters:
 * what the chain has, an account, the chain's time. Leaves: for each button whether the contract would take it, else
 * why not and from when on. Not its job: trying the call; sending does that (sending/plan.ts).
 */
import { LEAVE_SECONDS, type NodeContributor, type NodeDetails, type PoolView } from "@quorate/client";
import type { Address } from "@quorate/common";

/** Of the stake, in 1/10000: with less, a contributor that is not the operator waits before ending a node (P-33). */
const SMALL_CONTRIBUTOR_BPS = 2_500n;
const SMALL_CONTRIBUTOR_SECONDS = 30 * 86_400;
/**
 * What a liquidation takes from the operator, in 1/10000 of the node's stake: the liquidator's part and the pool's
 * (P-36).
 */
const LIQUIDATION_BPS = [3n, 17n] as const;
const BPS = 10_000n;
/** Silent reports from which on anyone may liquidate a decommissioned node (P-36). */
export const LIQUIDATION_REPORTS = 168;

export type NodeAction = "leave" | "exit" | "withdraw" | "contest";
export type PoolAction = "topUp" | "withdraw" | "refund" | "finalize" | "end" | "open";

/** Why the contract would refuse it now. */
export type Reason =
  | "exited"
  | "asked"
  | "notYours"
  | "small"
  | "notAsked"
  | "locked"
  | "inSet"
  | "paid"
  | "notOperator"
  | "notDecommissioned"
  | "full"
  | "tooEarly"
  | "ownerEnds"
  | "notFull";

export interface Possibility<A> {
  readonly action: A;
  /** Null when the contract would take it now. */
  readonly reason: Reason | null;
  /** Seconds since 1970 from which on it works; null where time alone does not help, or nobody knows yet. */
  readonly from: number | null;
}

const can = <A>(action: A): Possibility<A> => ({ action, reason: null, from: null });
const cannot = <A>(action: A, reason: Reason, from: number | null = null): Possibility<A> => ({ action, reason, from });

/** The account's own part of a node; null where it has none. */
export function partOf({ contributors }: NodeDetails, account: Address): NodeContributor | null {
  return contributors.find(({ addr }) => addr === account) ?? null;
}

/** What a liquidation takes from the operator's part, in atomic units (P-36). */
export function liquidationOf(stake: bigint): { readonly liquidator: bigint; readonly pool: bigint } {
  const [liquidator, pool] = LIQUIDATION_BPS.map((bps) => (stake * bps) / BPS) as [bigint, bigint];
  return { liquidator, pool };
}

/** What the account is paid back, in atomic units: less than its stake only for the operator of a liquidated node. */
export function principalOf(node: NodeDetails, account: Address): bigint {
  const part = partOf(node, account);
  if (part === null) return 0n;
  if (!node.liquidated || node.contributors[0]?.addr !== account) return part.stake;
  const { liquidator, pool } = liquidationOf(node.stake);
  return part.stake - liquidator - pool;
}

/** @param now the chain's time, in seconds since 1970 */
export function nodeActions(node: NodeDetails, account: Address, now: number): readonly Possibility<NodeAction>[] {
  return [leave(node, account, now), exit(node, now), withdraw(node, account, now), contest(node, account)];
}

function leave(node: NodeDetails, account: Address, now: number): Possibility<NodeAction> {
  const { state, leaveRequestedAt, operator, stake, registeredAt } = node;
  if (state === "exited") return cannot("leave", "exited");
  if (leaveRequestedAt !== null) return cannot("leave", "asked");
  if (operator === account) return can("leave");
  const part = partOf(node, account);
  if (part === null) return cannot("leave", "notYours");
  const allowedAt = registeredAt + SMALL_CONTRIBUTOR_SECONDS;
  const isSmall = part.stake * BPS < stake * SMALL_CONTRIBUTOR_BPS;
  return isSmall && now < allowedAt ? cannot("leave", "small", allowedAt) : can("leave");
}

function exit({ state, unlocksAt }: NodeDetails, now: number): Possibility<NodeAction> {
  if (state === "exited") return cannot("exit", "exited");
  if (unlocksAt === null) return cannot("exit", "notAsked");
  return now < unlocksAt ? cannot("exit", "locked", unlocksAt) : can("exit");
}

function withdraw(node: NodeDetails, account: Address, now: number): Possibility<NodeAction> {
  const { state, unlocksAt } = node;
  const part = partOf(node, account);
  if (part === null) return cannot("withdraw", "notYours");
  if (state !== "exited") return cannot("withdraw", "inSet", unlocksAt);
  if (part.withdrawn) return cannot("withdraw", "paid");
  return unlocksAt !== null && now < unlocksAt ? cannot("withdraw", "locked", unlocksAt) : can("withdraw");
}

function contest({ state, operator }: NodeDetails, account: Address): Possibility<NodeAction> {
  if (operator !== account) return cannot("contest", "notOperator");
  return state === "decommissioned" ? can("contest") : cannot("contest", "notDecommissioned");
}

/** If it were asked to leave now: from when on it may be exited and its principal is free (P-33 to P-35). */
export function freeIfLeftAt(now: number): number {
  return now + LEAVE_SECONDS;
}

/** @param now the chain's time, in seconds since 1970 */
export function poolActions(pool: PoolView, account: Address, now: number): readonly Possibility<PoolAction>[] {
  const { status, operator, bounds, refundable, contributions, manualFinalize, withdrawableAt } = pool;
  const isOperator = operator === account;
  const isRunning = status === "open" || status === "full";
  const isIn = contributions.some(({ addr }) => addr === account);
  const found: Possibility<PoolAction>[] = [];
  if (isRunning && isIn) found.push(bounds.maximum > 0n ? can("topUp") : cannot("topUp", "full"));
  if (isRunning && isIn) {
    if (isOperator) found.push(cannot("withdraw", "ownerEnds"));
    else if (withdrawableAt !== null && now < withdrawableAt) {
      found.push(cannot("withdraw", "tooEarly", withdrawableAt));
    } else found.push(can("withdraw"));
  }
  if (refundable > 0n) found.push(can("refund"));
  if (isOperator && isRunning) {
    if (manualFinalize) found.push(status === "full" ? can("finalize") : cannot("finalize", "notFull"));
    found.push(can("end"));
  }
  if (isOperator && status === "setup") found.push(can("open"));
  return found;
}
