/**
 * What an operator may see of the state, as plain data (§10 of the design: status and metrics). Reads only.
 */
import type { AgentStatus, NodeState } from "@quorate/common";
import type { Context } from "./context.ts";
import { lastClosedEpoch } from "./ledger/ledger.ts";
import { silentReports } from "./ledger/uptime.ts";

/** What the stages tell. */
export type Counted = Pick<
  AgentStatus,
  "rounds" | "sharesAccepted" | "sharesRejected" | "disagreements" | "aggregatesInvalid" | "reach" | "ownNode"
>;

export function agentStatus(context: Context, counted: Counted): AgentStatus {
  const { ledger, ownNode, health, connected } = context;
  const nodes: Record<NodeState, number> = { pending: 0, active: 0, decommissioned: 0, exited: 0 };
  let activeStake = 0n;
  let decommissionedStake = 0n;
  let silentStake = 0n;
  for (const node of context.nodes) {
    nodes[node.state] += 1;
    if (node.state === "active") activeStake += node.stake;
    if (node.state !== "decommissioned") continue;
    if (node.silent) silentStake += node.stake;
    else decommissionedStake += node.stake;
  }
  return {
    nodeId: ownNode?.id ?? null,
    nodeState: ownNode?.state ?? null,
    head: ledger.head,
    chain: health,
    genesis: ledger.genesis,
    epochSeconds: ledger.epochSeconds,
    closedEpoch: lastClosedEpoch(ledger),
    nodes,
    activeStake,
    decommissionedStake,
    silentStake,
    totalOwed: ledger.totalOwed,
    acceptedReports: ledger.uptime.acceptedReports,
    payableEpoch: ledger.uptime.payableRoots.at(-1)?.epoch ?? null,
    uptime: (ownNode === null ? undefined : ledger.uptime.nodes.get(ownNode.id)?.strip) ?? "",
    silentReports: ownNode === null ? null : silentReports(ledger, ownNode.id),
    connectedPeers: connected.length,
    ...counted,
  };
}
