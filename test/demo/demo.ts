/**
 * The demo from an empty directory to paid tokens, stage by stage. In: checked flags. Out: facts for the result, and a
 * display of what happens. Every part is real: processes, sockets, chain, contracts, commands. Not its job: signals and
 * exit status.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ClaimProgress, createClient, type Payment, type QuorateClient, whyNotSigned } from "@quorate/client";
import { type Address, type ClaimView, formatAmount, isQuorateError, type NodeId, quorateError } from "@quorate/common";
import { Wallet } from "ethers";
import { type Chain, startChain } from "../harness/chain.ts";
import { runCli } from "../harness/cli.ts";
import { type LocalNetwork, LocalNetwork as Network } from "../harness/network.ts";
import { registerByCli } from "../harness/register.ts";
import { balanceOf } from "../harness/settle.ts";
import { keepDirectory, makeTempDirectory, removeDirectory } from "../harness/tempDirectory.ts";
import { waitFor } from "../harness/waitFor.ts";
import type { DemoOptions } from "./flags.ts";
import { buildPage, compile, formMesh, startAgents } from "./ground.ts";
import { claimIsPaidWithout, lifeEpochSeconds, lifeSubmitters, showLife } from "./life.ts";
import { askedAgent, type DemoContext, silence } from "./parts.ts";
import type { Progress } from "./progress.ts";
import { type DemoResult, percent } from "./result.ts";

/**
 * The demo's answer comes within this time after the staker's request: an agent collects for `CLAIM_DEADLINE_MS`, and
 * the rest is for two busy cores.
 */
export const DEADLINE_MS = 15_000;
const CLAIM_DEADLINE_MS = 10_000;

/** Long enough to hold one claim, short enough that the first one has closed when 24 agents are up. */
const EPOCH_SECONDS = 15;

/** The staker is the operator of this node: never among the silent ones, which are the last. */
const STAKER: NodeId = 1;

export async function runDemo(options: DemoOptions, context: DemoContext): Promise<void> {
  const { progress, cleanup } = context;
  progress.print(headline(options, progress));
  const directory = makeTempDirectory("quorate-demo-");
  context.learn({ logs: directory });
  cleanup.add(() => {
    if (context.signal.aborted) context.learn({ logs: null });
    if (context.result().logs === null) removeDirectory(directory);
    else keepDirectory(directory);
  });
  const network = await showMainJob(options, directory, context);
  if (options.life && network !== null) await showLife(options, network, context);
  // It went as it should, with or without a quorum: nobody needs the logs.
  context.learn({ logs: null });
}

/** The network, which still runs; null where the claim was not signed. */
async function showMainJob(
  options: DemoOptions,
  directory: string,
  context: DemoContext,
): Promise<LocalNetwork | null> {
  const { progress } = context;
  await compile(progress);
  await buildPage(progress);
  const chain = await startLocalChain(options, directory, context);
  const network = await deployAndSeed(chain, directory, options, context);
  await startAgents(network, context);
  await formMesh(network, context);
  progress.print(`  Open ${askedAgent(network).http}/ to look on; it ends with the demo.`);
  await registerOneMore(network, context);
  if (!options.life || claimIsPaidWithout(options)) await silence(network, options.offline, progress);
  await firstEpoch(network, context);

  const staker = network.node(STAKER).operator;
  const balanceBefore = await balanceOf(network, staker);
  context.learn({
    recipient: staker,
    balanceBeforeAtomic: String(balanceBefore),
    balanceAfterAtomic: String(balanceBefore),
  });
  const agents = [askedAgent(network).http];
  // What one agent gets signed is shown: where it falls short, no other would do better here.
  const client = createClient({ agents, chain: [chain.url], rewards: network.rewards, discover: false });
  context.cleanup.add(() => client.close());
  const payment = await collectClaim(client, network, staker, context);
  if (payment === null) return null;
  await verifyBundle(network, payment, context);
  await claimTokens(client, network, payment, balanceBefore, context);
  return network;
}

