/**
 * A recorded, payable root on the real contracts, and an agent's answers over HTTP that are right or wrong about it.
 */
import { type AgentClient, createAgentClient, findProof, type RewardsContract } from "@quorate/client";
import { buildRewardsTree, digestOf, parseAddress } from "@quorate/common";
import { send, signAsOne, type TestNetwork } from "@quorate/contracts/testing";
import { HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../test/support/anvilNetwork.ts";
import type { TestChain } from "../../test/support/chain.ts";
import { serve, stopServers, testAgent } from "../../test/support/httpServer.ts";
import { connectRewards } from "../adapters/chain/connectRewards.ts";
import type { ProofAnswer } from "../driver/ports.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const wallet = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/2");
const recipient = parseAddress(wallet.address);
const other = parseAddress(`0x${"55".repeat(20)}`);
const EPOCH_SECONDS = 3_600;
const ROOTS_VALID = 8;

let chain: TestChain;
let network: TestNetwork;
let contract: RewardsContract;

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(3));
  contract = await connectRewards(chain.url, parseAddress(network.deployment.rewards));
});

afterAll(async () => {
  contract?.close();
  await stopServers();
  await chain?.stop();
});

let nextRoot = 0;

/**
 * Lets the running epoch end and records its root, signed by all: it becomes payable. What an honest agent answers
 * about it.
 */
async function record(amount: bigint): Promise<ProofAnswer> {
  const now = async (): Promise<number> => {
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    return Number(timestamp);
  };
  await chain.rpc("evm_setNextBlockTimestamp", (await now()) + EPOCH_SECONDS);
  await chain.mine(1);
  const tree = buildRewardsTree([
    [recipient, amount],
    [other, 1n],
  ]);
  const genesis = Number(await network.rewards.getFunction("genesis")());
  const epoch = Math.floor(((await now()) - genesis) / EPOCH_SECONDS) - 1;
  const report = { epoch, rewardsRoot: tree.root, totalOwed: amount + 1n, activate: [], decommission: [] };
  const digest = digestOf(network.domain, "EpochReport", report);
  await send(network.rewards, "reportEpoch", report, signAsOne(network.scheme, network.nodes, digest), [], []);
  const proved = tree.proofOf(recipient);
  if (proved === null) throw new Error("the recipient is in the tree");
  return { recipient, epoch, rootIndex: nextRoot++, rewardsRoot: tree.root, ...proved, distributor: other };
}

async function clientOf(proof: ProofAnswer | null): Promise<AgentClient> {
  const agent = testAgent();
  agent.api.proof = async () => proof;
  return createAgentClient({ url: await serve(agent) });
}

describe("the cheapest way to be paid, held against the chain", () => {
  it("is a proof, whose calldata pays the recipient at the contract's own distributor (P-41)", async () => {
    const found = await findProof(await clientOf(await record(700n)), recipient, contract);
    if ("why" in found) throw new Error(found.why);
    // Not what the agent said.
    expect(found.file.to).toBe(parseAddress(network.deployment.distributor));
    const account = contract.account(wallet.privateKey);
    await (await account.sendTransaction({ to: found.file.to, data: found.file.calldata })).wait();
    expect(await contract.recipient(recipient)).toEqual({ lifetime: 700n, claimed: 700n });
  });

  it("is none when the proof would pay nothing more, or there is none", async () => {
    expect(await findProof(await clientOf(await record(700n)), recipient, contract)).toEqual({
      why: expect.stringContaining("pays nothing that was not paid already"),
    });
    expect(await findProof(await clientOf(null), recipient, contract)).toHaveProperty("why");
  });

  it("is none when the contract takes the agent's root no more (P-40)", async () => {
    const old = await record(800n);
    for (let i = 0; i < ROOTS_VALID; i++) await record(800n);
    const found = await findProof(await clientOf(old), recipient, contract);
    expect(found).toEqual({ why: `root ${old.rootIndex} is not among the last 8 that the contract takes` });
  });

  it("error: PROOF_INVALID for a proof to a root that the contract does not have, or of another recipient", async () => {
    const honest = await record(900n);
    const tree = buildRewardsTree([[recipient, 9_000n]]);
    const forged = { ...honest, rewardsRoot: tree.root, amount: 9_000n, proof: [] };
    await expect(findProof(await clientOf(forged), recipient, contract)).rejects.toMatchObject({
      code: "PROOF_INVALID",
      values: { part: "rewardsRoot", given: tree.root, expected: honest.rewardsRoot },
    });
    await expect(findProof(await clientOf(honest), other, contract)).rejects.toMatchObject({
      values: { part: "recipient" },
    });
  });
});
