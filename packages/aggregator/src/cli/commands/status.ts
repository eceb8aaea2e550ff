/** `quorate status`: one look at a running agent. */
import { createAgentClient, listIds, whyNotSigned } from "@quorate/client";
import { FLOOR_QUORUM_BPS, formatAmount, MONEY_QUORUM_BPS, type UnsignedClaim } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import type { StatusAnswer } from "@quorate/common/http";
import { Command } from "commander";
import { formatEther } from "ethers";
import { addNetworkOption } from "../networks.ts";
import { earningsOf, nextEvents } from "../operator/outlook.ts";
import { principalOf } from "../operator/principal.ts";
import { printFields, printJson, uptimePicture } from "../print.ts";
import { agentsOf } from "../target.ts";
import { readConfig } from "./run.ts";

interface StatusOptions {
  readonly agent?: string;
  readonly config?: string;
  readonly network?: string;
  readonly json?: true;
}

export function statusCommand(): Command {
  const command = new Command("status")
    .summary("one look at a running agent")
    .description(
      "Show whether an agent is ready, and if not, why; its node, what comes next for it and what it has earned; " +
        "chain, peers and\n" +
        "rounds; the reports on chain, how its node was judged by them, and what its account does; and for its " +
        "newest claims why\n" +
        "nodes have not signed.",
    )
    .option("--agent <url>", "an agent's HTTP interface, such as http://127.0.0.1:8900", (text: string) =>
      parseHttpUrl("--agent", text),
    )
    .option("--config <file>", "the YAML file of the agent that runs here", process.env["QUORATE_CONFIG"])
    .addHelpText(
      "after",
      "\nExamples:\n  quorate status --config agent.yaml\n  quorate status --agent http://127.0.0.1:8900",
    );
  return addNetworkOption(command).option("--json", "the whole status as one line of JSON").action(status);
}

async function status(options: StatusOptions): Promise<void> {
  const client = createAgentClient({ url: agentOf(options) });
  const [now, readiness] = await Promise.all([client.status(), client.ready()]);
  const { ownNode } = now;
  const [earnings, principal] = await Promise.all([
    earningsOf(client, now),
    ownNode?.state === "exited" ? principalOf(ownNode, options) : null,
  ]);
  const next = nextEvents(now, principal);
  if (options.json) return printJson({ ...now, ...readiness, next, earnings });
  printFields({
    ready: readiness.ready ? "yes" : `no: ${readiness.reasons.join("; ")}`,
    ...nodeFields(now),
    next: next.join("; "),
    ...Object.fromEntries(
      earnings.map(({ beneficiary, owed, epoch }) => [
        "earnings",
        `${beneficiary} is owed ${formatAmount(owed)} in all, by the close of epoch ${epoch}`,
      ]),
    ),
    chain: now.chain.healthy ? "healthy" : `${now.chain.code}: ${now.chain.detail}`,
    ...providerFields(now.chain),
    "finalised block":
      now.head === null ? null : `${now.head.number} at ${new Date(now.head.timestamp * 1_000).toISOString()}`,
    "closed epoch": now.closedEpoch,
    nodes: Object.entries(now.nodes)
      .map(([state, count]) => `${count} ${state}`)
      .join(", "),
    "active stake": formatAmount(now.activeStake),
    ...reachFields(now),
    "owed in all": formatAmount(now.totalOwed),
    ...reportFields(now),
    peers: `${now.connectedPeers} connected, ${now.meshPeers} in the mesh`,
    rounds: now.rounds,
    shares: `${now.sharesAccepted} accepted, ${now.sharesRejected} rejected, ${now.disagreements} in disagreement`,
    "peer id": now.peerId,
    version: now.version,
  });
  for (const claim of now.unsigned) printUnsigned(claim);
}

/** The one named, that of the file, or the network's first. */
function agentOf({ agent, config, network }: StatusOptions): string {
  if (agent !== undefined || config === undefined || network !== undefined)
    return agentsOf({
      ...(agent === undefined ? {} : { agent }),
      ...(network === undefined ? {} : { network }),
    })[0] as string;
  const { http } = readConfig({ config });
  return `http://${http.host === "0.0.0.0" ? "127.0.0.1" : http.host}:${http.port}`;
}

/**
 * The node with the agent's BLS key: also one that leaves, has left, or is registered otherwise than the agent
 * expects.
 */
