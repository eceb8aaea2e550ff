/** Metrics of this agent's node, and of the node set. */
import type { NodeState } from "@quorate/common";
import { ATOMIC_PER_TOKEN, gauge, gauges, type Metric } from "./metric.ts";

const NODE_STATES: readonly NodeState[] = ["pending", "active", "decommissioned", "exited"];

export const NODE_METRICS: readonly Metric[] = [
  gauge("quorate_registered", "1 when this agent's BLS key is registered and has not exited", ({ nodeId }) =>
    nodeId === null ? 0 : 1,
  ),
  gauge(
    "quorate_ready",
    "1 while a claim that this agent is asked for could succeed: `quorate status` says why not",
    ({ ready }) => (ready === true ? 1 : 0),
  ),
  gauge("quorate_node_leaving", "1 when somebody has asked for this agent's node to leave", ({ ownNode }) =>
    ownNode?.unlocksAt == null ? 0 : 1,
  ),
  gauge(
    "quorate_node_unlock_timestamp_seconds",
    "when a leaving node can be exited; 0 while nobody has asked",
    ({ ownNode }) => ownNode?.unlocksAt ?? 0,
  ),
  gauge("quorate_node_exited", "1 when the node with this agent's BLS key has exited", ({ ownNode }) =>
    ownNode?.state === "exited" ? 1 : 0,
  ),
  gauge(
    "quorate_node_foreign",
    "1 when this agent's BLS key is registered with another identity key, or by another account than keys.operator",
    ({ ownNode }) => (ownNode === null || ownNode === undefined || ownNode.foreign.length === 0 ? 0 : 1),
  ),
  gauges("quorate_node_state", ["state"], "1 for the state of this agent's own node, 0 for the others", ({ ownNode }) =>
    NODE_STATES.map((state) => ({ labels: { state }, value: ownNode?.state === state ? 1 : 0 })),
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
  gauge(
    "quorate_reachable_active_bps",
    "active stake within this agent's reach, in 1/10000: below 9500 no claim can succeed",
    ({ reach }) => reach?.activeBps ?? 0,
  ),
  gauge(
    "quorate_reachable_floor_bps",
    "active and decommissioned stake within reach, in 1/10000: below 7500 no claim can succeed",
    ({ reach }) => reach?.floorBps ?? 0,
  ),
];
