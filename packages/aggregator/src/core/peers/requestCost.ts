/**
 * What a claim request costs every agent, and what follows from it: how many an origin may make, how many rounds begin
 * at once and in a second (P-74, P-77). Enters: the size of the set. Leaves: budgets. Pure.
 */
import type { Context } from "../context.ts";
import {
  BUDGET_ORIGINS_MAX,
  REQUEST_BURST_MAX,
  REQUEST_BURST_MIN,
  REQUEST_BURST_WORK_MS,
  REQUEST_REFILL_MIN_MS,
  ROUND_COST_PER_NODE_MS,
  ROUNDS_AT_ONCE_MAX,
  ROUNDS_AT_ONCE_MIN,
  ROUNDS_AT_ONCE_WORK_MS,
  ROUNDS_PROCESSOR_PART,
} from "../limits.ts";
import type { BudgetOptions } from "./budget.ts";

/** Nodes that have not exited: each of them signs. */
export function nodesInSet({ nodes }: Pick<Context, "nodes">): number {
  return nodes.reduce((count, { state }) => count + (state === "exited" ? 0 : 1), 0);
}

/** Milliseconds of processor that one round takes of every agent. */
export function roundCostMs(nodes: number): number {
  return Math.max(1, nodes * ROUND_COST_PER_NODE_MS);
}

/** What one origin may ask for (P-74). */
export function requestBudget(nodes: number): BudgetOptions {
  const intervalMs = roundCostMs(nodes) * ROUNDS_PROCESSOR_PART;
  const burst = Math.round(REQUEST_BURST_WORK_MS / intervalMs);
  return {
    burst: Math.min(REQUEST_BURST_MAX, Math.max(REQUEST_BURST_MIN, burst)),
    refillMs: Math.max(REQUEST_REFILL_MIN_MS, intervalMs),
    originsMax: BUDGET_ORIGINS_MAX,
  };
}

/** Rounds of others that may be in progress. */
export function roundsAtOnce(nodes: number): number {
  const fitting = Math.floor(ROUNDS_AT_ONCE_WORK_MS / roundCostMs(nodes));
  return Math.min(ROUNDS_AT_ONCE_MAX, Math.max(ROUNDS_AT_ONCE_MIN, fitting));
}

/** Rounds of others that may begin, over all origins. */
export function roundRate(nodes: number): BudgetOptions {
  return { burst: roundsAtOnce(nodes), refillMs: roundCostMs(nodes) * ROUNDS_PROCESSOR_PART, originsMax: 1 };
}