function nodeFields({ nodeId, nodeState, ownNode }: StatusAnswer) {
  if (ownNode == null) return { node: nodeId === null ? "not registered" : `${nodeId} (${nodeState})` };
  const { unlocksAt, operator, foreign } = ownNode;
  const unlocks = unlocksAt === null ? null : new Date(unlocksAt * 1_000).toISOString();
  const exit = ownNode.state === "exited" ? "principal" : "may be exited";
  const isForeign = (code: string) => foreign.includes(code);
  return {
    node: `${ownNode.nodeId} (${ownNode.state}${unlocks === null || ownNode.state === "exited" ? "" : ", leaving"})`,
    operator: isForeign("NODE_FOREIGN_OPERATOR") ? `${operator}: another account than keys.operator` : operator,
    ...(unlocks === null ? {} : { [exit]: `from ${unlocks} on` }),
    ...identityField(foreign),
  };
}

function identityField(foreign: readonly string[]) {
  if (foreign.includes("NODE_FOREIGN_IDENTITY"))
    return { identity: "registered with another identity key than the agent's" };
  if (foreign.includes("NODE_IDENTITY_INVALID"))
    return { identity: "its key has not signed for the node: no peer admits it" };
  return {};
}

/** How far the network, as this agent reaches it, is from what a claim needs (P-24, P-126). */
function reachFields({ reach }: StatusAnswer) {
  if (reach == null) return {};
  const { activeBps, floorBps, suffices, missing } = reach;
  const percent = (bps: number | bigint) => `${(Number(bps) / 100).toFixed(2)}%`;
  const active = `${percent(activeBps)} of the active stake (a claim needs ${percent(MONEY_QUORUM_BPS)})`;
  const floor = `${percent(floorBps)} with the decommissioned (${percent(FLOOR_QUORUM_BPS)})`;
  return {
    "stake in reach": `${active}, ${floor}: ${suffices ? "enough" : "not enough"}`,
    ...(missing.length === 0 ? {} : { "out of reach": `nodes ${listIds(missing)}` }),
  };
}

function providerFields({ providers, clockOffsetSeconds }: StatusAnswer["chain"]) {
  const lines = providers.map(({ host, ok, code, detail, finalised, isLate, sinceMs }) => {
    const how = ok === null ? "not asked yet" : ok ? (isLate ? "slow" : "ok") : `${code} (${detail})`;
    return `${host}: ${how}, finalised ${finalised ?? "unknown"}, since ${new Date(sinceMs).toISOString()}`;
  });
  return {
    providers: lines.join("; "),
    ...(clockOffsetSeconds === null ? {} : { clock: clockText(clockOffsetSeconds) }),
  };
}

function clockText(offsetSeconds: number): string {
  const which = offsetSeconds < 0 ? "behind" : "ahead of";
  return `the providers' finalised block is ${Math.abs(offsetSeconds)} s ${which} this machine's clock`;
}

/** What stands on chain about epochs, what it says of this node, and the account that sends. */
function reportFields({ acceptedReports, payableEpoch, uptime, silentReports, submitter }: StatusAnswer) {
  const payable = payableEpoch === null ? "no root is payable yet" : `the root of epoch ${payableEpoch} is payable`;
  return {
    reports: `${acceptedReports} accepted; ${payable}`,
    uptime: uptimePicture(uptime),
    ...(silentReports === null
      ? {}
      : { silent: `not heard for ${silentReports} reports: dropped at 48, liquidated at 168` }),
    ...(submitter === null ? { account: "none: this agent submits nothing" } : accountFields(submitter)),
  };
}

function accountFields(submitter: NonNullable<StatusAnswer["submitter"]>) {
  const { address, balanceWei, inFlight, queued, unfinalised, inTheWay } = submitter;
  const flight = inFlight === null ? "nothing" : `${inFlight.key} (${inFlight.txHash}, nonce ${inFlight.nonce})`;
  return {
    account: `${address}, ${balanceWei === null ? "balance not looked at yet" : `${formatEther(balanceWei)} ether`}`,
    sending: `${flight}; ${queued} queued, ${unfinalised} not final yet`,
    "in the way": inTheWay === null ? "nothing" : `${inTheWay.code} (${inTheWay.atFault}): ${inTheWay.detail}`,
  };
}

/** What this agent could not get signed, and why: asked of the nodes themselves (P-89). */
function printUnsigned(claim: UnsignedClaim): void {
  const { recipient, epoch, status, signedBps, missing } = claim;
  const lines = [
    `claim of ${recipient}, epoch ${epoch}: ${status}, ${(signedBps / 100).toFixed(2)}% signed, missing ` +
      `${listIds(missing)}`,
    ...whyNotSigned(claim).map((why) => `  ${why}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
