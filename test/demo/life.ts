/**
 * The demo's second half: a network that admits, judges and heals itself. In: a network in which a claim was paid. Out:
 * facts for the result, and a table of nodes by epoch. Nothing is asked of any node here: agents sign reports unasked,
 * and those with an account send them (P-75, P-90).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatAmount, type NodeId, type NodeState, quorateError } from "@quorate/common";
import type { NodeAnswer } from "@quorate/common/http";
import { runCli } from "../harness/cli.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { connect } from "../harness/seed.ts";
import { balanceOf } from "../harness/settle.ts";
import { type WaitOptions, waitFor } from "../harness/waitFor.ts";
import type { DemoOptions } from "./flags.ts";
import { LifeTable } from "./lifeTable.ts";
import { askedAgent, type DemoContext, silence } from "./parts.ts";
import { nodeList } from "./result.ts";

/**
 * Shares are collected for an eighth of an epoch, and a record has to land within a half (P-37, P-90). With 24 agents
 * on two busy cores both take seconds; a dozen agents are twice as fast.
 */
const EPOCH_SECONDS = 30;
const EPOCH_SECONDS_OF_FEW = 20;
const FEW_NODES = 12;

/**
 * The first two are the stakers of the demo, whose accounts it uses itself. The next ones have their operators'
 * accounts and send.
 */
const FIRST_SUBMITTER: NodeId = 3;
const SUBMITTERS = 8;
const SECOND_STAKER: NodeId = 2;

/** Three or four are needed for a node to come or go; a busy machine may miss some. */
const EPOCHS_TO_WAIT = 15;

/** Milliseconds between looks for the table. */
const LOOK_MS = 1_000;

export function lifeEpochSeconds(nodes: number): number {
  return nodes <= FEW_NODES ? EPOCH_SECONDS_OF_FEW : EPOCH_SECONDS;
}

export function lifeSubmitters(nodes: number): NodeId[] {
  const count = Math.min(SUBMITTERS, nodes - FIRST_SUBMITTER + 1);
  return Array.from({ length: count }, (_, i) => FIRST_SUBMITTER + i);
}

/** P-24: whether a claim reaches 95% of equal stakes without the silent ones. */
export function claimIsPaidWithout({ nodes, offline }: DemoOptions): boolean {
  return (nodes - offline) * 10_000 >= 9_500 * nodes;
}

interface Life {
  readonly network: LocalNetwork;
  readonly context: DemoContext;
  readonly table: LifeTable;
}

export async function showLife(options: DemoOptions, network: LocalNetwork, context: DemoContext): Promise<void> {
  const { progress, learn } = context;
  const life: Life = { network, context, table: new LifeTable() };
  // From here on the run has succeeded only with everything below.
  learn({ ok: false });
  progress.print("");
  const looking = keepLooking(life);
  try {
    const joined = network.nodes.length + 1;
    await startJoined(life, joined);
    if (!claimIsPaidWithout(options)) await silence(network, options.offline, progress);
    const silent = network.nodes.slice(network.nodes.length - options.offline).map(({ id }) => id);
    await firstReport(life);
    await untilState(life, "Node activated", [joined], "active");
    learn({ activated: [joined] });
    await untilState(life, "Silent decommissioned", silent, "decommissioned");
    learn({ decommissioned: silent });
    const { recorded } = await chainFacts(network);
    await bringBack(life, silent);
    await rootPayable(life, recorded.at(-1) ?? 0);
    await claimByProof(life);
    await untilState(life, "Silent one back", silent, "active");
    learn({ returned: silent });
    await earnsAgain(life, silent);
    learn({ ok: true });
  } finally {
    looking.stop();
    await learnFromChain(life).catch(() => {});
    progress.panel([]);
    if (!context.signal.aborted) progress.print(`\n${life.table.lines(progress.style).join("\n")}\n`);
  }
}

/**
 * Looks at one agent after another that runs, for the table, until it is stopped. What goes wrong is looked at again.
 */
function keepLooking({ network, context, table }: Life): { stop(): void } {
  const { progress, signal } = context;
  let stopped = false;
  const look = async (): Promise<void> => {
    const { client } = askedAgent(network);
    const [{ closedEpoch }, nodes] = await Promise.all([client.status(), client.nodes()]);
    if (stopped || signal.aborted) return;
    table.look({ closedEpoch, nodes });
    progress.panel([...table.lines(progress.style), ""]);
  };
  const again = (): void => {
    if (!stopped && !signal.aborted)
      setTimeout(
        () =>
          void look()
            .catch(() => {})
            .finally(again),
        LOOK_MS,
      ).unref();
  };
  again();
  return {
    stop() {
      stopped = true;
    },
  };
}

async function startJoined({ network, context }: Life, id: NodeId): Promise<void> {
  const stage = context.progress.stage("New node up");
  await network.join(id);
  stage.update(`agent ${id} starts`);
  await network.startAgent(id);
  stage.done(`agent ${id} runs: three epochs' reports with its signature will activate it`);
}

/** What stands on chain so far. */
async function chainFacts({ chain, rewards, deployment }: LocalNetwork) {
  const contract = connect("ServiceNodeRewards", rewards, chain.signer(0));
  const [recorded, payable] = await Promise.all(
    ["EpochReportRecorded", "RewardsRootPayable"].map((name) => contract.queryFilter(name, deployment.fromBlock)),
  );
  const epochOf = (log: object): number => Number((log as { args: { epoch: bigint } }).args.epoch);
  return { recorded: (recorded ?? []).map(epochOf), payable: (payable ?? []).map(epochOf) };
}

async function learnFromChain({ network, context }: Life): Promise<void> {
  const { recorded, payable } = await chainFacts(network);
  context.learn({ reports: recorded.length, payableEpochs: payable });
}

