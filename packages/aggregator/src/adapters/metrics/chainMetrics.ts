/** Metrics of the chain as this agent reads it. */
import { ATOMIC_PER_TOKEN, gauge, type Metric } from "./metric.ts";

export const CHAIN_METRICS: readonly Metric[] = [
  gauge(
    "quorate_chain_healthy",
    "1 while the chain providers answer and agree; at 0 the agent signs nothing",
    ({ chain }) => (chain.healthy ? 1 : 0),
  ),
  gauge(
    "quorate_head_block",
    "number of the last finalised block folded into the ledger",
    ({ head }) => head?.number ?? 0,
  ),
  gauge(
    "quorate_head_timestamp_seconds",
    "timestamp of that block; the lag is time() minus it",
    ({ head }) => head?.timestamp ?? 0,
  ),
  gauge(
    "quorate_closed_epoch",
    "last epoch closed in the ledger; -1 before the first",
    ({ closedEpoch }) => closedEpoch ?? -1,
  ),
  gauge(
    "quorate_owed_tokens",
    "sum of all lifetime amounts in the ledger, in tokens",
    ({ totalOwed }) => Number(totalOwed) / ATOMIC_PER_TOKEN,
  ),
];
