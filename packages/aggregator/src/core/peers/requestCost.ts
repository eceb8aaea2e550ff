/**
 * What a claim request costs every agent, and what follows from it: how many an origin may make, how many rounds begin
 * at once and in a second (P-74, P-77). Enters: the size of the set. Leaves: budgets. Pure.
 */
import {
  BUDGET_ORIGINS_MAX,
  ORIGIN_TURNS_PART,
  REQUEST_BURST_MIN,
  REQUEST_BURST_WORK_MS,
  ROUND_COST_MS,
  ROUND_COST_PER_NODE_MS,
  ROUND_INTERVAL_MIN_MS,
  ROUNDS_AT_ONCE_MAX,
  ROUNDS_AT_ONCE_MIN,
  ROUNDS_AT_ONCE_WORK_MS,
  ROUNDS_BURST_WORK_MS,
  ROUNDS_PROCESSOR_PART,
} from "../limits.ts";
import type { BudgetOptions } from "./budget.ts";
import type { Subnets } from "./subnets.ts";

/** The part of a node set's subnets that costs depend on. */
type SetSize = Pick<Subnets, "nodes" | "bits">;

/** Milliseconds of processor that one round takes of every agent: it hears the shares of its subnet at most. */
export function roundCostMs({ nodes, bits }: SetSize): number {
  return ROUND_COST_MS + (nodes / 2 ** bits) * ROUND_COST_PER_NODE_MS;
}

/** Milliseconds between rounds of others that begin, in the long run. */
function roundIntervalMs(set: SetSize): number {
  return Math.max(ROUND_INTERVAL_MIN_MS, roundCostMs(set) * ROUNDS_PROCESSOR_PART);
}

/** What one origin may ask for (P-74). */
export function requestBudget(set: SetSize): BudgetOptions {
  // The turns of a set with subnets are shared by more origins.
  const workMs = set.bits > 0 ? 0 : REQUEST_BURST_WORK_MS;
  return {
    burst: Math.max(REQUEST_BURST_MIN, Math.round(workMs / roundIntervalMs(set))),
    refillMs: roundIntervalMs(set) * ORIGIN_TURNS_PART,
    originsMax: BUDGET_ORIGINS_MAX,
  };
}

/** Rounds of others that may be in progress. */
export function roundsAtOnce(set: SetSize): number {
  const fitting = Math.floor(ROUNDS_AT_ONCE_WORK_MS / roundCostMs(set));
  return Math.min(ROUNDS_AT_ONCE_MAX, Math.max(ROUNDS_AT_ONCE_MIN, fitting));
}

/** Rounds of others that may begin, over all origins. */
export function roundRate(set: SetSize): BudgetOptions {
  const burst = Math.max(roundsAtOnce(set), Math.floor(ROUNDS_BURST_WORK_MS / roundCostMs(set)));
  return { burst, refillMs: roundIntervalMs(set), originsMax: 1 };
}
