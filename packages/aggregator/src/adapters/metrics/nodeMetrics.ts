/** Metrics of this agent's node, and of the node set. */
import type { NodeState } from "@quorate/common";
import { ATOMIC_PER_TOKEN, gauge, gauges, type Metric } from "./metric.ts";

const NODE_STATES: readonly NodeState[] = ["pending", "active", "decommissioned", "exited"];

export const NODE_METRICS: readonly Metric[] = [
  gauge("quorate_registered", "1 when this agent's BLS key is registered and has not exited", ({ nodeId }) =>
    nodeId === null ? 0 : 1,
  ),
  gauges("quorate_nodes", ["state"], "nodes by state", ({ nodes }) =>
    NODE_STATES.map((state) => ({ labels: { state }, value: nodes[state] })),
  ),
  gauge(
    "quorate_active_stake_tokens",
    "stake of active nodes, in tokens",
    ({ activeStake }) => Number(activeStake) / ATOMIC_PER_TOKEN,
  ),
  gauge(
    "quorate_decommissioned_stake_tokens",
    "stake of decommissioned nodes that counts toward the floor, in tokens",
    ({ decommissionedStake }) => Number(decommissionedStake) / ATOMIC_PER_TOKEN,
  ),
  gauge(
    "quorate_silent_stake_tokens",
    "stake of decommissioned nodes that were dropped from the floor, in tokens",
    ({ silentStake }) => Number(silentStake) / ATOMIC_PER_TOKEN,
  ),
];