/** A wait of as many epochs as anything here may take. */
function inEpochs({ network, context }: Life, what: string): WaitOptions {
  const timeoutMs = EPOCHS_TO_WAIT * network.deployment.parameters.epochSeconds * 1_000;
  return { what, timeoutMs, pollMs: 500, signal: context.signal };
}

async function firstReport(life: Life): Promise<void> {
  const stage = life.context.progress.stage("First report");
  stage.update("agents sign it unasked at the next close; one with an account sends it");
  const epoch = await waitFor(inEpochs(life, "an epoch's report to be recorded"), async () => {
    const { recorded } = await chainFacts(life.network);
    return recorded[0] ?? null;
  });
  stage.done(`epoch ${epoch} has a record on chain`);
}

async function untilState(life: Life, title: string, ids: readonly NodeId[], state: NodeState): Promise<void> {
  const stage = life.context.progress.stage(title);
  const of = (nodes: readonly NodeAnswer[]): NodeAnswer[] => nodes.filter(({ id }) => ids.includes(id));
  const describe = ({ id, state: now, uptime }: NodeAnswer): string => `node ${id} ${now} ${uptime.slice(-4)}`;
  await waitFor(inEpochs(life, `${nodeList(ids)} to be ${state}`), async (report) => {
    const nodes = of(await askedAgent(life.network).client.nodes());
    const text = nodes.map(describe).join(", ");
    report(text);
    stage.live(text);
    return nodes.length === ids.length && nodes.every((node) => node.state === state) ? true : null;
  });
  stage.done(`${nodeList(ids)} ${ids.length === 1 ? "is" : "are"} ${state}, by what the reports' signers show`);
}

async function bringBack({ network, context }: Life, ids: readonly NodeId[]): Promise<void> {
  const stage = context.progress.stage("Silent one started");
  await network.startAgents(ids);
  const says = ids.length === 1 ? "says that it lives, and signs" : "say that they live, and sign";
  stage.done(`${nodeList(ids)} up again: ${says} reports, unasked`);
}

/**
 * Until a proof of the second staker's rewards can be had against a root of `from` or later: one that the healed
 * network has signed.
 */
async function rootPayable(life: Life, from: number): Promise<void> {
  const { network, context } = life;
  const stage = context.progress.stage("Root payable");
  const epoch = await waitFor(inEpochs(life, "a root to be payable"), async (report) => {
    const { payableEpoch, acceptedReports } = await askedAgent(network).client.status();
    report(`${acceptedReports} reports accepted, payable epoch ${payableEpoch}`);
    stage.live(`${acceptedReports} reports accepted`);
    return payableEpoch !== null && payableEpoch >= from ? payableEpoch : null;
  });
  stage.done(`epoch ${epoch}: 95% of the stake signed its root, so a Merkle proof against it pays`);
}

async function claimByProof({ network, context }: Life): Promise<void> {
  const { progress, learn, signal } = context;
  const stage = progress.stage("Claimed by proof");
  const { operator: recipient, directory } = network.node(SECOND_STAKER);
  const file = join(network.directory, "proof.json");
  const keyFile = join(directory, "staker.key");
  writeFileSync(keyFile, network.chain.signer(SECOND_STAKER).privateKey, { mode: 0o600 });
  const chain = ["--rpc", network.chain.url, "--contract", network.rewards];
  const quorate = (step: string, ...args: string[]): Promise<string> => {
    stage.update(`quorate ${step}`);
    return runCli({ args: [...args, ...chain], logFile: join(network.directory, `proof-${step}.log`), signal });
  };
  const claim = ["claim", "--agent", askedAgent(network).http];
  await quorate("claim", ...claim, "--recipient", recipient, "--out", file);
  await quorate("verify", "verify", "--proof", file);
  const before = await balanceOf(network, recipient);
  const printed = await quorate("submit", ...claim, "--submit", "--yes", "--json", "--account-key-file", keyFile);
  const arrived = (await balanceOf(network, recipient)) - before;
  const { kind, paid, gasUsed } = readPaid(printed);
  learn({ claimedByProofAtomic: String(arrived) });
  if (kind !== "proof" || arrived !== BigInt(paid)) {
    throw quorateError("PROOF_INVALID", { part: "payment", recipient, kind, paid, arrived });
  }
  stage.done(
    `${formatAmount(arrived)} to node ${SECOND_STAKER}'s staker for ${gas(BigInt(gasUsed))} gas, no signature asked`,
  );
}

/** The line of JSON among the lines of progress. */
function readPaid(printed: string): { readonly kind: string; readonly paid: string; readonly gasUsed: string } {
  return JSON.parse(printed.split("\n").find((line) => line.startsWith("{")) ?? "{}");
}

function gas(used: bigint): string {
  return used.toLocaleString("en-US");
}

/** What a node's operator is owed grows again with the first epoch that it was active in. */
async function earnsAgain(life: Life, ids: readonly NodeId[]): Promise<void> {
  const stage = life.context.progress.stage("Earns again");
  const { network } = life;
  const owed = async (id: NodeId): Promise<bigint> =>
    (await askedAgent(network).client.rewards(network.node(id).operator)).amount;
  const before = new Map(await Promise.all(ids.map(async (id) => [id, await owed(id)] as const)));
  await waitFor(inEpochs(life, `${nodeList(ids)} to earn again`), async (report) => {
    const now = await Promise.all(ids.map(async (id) => [id, await owed(id)] as const));
    report(now.map(([id, amount]) => `node ${id} ${amount}, before ${before.get(id)}`).join(", "));
    return now.every(([id, amount]) => amount > (before.get(id) ?? 0n)) ? true : null;
  });
  stage.done(`${nodeList(ids)}: the epoch since its return is credited`);
}
