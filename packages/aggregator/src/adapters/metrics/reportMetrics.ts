/** Metrics of the reports on chain, and of how they judge this agent's node. */
import { gauge, type Metric } from "./metric.ts";

export const REPORT_METRICS: readonly Metric[] = [
  gauge(
    "quorate_accepted_reports",
    "epochs with a record in the ledger; one more each epoch while the network reports. A restart may begin a " +
      "little lower",
    ({ acceptedReports }) => acceptedReports,
  ),
  gauge(
    "quorate_payable_epoch",
    "newest epoch whose root is payable; -1 before the first",
    ({ payableEpoch }) => payableEpoch ?? -1,
  ),
  gauge(
    "quorate_missed_epochs",
    "of the last 24 epochs, those whose report does not show this node; three in a row decommission it",
    ({ uptime }) => [...uptime].filter((mark) => mark === "M").length,
  ),
  gauge(
    "quorate_present_epochs",
    "of the last 24 epochs, those whose report shows this node",
    ({ uptime }) => [...uptime].filter((mark) => mark === "P").length,
  ),
  gauge(
    "quorate_missed_in_a_row",
    "epochs missed up to the last that was judged, without one in between that was not; at three the node is " +
      "decommissioned",
    ({ uptime }) => /M*$/.exec(uptime)?.[0].length ?? 0,
  ),
  gauge(
    "quorate_silent_reports",
    "accepted reports since this node was last heard while decommissioned; 0 otherwise. From 48 on its stake stops " +
      "counting, from 168 on it may be liquidated",
    ({ silentReports }) => silentReports ?? 0,
  ),
];
