/** Metrics of the account that pays for this agent's transactions. */
import { counter, gauge, type Metric, WEI_PER_ETHER } from "./metric.ts";

export const SUBMITTER_METRICS: readonly Metric[] = [
  gauge(
    "quorate_submitter",
    "1 when this agent has an account and sends what the network needs on chain",
    ({ submitter }) => (submitter === null ? 0 : 1),
  ),
  gauge(
    "quorate_submitter_balance_ether",
    "what the account has for fees; NaN without an account and before the first look",
    ({ submitter }) => (submitter?.balanceWei == null ? Number.NaN : Number(submitter.balanceWei) / WEI_PER_ETHER),
  ),
  gauge(
    "quorate_submitter_queued",
    "calls that wait for the account's turn",
    ({ submitter }) => submitter?.queued ?? 0,
  ),
  gauge(
    "quorate_submitter_in_the_way",
    "1 while something keeps the account from sending: `quorate status` says what",
    ({ submitter }) => (submitter?.inTheWay == null ? 0 : 1),
  ),
  counter(
    "quorate_submitter_reorganised_total",
    "transactions that a reorganisation took out of their block, since the start",
    ({ submitter }) => submitter?.reorganised ?? 0,
  ),
];
