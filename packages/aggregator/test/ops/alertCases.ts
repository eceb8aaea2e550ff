/**
 * What each alert of ops/prometheus/alerts.yaml is to fire on, as series in promtool's notation (a sample a minute),
 * and the healthy agent on which none may.
 */
export interface AlertCase {
  /** Values of each series. */
  readonly on: Readonly<Record<string, string>>;
  /** Minutes after which it fires. */
  readonly firesAt: number;
  /** Minutes at which it does not yet. */
  readonly quietAt?: number;
}

const soon = (series: string, values: string): AlertCase => ({ on: { [series]: values }, firesAt: 2 });
const after = (minutes: number, series: string, values: string): AlertCase => {
  return { on: { [series]: values }, firesAt: minutes + 1, quietAt: minutes - 1 };
};

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  QuorateAgentDown: after(5, "up", "0x20"),
  QuorateNotReady: after(10, "quorate_ready", "0x20"),
  QuorateEventLoopSlow: after(10, "nodejs_eventloop_lag_p99_seconds", "0.15x20"),
  QuorateStoreDiskFilling: after(5, "quorate_store_free_bytes", "900000000x20"),
  QuorateStoreNotSeen: after(5, "quorate_store_free_bytes", "NaN NaN NaN NaN NaN NaN NaN NaN"),
  QuorateLogLinesDropped: soon("quorate_log_lines_dropped_total", "0 4 9"),
  QuorateChainUnhealthy: after(2, "quorate_chain_healthy", "0x20"),
  QuorateChainProviderFailing: after(15, "quorate_chain_provider_ok", "0x20"),
  QuorateChainBehind: {
    on: { quorate_head_timestamp_seconds: "0x90" },
    firesAt: 75,
    quietAt: 59,
  },
  QuorateNodeMissedEpoch: soon("quorate_missed_in_a_row", "0 1 1"),
  QuorateNodeNearlyDecommissioned: soon("quorate_missed_in_a_row", "1 2 2"),
  QuorateNodeDecommissioned: soon("quorate_node_state", "0 1 1"),
  QuorateNodeSilent: soon("quorate_silent_reports", "22 23 24"),
  QuorateNodeLeaving: soon("quorate_node_leaving", "0 1 1"),
  QuorateNodeForeign: soon("quorate_node_foreign", "0 1 1"),
  QuorateNodeNotRegistered: {
    on: { quorate_registered: "0x90", quorate_node_exited: "0x90" },
    firesAt: 61,
    quietAt: 59,
  },
  QuorateFewPeers: after(10, "quorate_connected_peers", "2x20"),
  QuorateStakeOutOfReach: after(15, "quorate_reachable_active_bps", "9499x20"),
  QuorateDisagreements: soon("quorate_disagreements_total", "0 8 16"),
  QuorateAggregatesInvalid: soon("quorate_aggregates_invalid_total", "0 1 1"),
  QuorateNoReports: { on: { quorate_accepted_reports: "5x400" }, firesAt: 241, quietAt: 239 },
  QuorateNoPayableRoot: {
    on: { quorate_payable_epoch: "5x400", quorate_accepted_reports: "5+1x400" },
    firesAt: 361,
    quietAt: 359,
  },
  QuorateClaimsFail: {
    on: { 'quorate_claims_total{outcome="ready"}': "0 3 6", 'quorate_claims_total{outcome="failed"}': "0 1 2" },
    firesAt: 2,
  },
  QuorateQuorumSlow: {
    on: {
      'quorate_claim_quorum_seconds_bucket{le="8"}': "0+8x40",
      'quorate_claim_quorum_seconds_bucket{le="16"}': "0+10x40",
      'quorate_claim_quorum_seconds_bucket{le="+Inf"}': "0+10x40",
    },
    firesAt: 20,
    quietAt: 14,
  },
  QuorateClaimsWait: after(5, "quorate_claims_waiting", "17x20"),
  QuorateHttpFaults: soon("quorate_http_answers_total", "0 1 1"),
  QuorateSubmitterStuck: after(15, "quorate_submitter_in_the_way", "1x20"),
  QuorateSubmitterPoor: after(10, "quorate_submitter_balance_ether", "0.04x20"),
};

/** Seven hours of an agent that is well, has an account, and whose last epoch but a few was missed. */
export const HEALTHY: Readonly<Record<string, string>> = {
  up: "1x430",
  quorate_ready: "1x430",
  nodejs_eventloop_lag_p99_seconds: "0.02x430",
  quorate_store_free_bytes: "5000000000x430",
  quorate_log_lines_dropped_total: "3x430",
  quorate_chain_healthy: "1x430",
  quorate_chain_provider_ok: "1x430",
  quorate_head_timestamp_seconds: "0+60x430",
  quorate_missed_in_a_row: "0x430",
  'quorate_node_state{state="active"}': "1x430",
  'quorate_node_state{state="decommissioned"}': "0x430",
  quorate_silent_reports: "0x430",
  quorate_node_leaving: "0x430",
  quorate_node_foreign: "0x430",
  quorate_registered: "1x430",
  quorate_node_exited: "0x430",
  quorate_connected_peers: "20x430",
  quorate_reachable_active_bps: "9990x430",
  quorate_disagreements_total: "2x430",
  quorate_aggregates_invalid_total: "0x430",
  quorate_accepted_reports: "7+0.02x430",
  quorate_payable_epoch: "6+0.02x430",
  'quorate_claims_total{outcome="ready"}': "0+2x430",
  'quorate_claims_total{outcome="failed"}': "1+0.1x430",
  'quorate_claim_quorum_seconds_bucket{le="2"}': "0+19x430",
  'quorate_claim_quorum_seconds_bucket{le="8"}': "0+20x430",
  'quorate_claim_quorum_seconds_bucket{le="+Inf"}': "0+20x430",
  quorate_claims_waiting: "1x430",
  'quorate_http_answers_total{status="5xx"}': "1x430",
  quorate_submitter_in_the_way: "0x430",
  quorate_submitter_balance_ether: "0.4x430",
};
