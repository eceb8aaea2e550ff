/**
 * What a claim request costs every agent, and what follows from it: how many an origin may make, how many rounds begin
 * at once and in a second (P-74, P-77). Enters: the size of the set. Leaves: budgets. Pure.
 */
import type { Context } from "../context.ts";
import { indexOf } from "../ledger/nodeSet.ts";
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

/** Nodes that have not exited: each of them signs. */
export function nodesInSet({ nodes }: Pick<Context, "nodes">): number {
  return indexOf(nodes).present;
}

/** Milliseconds of processor that one round takes of every agent. */
export function roundCostMs(nodes: number): number {
  return ROUND_COST_MS + nodes * ROUND_COST_PER_NODE_MS;
}

/** Milliseconds between rounds of others that begin, in the long run. */
function roundIntervalMs(nodes: number): number {
  return Math.max(ROUND_INTERVAL_MIN_MS, roundCostMs(nodes) * ROUNDS_PROCESSOR_PART);
}

/** What one origin may ask for (P-74). */
export function requestBudget(nodes: number): BudgetOptions {
  const burst = Math.round(REQUEST_BURST_WORK_MS / roundIntervalMs(nodes));
  return {
    burst: Math.max(REQUEST_BURST_MIN, burst),
    refillMs: roundIntervalMs(nodes) * ORIGIN_TURNS_PART,
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
  const burst = Math.max(roundsAtOnce(nodes), Math.floor(ROUNDS_BURST_WORK_MS / roundCostMs(nodes)));
  return { burst, refillMs: roundIntervalMs(nodes), originsMax: 1 };
}
