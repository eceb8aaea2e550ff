/** `quorate status`: one look at a running agent. */
import { formatAmount } from "@quorate/common";
import { Command } from "commander";
import { createAgentClient } from "../../adapters/http/client.ts";
import { printFields, printJson } from "../print.ts";

interface StatusOptions {
  readonly agent: string;
  readonly json?: true;
}

export function statusCommand(): Command {
  return new Command("status")
    .summary("one look at a running agent")
    .description("Show whether an agent is ready, and if not, why; its node, chain, peers and rounds.")
    .requiredOption("--agent <url>", "an agent's HTTP interface, such as http://127.0.0.1:8900")
    .option("--json", "the whole status as one line of JSON")
    .action(status);
}

async function status(options: StatusOptions): Promise<void> {
  const client = createAgentClient({ url: options.agent });
  const [now, readiness] = await Promise.all([client.status(), client.ready()]);
  if (options.json) return printJson({ ...now, ...readiness });
  printFields({
    ready: readiness.ready ? "yes" : `no: ${readiness.reasons.join("; ")}`,
    node: now.nodeId === null ? "not registered" : `${now.nodeId} (${now.nodeState})`,
    chain: now.chain.healthy ? "healthy" : `${now.chain.code}: ${now.chain.detail}`,
    "finalised block":
      now.head === null ? null : `${now.head.number} at ${new Date(now.head.timestamp * 1_000).toISOString()}`,
    "closed epoch": now.closedEpoch,
    nodes: Object.entries(now.nodes)
      .map(([state, count]) => `${count} ${state}`)
      .join(", "),
    "active stake": formatAmount(now.activeStake),
    "owed in all": formatAmount(now.totalOwed),
    peers: `${now.connectedPeers} connected, ${now.meshPeers} in the mesh`,
    rounds: now.rounds,
    shares: `${now.sharesAccepted} accepted, ${now.sharesRejected} rejected, ${now.disagreements} in disagreement`,
    "peer id": now.peerId,
    version: now.version,
  });
}
