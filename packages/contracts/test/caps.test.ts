// The largest calls of a network of 2,000, on a chain that enforces the gas cap of a transaction (EIP-7825): each is sent with
// exactly that much, so one that needs more fails. No node is packed, which is the dearer way (P-43).
import { digestOf, type EpochReport, type G2Struct, type Hex, toHex } from "@quorate/common";
import type { Contract, JsonRpcSigner } from "ethers";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ContributorStruct,
  makeTestNode,
  seedStructs,
  send,
  signAsOne,
  signRewardClaim,
  soloContributor,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
  type TestNode,
  TRANSACTION_GAS_CAP,
  without,
} from "../src/testing/index.ts";

const NODES = 2_000;
/** Non-signers of 2,000 equal stakes with which a report is still recorded (P-24). */
const SILENT = 666;
/** Ids in each list of a report, at most (P-38). */
const LISTED = 64;
/** A thousandth of the others' stake, and spread over the ids: so many may be silent, or go by one report, and money moves. */
const isLight = (id: number): boolean => id % 200 >= 130;
const LIGHT_STAKE_ATOMIC = TEST_STAKE_ATOMIC / 1_000n;
const silent = Array.from({ length: NODES }, (_, i) => i + 1)
  .filter(isLight)
  .slice(0, SILENT);

let network: TestNetwork;
/** Pending, with the ids after the seeded ones. */
let waiting: TestNode[];
let operator: JsonRpcSigner;

beforeAll(async () => {
  const stakeOf = (id: number): bigint => (isLight(id) ? LIGHT_STAKE_ATOMIC : TEST_STAKE_ATOMIC);
  network = await startTestNetwork({ nodes: NODES, stakeOf });
  operator = network.chain.signers[1] as JsonRpcSigner;
  await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC * 200n);
  const token = network.token.connect(operator) as Contract;
  await send(token, "approve", network.deployment.rewards, TEST_STAKE_ATOMIC * 200n);
  waiting = [];
  for (let id = NODES + 1; id <= NODES + LISTED; id++) waiting.push(await register(id));
});
afterAll(() => network.chain.close());

/** Registers test node `id`; with `parts`, its stake has that many contributors. */
async function register(id: number, parts = 1): Promise<TestNode> {
  const address = operator.address as Hex;
  const node = makeTestNode(network.scheme, network.domain, id, address);
  await send(
    network.rewards.connect(operator) as Contract,
    "addBLSPublicKey",
    node.registration,
    shared(address, parts),
  );
  return node;
}

