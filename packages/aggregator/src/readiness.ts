/**
 * Whether a claim that this agent is asked for now could succeed, and if not, why and who can do something about it
 * (P-126). Enters: the agent's status, and what its process knows of its store. Leaves: causes for machines, lines
 * for people. Not its job: changing anything.
 */
import {
  type AgentStatus,
  ERROR_CODES,
  type ErrorCode,
  FLOOR_QUORUM_BPS,
  MONEY_QUORUM_BPS,
  type NotReady,
  type Readiness,
  type StakeReach,
} from "@quorate/common";

export interface Situation {
  readonly status: Pick<
    AgentStatus,
    "chain" | "closedEpoch" | "nodes" | "nodeId" | "ownNode" | "connectedPeers" | "reach"
  >;
  /** The agent's own key, hex. */
  readonly blsKey: string;
  /** What keeps the store from being written, or ended the agent; null while nothing is known of such a thing. */
  readonly fault: { readonly code: ErrorCode; readonly values: NotReady["values"] } | null;
}

/** Ids in a cause: whoever wants all of them asks for the status. */
const SHOWN_IDS_MAX = 64;

const NO_STAKE: StakeReach = { activeBps: 0, floorBps: 0, suffices: false, missing: [] };

const PEERLESS: ErrorCode = "NETWORK_PEER_NOT_CONNECTED";

/** Who can do something about an unhealthy chain; the provider unless it is named here. */
const CHAIN_AT_FAULT: Readonly<Partial<Record<ErrorCode, NotReady["atFault"]>>> = {
  CHAIN_WRONG_ID: "configuration",
  CHAIN_NO_CONTRACT: "configuration",
  CHAIN_UNHEALTHY: "nobody",
};

export function readiness(situation: Situation): Readiness {
  const causes = [...ofStore(situation), ...ofChain(situation), ...ofNode(situation), ...ofNetwork(situation)];
  return { ready: causes.length === 0, reasons: causes.map(inWords), causes };
}

function ofStore({ fault }: Situation): NotReady[] {
  if (fault === null) return [];
  const atFault = fault.code.startsWith("STORE_") ? "store" : "nobody";
  return [cause(fault.code, atFault, fault.values)];
}

function ofChain({ status: { chain, closedEpoch } }: Situation): NotReady[] {
  const causes: NotReady[] = [];
  if (!chain.healthy) {
    causes.push(cause(chain.code, CHAIN_AT_FAULT[chain.code] ?? "provider", { detail: chain.detail }));
  }
  if (closedEpoch === null) causes.push(cause("EPOCH_NOT_CLOSED", "nobody", { closedEpochs: 0 }));
  return causes;
}

function ofNode({ status: { nodeId, ownNode }, blsKey }: Situation): NotReady[] {
  if (nodeId === null) {
    if (ownNode?.state !== "exited") return [cause("NODE_NOT_REGISTERED", "operator", { blsKey })];
    return [cause("NODE_EXITED", "operator", { nodeId: ownNode.nodeId })];
  }
  // Another account's node can serve claims like any; with another identity key its requests are nobody's.
  const codes = ownNode?.foreign.filter((code) => code !== "NODE_FOREIGN_OPERATOR") ?? [];
  return codes.map((code) => cause(code, "operator", { nodeId }));
}

function ofNetwork({ status: { nodes, nodeId, connectedPeers, reach } }: Situation): NotReady[] {
  const others = nodes.active + nodes.pending + nodes.decommissioned - (nodeId === null ? 0 : 1);
  if (others > 0 && connectedPeers === 0) return [cause(PEERLESS, "network", { nodes: others, connectedPeers })];
  const { activeBps, floorBps, suffices, missing } = reach ?? NO_STAKE;
  // Without a node that is active nobody can sign what moves money.
  if (suffices || (reach == null && nodes.active > 0)) return [];
  const needed = { neededBps: Number(MONEY_QUORUM_BPS), neededFloorBps: Number(FLOOR_QUORUM_BPS) };
  const out = { missing: missing.slice(0, SHOWN_IDS_MAX), missingNodes: missing.length };
  return [cause("STAKE_OUT_OF_REACH", "nodes", { activeBps, floorBps, ...needed, ...out })];
}

function cause(code: ErrorCode, atFault: NotReady["atFault"], values: NotReady["values"]): NotReady {
  return { code, atFault, values, remedy: ERROR_CODES[code].remedy };
}

/** `STAKE_OUT_OF_REACH (nodes): The nodes within … activeBps 9000, neededBps 9500 …` */
function inWords({ code, atFault, values }: NotReady): string {
  const shown = Object.entries(values).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(",") : value}`,
  );
  const summary = code === PEERLESS ? "No peer is connected." : ERROR_CODES[code].summary;
  return `${code} (${atFault}): ${summary} ${shown.join("; ")}`;
}
