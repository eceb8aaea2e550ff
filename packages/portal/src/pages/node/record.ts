/** A node's record: by the chain, or as much of it as agents tell. Enters: a connection, an id. Leaves: one shape. */
import { type NodeContributor, type NodeDetails, readNode } from "@quorate/client";
import { quorateError, toHex } from "@quorate/common";
import type { Connection } from "../../network/connection.ts";
import type { Belief } from "../../parts/parts.tsx";
import { nodesQuestion } from "../../truth/nodesSaid.ts";
import type { Panel } from "../../truth/panel.ts";

type Told = Pick<
  NodeDetails,
  "id" | "state" | "operator" | "stake" | "feeBps" | "identityKey" | "silent" | "unlocksAt"
>;

/** What only the contract tells. */
type OfChain = Pick<
  NodeDetails,
  "registeredAt" | "leaveRequestedAt" | "decommissionedAt" | "silentReports" | "liquidated"
>;

export interface NodeRecord extends Told {
  readonly blsKey: string;
  readonly contributors: readonly (Omit<NodeContributor, "withdrawn"> & { readonly withdrawn: boolean | null })[];
  /** Null where no chain can be asked. */
  readonly ofChain: OfChain | null;
  readonly belief: Belief;
}

/** @throws NODE_UNKNOWN, CHAIN_*, AGENT_* */
export async function readRecord(
  { client, chain }: Connection,
  panel: Panel,
  id: number,
  signal: AbortSignal,
): Promise<NodeRecord> {
  if (chain === null) return toldRecord(panel, id, signal);
  const node = await readNode(await client.contract(), id);
  return { ...node, blsKey: toHex(node.blsKey), ofChain: node, belief: { by: "chain" } };
}

async function toldRecord(panel: Panel, id: number, signal: AbortSignal): Promise<NodeRecord> {
  const { value, belief } = await panel.ask(nodesQuestion(signal, id, 1));
  const node = value.nodes.find((one) => one.id === id);
  if (node === undefined) throw quorateError("NODE_UNKNOWN", { node: id });
  const contributors = node.contributors.map((one) => ({ ...one, withdrawn: null }));
  return { ...node, unlocksAt: node.unlocksAt ?? null, contributors, ofChain: null, belief };
}
