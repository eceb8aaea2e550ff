/**
 * What Prometheus reads at /metrics: the agent's status as numbers, and Node's own. Enters: a function that tells the status. Leaves: a registry.
 * Stakes and amounts are whole tokens as floats here, for graphs only; exact numbers are in /v1/status.
 */
import type { AgentStatus, NodeState } from "@quorate/common";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { SubmitterView } from "../../driver/ports.ts";

/** 9 decimals (SessionToken). */
const ATOMIC_PER_TOKEN = 1e9;
const NODE_STATES: readonly NodeState[] = ["pending", "active", "decommissioned", "exited"];

/** 18 decimals. */
const WEI_PER_ETHER = 1e18;

/** The agent's status with its account; null for an agent without one. */
export type MeasuredStatus = AgentStatus & {
  readonly submitter: SubmitterView | null;
  /** Log lines that nobody read in time, since the start. */
  readonly droppedLogLines?: number;
};

interface Metric {
  readonly name: string;
  readonly help: string;
  read(status: MeasuredStatus): number;
}

/** One row each in docs/metrics.md. */
const METRICS: readonly Metric[] = [
  {
    name: "quorate_chain_healthy",
    help: "1 while the chain providers answer and agree; at 0 the agent signs nothing",
    read: ({ chain }) => (chain.healthy ? 1 : 0),
  },
  {
    name: "quorate_head_block",
    help: "number of the last finalised block folded into the ledger",
    read: ({ head }) => head?.number ?? 0,
  },
  {
    name: "quorate_head_timestamp_seconds",
    help: "timestamp of that block; the lag is time() minus it",
    read: ({ head }) => head?.timestamp ?? 0,
  },
  {
    name: "quorate_closed_epoch",
    help: "last epoch closed in the ledger; -1 before the first",
    read: ({ closedEpoch }) => closedEpoch ?? -1,
  },
  {
    name: "quorate_registered",
    help: "1 when this agent's BLS key is registered and has not exited",
    read: ({ nodeId }) => (nodeId === null ? 0 : 1),
  },
  {
    name: "quorate_active_stake_tokens",
    help: "stake of active nodes, in tokens",
    read: ({ activeStake }) => Number(activeStake) / ATOMIC_PER_TOKEN,
  },
  {
    name: "quorate_decommissioned_stake_tokens",
    help: "stake of decommissioned nodes that counts toward the floor, in tokens",
    read: ({ decommissionedStake }) => Number(decommissionedStake) / ATOMIC_PER_TOKEN,
  },
  {
    name: "quorate_silent_stake_tokens",
    help: "stake of decommissioned nodes that were dropped from the floor, in tokens",
    read: ({ silentStake }) => Number(silentStake) / ATOMIC_PER_TOKEN,
  },
  {
    name: "quorate_owed_tokens",
    help: "sum of all lifetime amounts in the ledger, in tokens",
    read: ({ totalOwed }) => Number(totalOwed) / ATOMIC_PER_TOKEN,
  },
  {
    name: "quorate_connected_peers",
    help: "admitted peers with a connection",
    read: ({ connectedPeers }) => connectedPeers,
  },
  { name: "quorate_rounds", help: "rounds held", read: ({ rounds }) => rounds },
  {
    name: "quorate_shares_accepted",
    help: "shares of others that were checked and kept, since the start",
    read: ({ sharesAccepted }) => sharesAccepted,
  },
  {
    name: "quorate_messages_rejected",
    help: "messages rejected and held against their forwarder, since the start",
    read: ({ sharesRejected }) => sharesRejected,
  },
  {
    name: "quorate_disagreements",
    help: "valid shares over another amount than this ledger's, since the start: look at the log when it grows",
    read: ({ disagreements }) => disagreements,
  },
  {
    name: "quorate_aggregates_invalid",
    help: "aggregates of checked shares that did not verify, since the start: a fault of this agent, named in its log",
    read: ({ aggregatesInvalid }) => aggregatesInvalid,
  },
  {
    name: "quorate_log_lines_dropped",
    help: "log lines dropped because nobody read standard error in time, since the start",
    read: ({ droppedLogLines }) => droppedLogLines ?? 0,
  },
  {
    name: "quorate_accepted_reports",
    help: "epochs with a record on chain; one more each epoch while the network reports",
    read: ({ acceptedReports }) => acceptedReports,
  },
  {
    name: "quorate_payable_epoch",
    help: "newest epoch whose root is payable; -1 before the first",
    read: ({ payableEpoch }) => payableEpoch ?? -1,
  },
  {
    name: "quorate_missed_epochs",
    help: "of the last 24 epochs, those whose report does not show this node; three in a row decommission it",
    read: ({ uptime }) => [...uptime].filter((mark) => mark === "M").length,
  },
  {
    name: "quorate_silent_reports",
    help: "accepted reports since this node was last heard while decommissioned; 0 otherwise. From 48 on its stake stops counting, from 168 on it may be liquidated",
    read: ({ silentReports }) => silentReports ?? 0,
  },
  {
    name: "quorate_submitter",
    help: "1 when this agent has an account and sends what the network needs on chain",
    read: ({ submitter }) => (submitter === null ? 0 : 1),
  },
  {
    name: "quorate_submitter_balance_ether",
    help: "what the account has for fees; NaN without an account and before the first look",
    read: ({ submitter }) =>
      submitter?.balanceWei == null ? Number.NaN : Number(submitter.balanceWei) / WEI_PER_ETHER,
  },
  {
    name: "quorate_submitter_queued",
    help: "calls that wait for the account's turn",
    read: ({ submitter }) => submitter?.queued ?? 0,
  },
  {
    name: "quorate_submitter_in_the_way",
    help: "1 while something keeps the account from sending: `quorate status` says what",
    read: ({ submitter }) => (submitter?.inTheWay == null ? 0 : 1),
  },
  {
    name: "quorate_submitter_reorganised",
    help: "transactions that a reorganisation took out of their block, since the start",
    read: ({ submitter }) => submitter?.reorganised ?? 0,
  },
];

export function createMetrics(status: () => MeasuredStatus): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of METRICS) {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read(status()));
        },
      }),
    );
  }
  registry.registerMetric(
    new Gauge({
      name: "quorate_nodes",
      help: "nodes by state",
      labelNames: ["state"],
      registers: [],
      collect() {
        for (const state of NODE_STATES) this.set({ state }, status().nodes[state]);
      },
    }),
  );
  return registry;
}

/** The Markdown table of docs/metrics.md. */
export function renderMetricsTable(): string {
  const rows = [...METRICS, { name: 'quorate_nodes{state="…"}', help: "nodes by state" }].map(
    ({ name, help }) => `| \`${name}\` | ${help} |`,
  );
  return ["| metric | meaning |", "|---|---|", ...rows, ""].join("\n");
}
