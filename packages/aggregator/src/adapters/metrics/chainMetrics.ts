/** Metrics of the chain as this agent reads it. */
import { ATOMIC_PER_TOKEN, counters, gauge, gauges, type Metric } from "./metric.ts";

export const CHAIN_METRICS: readonly Metric[] = [
  gauge(
    "quorate_chain_healthy",
    "1 while the chain providers answer and agree; at 0 the agent signs nothing",
    ({ chain }) => (chain.healthy ? 1 : 0),
  ),
  gauges(
    "quorate_chain_provider_ok",
    ["provider"],
    "1 while this provider answers and agrees with most of them; 0 also before its first answer",
    ({ chain }) => chain.providers.map(({ host, ok }) => ({ labels: { provider: host }, value: ok ? 1 : 0 })),
  ),
  counters(
    "quorate_chain_provider_failures_total",
    ["provider", "code"],
    "questions to this provider that failed, and contradictions held against it, by code",
    ({ chain }) =>
      chain.providers.flatMap(({ host, failures }) =>
        Object.entries(failures).map(([code, value]) => ({ labels: { provider: host, code }, value })),
      ),
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
