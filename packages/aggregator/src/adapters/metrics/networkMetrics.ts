/** Metrics of peers, and of what they send. */
import { counter, counters, gauge, type Metric } from "./metric.ts";

export const NETWORK_METRICS: readonly Metric[] = [
  gauge("quorate_connected_peers", "admitted peers with a connection", ({ connectedPeers }) => connectedPeers),
  gauge("quorate_rounds", "rounds held", ({ rounds }) => rounds),
  counter(
    "quorate_shares_accepted_total",
    "shares of others that were checked and kept, since the start",
    ({ sharesAccepted }) => sharesAccepted,
  ),
  counter(
    "quorate_messages_rejected_total",
    "messages rejected and held against their forwarder, since the start",
    ({ sharesRejected }) => sharesRejected,
  ),
  counter(
    "quorate_disagreements_total",
    "valid shares over another amount than this ledger's, since the start: look at the log when it grows",
    ({ disagreements }) => disagreements,
  ),
  counter(
    "quorate_aggregates_invalid_total",
    "aggregates of checked shares that did not verify, since the start: a fault of this agent, named in its log",
    ({ aggregatesInvalid }) => aggregatesInvalid,
  ),
  counters(
    "quorate_direct_messages_total",
    ["outcome"],
    "messages to or from single peers, since the start: sent, received, or dropped because the peer was gone or slow",
    ({ direct = { sent: 0, received: 0, dropped: 0 } }) =>
      Object.entries(direct).map(([outcome, value]) => ({ labels: { outcome }, value })),
  ),
];