function headline({ nodes, offline }: DemoOptions, { style }: Progress): string {
  const silent = offline === 0 ? "none of them silent" : `${offline} of them silent`;
  return (
    `\n  ${style("bold", "Quorate")}  ${nodes} service nodes of equal stake, ${silent}; a reward claim needs 95% of ` +
    "the stake\n"
  );
}

async function startLocalChain(
  options: DemoOptions,
  directory: string,
  { progress, cleanup }: DemoContext,
): Promise<Chain> {
  const stage = progress.stage("Local chain up");
  // One account for the owner, one for each node, one for the node that registers later.
  const chain = await startChain("hardhat", directory, { accountCount: options.nodes + 2 });
  cleanup.add(() => chain.stop());
  stage.done(`Hardhat's node, a block a second, ${chain.url}`);
  return chain;
}

async function deployAndSeed(
  chain: Chain,
  directory: string,
  options: DemoOptions,
  { progress, cleanup }: DemoContext,
): Promise<LocalNetwork> {
  const { nodes, life } = options;
  const deploying = progress.stage("Contracts deployed");
  const epochSeconds = life ? lifeEpochSeconds(nodes) : EPOCH_SECONDS;
  const submitters = life ? lifeSubmitters(nodes) : [];
  const settings = { nodes, epochSeconds, claimDeadlineMs: CLAIM_DEADLINE_MS, submitters };
  const network = await Network.deploy(chain, directory, settings, cleanup);
  deploying.done(`ServiceNodeRewards at ${network.rewards}`);
  const seeding = progress.stage("Nodes seeded");
  await network.seedAndStart();
  seeding.done(`${nodes} with proofs of possession; epoch 0 has begun, ${epochSeconds} s long`);
  return network;
}

async function registerOneMore(network: LocalNetwork, { progress, signal, learn }: DemoContext): Promise<void> {
  const stage = progress.stage("One more node");
  const id = network.nodes.length + 1;
  await registerByCli(network, id, { onCommand: (command) => stage.update(command), signal });
  const agent = network.agent(1);
  await waitFor({ what: `node ${id} to show as pending`, timeoutMs: 30_000, signal }, async (report) => {
    const node = (await agent.client.nodes()).find((candidate) => candidate.id === id);
    report(node === undefined ? "not there" : node.state);
    return node?.state === "pending" ? node : null;
  });
  learn({ pendingNode: id });
  stage.done(`node ${id} has registered by \`quorate register\` and shows as pending`);
}

async function firstEpoch(network: LocalNetwork, { progress, signal }: DemoContext): Promise<void> {
  const stage = progress.stage("Epoch closed");
  const agent = askedAgent(network);
  const timeoutMs = network.deployment.parameters.epochSeconds * 1_000 + 60_000;
  const epoch = await waitFor({ what: "the first epoch to close", timeoutMs, signal }, async (report) => {
    const { head, genesis, epochSeconds, closedEpoch } = await agent.client.status();
    const left = (genesis ?? 0) + (epochSeconds ?? 0) - (head?.timestamp ?? 0);
    stage.live(left > 0 ? `${left} s of block time left` : "closing");
    report(`head ${head?.number}, closed epoch ${closedEpoch}`);
    return closedEpoch;
  });
  stage.done(`epoch ${epoch}: each agent's ledger now says who is owed what`);
}