/** The stake of an operator and others, who have half of it in equal parts. */
function shared(address: Hex, parts: number): ContributorStruct[] {
  const others = Array.from({ length: parts - 1 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "1")}` as Hex);
  const stake = parts === 1 ? 0n : TEST_STAKE_ATOMIC / 2n / BigInt(parts - 1);
  const first = TEST_STAKE_ATOMIC - stake * BigInt(parts - 1);
  return [...soloContributor(address, first), ...others.flatMap((other) => soloContributor(other, stake))];
}

const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const sign = (report: EpochReport, signers: readonly TestNode[]): G2Struct =>
  signAsOne(network.scheme, signers, digestOf(network.domain, "EpochReport", report));

test("the chain enforces the cap", async () => {
  const one = network.owner.sendTransaction({ to: operator.address, gasLimit: TRANSACTION_GAS_CAP + 1n });
  await expect(one).rejects.toThrow(/gas/i);
});

test("P-24: a claim with 666 non-signers of 2,000", async () => {
  const recipient: Hex = `0x${"ab".repeat(20)}`;
  const signature = signRewardClaim(network.scheme, network.domain, without(network.nodes, silent), recipient, 5n);
  const used = await send(network.rewards, "updateRewardsBalance", recipient, 5n, signature, silent, []);
  expect(used).toBeGreaterThan(2_000_000n);
});

test("P-23: eth_call of verify with 666 non-signers and 64 extra signers", async () => {
  const digest = new Uint8Array(32).fill(7);
  const signature = signAsOne(network.scheme, [...without(network.nodes, silent), ...waiting], digest);
  const verify = network.rewards.getFunction("verify");
  const extra = ids(NODES + 1, LISTED);
  const [signedActive] = await verify.staticCall(toHex(digest), signature, silent, extra, {
    gasLimit: TRANSACTION_GAS_CAP,
  });
  expect(signedActive).toBe((await network.rewards.getFunction("activeStake")()) - LIGHT_STAKE_ATOMIC * 666n);
});

test("eth_call of a page of 500 nodes, and of an account's nodes among all of 2,064 ids", async () => {
  const cap = { gasLimit: TRANSACTION_GAS_CAP };
  const page = await network.rewards.getFunction("nodes")(1, 500, cap);
  expect(page.map(({ id }: { id: bigint }) => Number(id))).toEqual(ids(1, 500));
  // The dearest case: every node is the operator's.
  const own = await network.rewards.getFunction("nodesOf(address)")(operator.address, cap);
  expect(own.map(Number)).toEqual(ids(1, NODES + LISTED));
});

test("P-37 to P-39: records of a report with the longest lists and 666 non-signers", async () => {
  const { epochSeconds } = network.deployment.parameters;
  const genesis = Number(await network.rewards.getFunction("genesis")());
  const now = (await network.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  const epoch = Math.floor((now - genesis) / epochSeconds);
  await network.chain.increaseTime(genesis + (epoch + 1) * epochSeconds - now);
  const activate = ids(NODES + 1, LISTED);
  // Of those that are silent: a report's own lists are what decommissions them.
  const decommission = silent.slice(0, LISTED);
  const report: EpochReport = { epoch, rewardsRoot: `0x${"11".repeat(32)}`, totalOwed: 0n, activate, decommission };
  const signers = [...without(network.nodes, silent), ...waiting];
  await send(network.rewards, "reportEpoch", report, sign(report, signers), silent, activate, {
    absent: [],
    shown: [],
  });
  expect(await network.rewards.getFunction("decommissionedStake")()).toBe(LIGHT_STAKE_ATOMIC * BigInt(LISTED));
  expect(await network.rewards.getFunction("acceptedReports")()).toBe(1n);

  // A later record that shows one node more names all the earlier ones again.
  const shown = silent.at(-1) as number;
  const later = [...signers, network.nodes[shown - 1] as TestNode];
  const earlier = { absent: silent, shown: activate };
  await send(network.rewards, "reportEpoch", report, sign(report, later), silent.slice(0, -1), activate, earlier);
});

test("P-43: packing a group", async () => {
  await send(network.rewards, "packNodes");
  expect(await network.rewards.getFunction("packedGroups")()).toBe(1n);
});

test("P-27: a registration with ten contributors", async () => {
  await register(NODES + LISTED + 1, 10);
});

test("P-42: an emergency that decommissions 1,000 nodes", async () => {
  await network.chain.increaseTime(73 * network.deployment.parameters.epochSeconds);
  const dead = ids(NODES / 2 + 1, NODES / 2);
  await send(network.rewards, "announceEmergency", dead, []);
  await network.chain.increaseTime(25 * network.deployment.parameters.epochSeconds);
  await send(network.rewards, "emergencyDecommission", dead, []);
  expect((await network.rewards.getFunction("node")(NODES)).state).toBe(3n);
});

test.each([
  [40, 1],
  [30, 10],
])("P-30: seeding %i nodes of %i contributors each", async (count, parts) => {
  const fresh = await startTestNetwork({ nodes: 0, started: false });
  try {
    const address = operator.address as Hex;
    const nodes = ids(1, count).map((index) => makeTestNode(fresh.scheme, fresh.domain, index, address));
    const seeds = await seedStructs(fresh.rewards, nodes, () => shared(address, parts));
    await send(fresh.rewards, "seedPublicKeyList", seeds);
    expect(await fresh.rewards.getFunction("nodeCount")()).toBe(BigInt(count));
  } finally {
    await fresh.chain.close();
  }
});
