/** Metrics of the claims that this agent was asked for, and of the signatures that it checks. */
import { counters, histogram, type Metric } from "./metric.ts";

const NONE = { ready: 0, failed: 0, refused: 0 };

export const CLAIM_METRICS: readonly Metric[] = [
  counters(
    "quorate_claims_total",
    ["outcome"],
    "claims since the start: ready with a quorum, failed without one at the deadline (P-86), or refused before the " +
      "network was asked",
    ({ observed }) =>
      Object.entries(observed?.claims ?? NONE).map(([outcome, value]) => ({ labels: { outcome }, value })),
  ),
  histogram("quorate_claim_quorum_seconds", "from a claim's request to its quorum", ({ observed }) => observed?.quorum),
  histogram(
    "quorate_verify_seconds",
    "from the question whether signatures are good to its answer: work, and the wait for what came before",
    ({ observed }) => observed?.verify,
  ),
];