/** Asks as a staker's program does, one agent first. Null where the quorum was not reached (P-86). */
async function collectClaim(
  client: QuorateClient,
  network: LocalNetwork,
  staker: Address,
  context: DemoContext,
): Promise<Payment | null> {
  const { progress, learn } = context;
  const stage = progress.stage("Claim signed", { barMark: 0.95 });
  stage.update(`the staker asks agent ${askedAgent(network).id}`, 0);
  const askedAtMs = performance.now();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const seen: { claim: ClaimView | null } = { claim: null };
  const onProgress = (step: ClaimProgress): void => {
    if (step.step !== "signing") return;
    seen.claim = step.claim;
    stage.update(signedSoFar(step.claim, network), step.claim.signedBps / 10_000);
  };
  // A proof would need nobody's signature; what is shown here is the network signing.
  const payment = await client.claim(staker, { way: "bundle", onProgress, signal }).catch(nullWithoutQuorum);
  const answeredAfterMs = Math.round(performance.now() - askedAtMs);
  const { claim } = seen;
  if (claim === null) throw quorateError("CLAIM_NOT_ENDED", { recipient: staker });
  learn({ ...signersOf(claim, network), answeredAfterMs, epoch: claim.epoch, amountAtomic: String(claim.amount) });
  if (payment !== null) {
    learn({ timeToQuorumMs: Math.round(claim.quorumAfterMs ?? answeredAfterMs) });
    stage.done(
      `${signedSoFar(claim, network)}, ${formatAmount(claim.amount)} for epoch ${claim.epoch}`,
      claim.signedBps / 10_000,
    );
    return payment;
  }
  const { code, message } = quorateError("QUORUM_NOT_REACHED", {
    signedBps: claim.signedBps,
    requiredBps: 9_500,
    missing: claim.missing,
    deadlineMs: DEADLINE_MS,
  });
  learn({ missing: [...claim.missing], reasons: whyNotSigned(claim), error: { code, message } });
  stage.fail(`${signedSoFar(claim, network)}; 95% is needed`, claim.signedBps / 10_000);
  return null;
}

function nullWithoutQuorum(error: unknown): null {
  if (isQuorateError(error, "QUORUM_NOT_REACHED")) return null;
  throw error;
}

function signedSoFar(claim: ClaimView, network: LocalNetwork): string {
  const active = network.nodes.length;
  return `${percent(claim.signedBps)} of the stake, ${active - claim.missing.length} of ${active} nodes`;
}

function signersOf(
  claim: ClaimView,
  network: LocalNetwork,
): Pick<DemoResult, "signedStakeBps" | "signers" | "nonSigners"> {
  const missing = new Set<NodeId>(claim.missing);
  const signers = network.nodes.map(({ id }) => id).filter((id) => !missing.has(id));
  return { signedStakeBps: claim.signedBps, signers, nonSigners: [...claim.missing] };
}

async function verifyBundle(
  network: LocalNetwork,
  { file: bundle }: Payment,
  { progress, signal }: DemoContext,
): Promise<void> {
  const stage = progress.stage("Bundle verified");
  const file = join(network.directory, "bundle.json");
  writeFileSync(file, JSON.stringify(bundle));
  await runCli({
    args: ["verify", "--bundle", file, "--rpc", network.chain.url, "--contract", network.rewards],
    logFile: join(network.directory, "verify.log"),
    signal,
  });
  stage.done("`quorate verify` holds it against the chain, trusting no agent: valid");
}

/** One transaction: the contract checks the signatures, records the amount and pays it. */
async function claimTokens(
  client: QuorateClient,
  network: LocalNetwork,
  payment: Payment,
  balanceBefore: bigint,
  { progress, learn }: DemoContext,
): Promise<void> {
  const stage = progress.stage("Tokens claimed");
  stage.update("updateAndClaim: the contract checks 95% of the stake in one pairing, and pays");
  const { receipt } = await client.pay(payment, new Wallet(network.chain.signer(STAKER).privateKey));
  const balanceAfter = await balanceOf(network, payment.recipient);
  const arrived = balanceAfter - balanceBefore;
  learn({ gasUsed: Number(receipt.gasUsed), balanceAfterAtomic: String(balanceAfter), ok: arrived === payment.pays });
  stage.done(`${formatAmount(arrived)} in one transaction, ${receipt.gasUsed.toLocaleString("en-US")} gas`);
}
