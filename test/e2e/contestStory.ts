/**
 * A node that is silent for long, and comes back: it contests by itself (P-76), others send what says that it lives
 * (P-95, P-39), and reports activate it again. In: nothing. Out: what the chain and the node's own store say of it. It
 * waits for some twenty short epochs, so tests run it beside something else.
 */
import { join } from "node:path";
import { type NodeId, parseRoundKey } from "@quorate/common";
import type { EventLog } from "ethers";
import type { LocalNetwork } from "../harness/network.ts";
import { connect } from "../harness/seed.ts";
import { readStore } from "../harness/storeFile.ts";
import { waitFor } from "../harness/waitFor.ts";
import { startFixture, untilReady } from "./fixture.ts";

const NODES = 4;
const DEAD: NodeId = 4;
/** Four agents need a second for what a dozen need two or three for. */
const EPOCH_SECONDS = 8;
/** From so many silent reports on a contest is worth a transaction (P-95). */
const SILENT_REPORTS = 12;
/** Twice of what it takes when no epoch is without its record. */
const TIMEOUT_MS = 40 * EPOCH_SECONDS * 1_000;

export interface ContestStory {
  /**
   * Ids in each contest and each showing that landed since it came back. Both say that a node lives (P-110), so that
   * one of the two makes the other needless: which it is depends on whose turn comes first.
   */
  readonly heard: readonly (readonly NodeId[])[];
  /** Epochs for which the node itself signed a contest. */
  readonly signed: readonly number[];
  /** Silent reports as another agent counts them right before the node came back. */
  readonly silentBefore: number;
  readonly stateAtEnd: string | undefined;
}

export async function contestStory(): Promise<ContestStory> {
  const options = { nodes: NODES, epochSeconds: EPOCH_SECONDS, claimDeadlineMs: 60_000, submitters: [1, 2] };
  const { network, close } = await startFixture("hardhat", options);
  try {
    await network.startAgents([1, 2, 3, DEAD]);
    await untilReady(network);
    await network.killAgent(DEAD);
    await untilState(network, "decommissioned");
    const decommissionedAt = await accepted(network);
    const silentBefore = await waitFor({ what: "reports without it", timeoutMs: TIMEOUT_MS }, async (report) => {
      const silent = (await accepted(network)) - decommissionedAt;
      report(`${silent} silent reports`);
      return silent >= SILENT_REPORTS ? silent : null;
    });
    const backAtBlock = await network.chain.provider.getBlockNumber();
    await network.startAgent(DEAD);
    await untilState(network, "active");
    return {
      heard: await heard(network, backAtBlock),
      signed: signedContests(network),
      silentBefore,
      stateAtEnd: await stateOf(network),
    };
  } finally {
    await close();
  }
}

async function stateOf(network: LocalNetwork): Promise<string | undefined> {
  return (await network.agent(1).client.nodes()).find(({ id }) => id === DEAD)?.state;
}

async function accepted(network: LocalNetwork): Promise<number> {
  return (await network.agent(1).client.status()).acceptedReports;
}

async function untilState(network: LocalNetwork, state: string): Promise<void> {
  await waitFor({ what: `node ${DEAD} to be ${state}`, timeoutMs: TIMEOUT_MS }, async (report) => {
    const now = await stateOf(network);
    report(now ?? "not there");
    return now === state ? true : null;
  });
}

/** The ids of each call that has landed and says who lives, but for those of operators themselves. */
async function heard({ rewards, chain }: LocalNetwork, fromBlock: number): Promise<NodeId[][]> {
  const contract = connect("ServiceNodeRewards", rewards, chain.signer(0));
  const selector = contract.interface.getFunction("contestSigned")?.selector ?? "";
  const contested = await contract.queryFilter("ServiceNodesHeard", fromBlock);
  const shown = await contract.queryFilter("SignersShown", fromBlock);
  const found: NodeId[][] = [];
  for (const log of [...contested, ...shown] as EventLog[]) {
    const { data } = await log.getTransaction();
    const isContest = data.startsWith(selector);
    if (isContest || log.eventName === "SignersShown")
      found.push([...log.args.getValue(isContest ? "ids" : "signers")].map(Number));
  }
  return found;
}

function signedContests(network: LocalNetwork): number[] {
  const { digests } = readStore(join(network.node(DEAD).directory, "agent.sqlite"));
  return [...digests.keys()].map(parseRoundKey).flatMap(({ kind, epoch }) => (kind === "Contest" ? [epoch] : []));
}
