// The largest calls of a network of 10,000, on a chain that enforces the gas cap of a transaction (EIP-7825): each is
// sent with exactly that much, so one that needs more fails. First with no node packed, which is the dearer way, then
// with all (P-43).
import {
  digestOf,
  type EpochReport,
  fitsTransaction,
  type G2Struct,
  type Hex,
  PACKED_GROUP_SIZE,
  recordGasBound,
  TRANSACTION_GAS_CAP,
  toHex,
} from "@quorate/common";
import type { Contract, JsonRpcSigner } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
} from "../src/testing/index.ts";

const NODES = 10_000;
/** The most nodes that may be absent from a first record, a third: 6667 bps must sign (P-24). */
const THIRD = 3_333;
/** As many as may be absent from a record with full lists that still fits, when nobody is packed. */
const UNPACKED = 2_500;
/** The most that may be absent when money moves: 5%. */
const TWENTIETH = 500;
/** Ids in each list of a report, at most (P-38). */
const LISTED = 64;
/** How many groups of the network are full (P-43). */
const GROUPS = Math.floor((NODES + 1) / PACKED_GROUP_SIZE);

const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
/** `count` ids spread evenly over the first 10,000, so that they touch every group and every word of the bitmap. */
const spread = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * NODES) / count) + 1);

let network: TestNetwork;
/** Pending, with the ids after the seeded ones. */
let waiting: TestNode[];
let operator: JsonRpcSigner;
/** Active nodes by id, as reports change them. */
let active: Map<number, TestNode>;

beforeAll(async () => {
  network = await startTestNetwork({ nodes: NODES });
  active = new Map(network.nodes.map((node, i) => [i + 1, node]));
  operator = network.chain.signers[1] as JsonRpcSigner;
  await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC * 200n);
  const token = network.token.connect(operator) as Contract;
  await send(token, "approve", network.deployment.rewards, TEST_STAKE_ATOMIC * 200n);
  waiting = [];
  for (const id of ids(NODES + 1, 2 * LISTED)) waiting.push(await register(id));
}, 600_000);
afterAll(() => network.chain.close());

/** Registers test node `id`; with `parts`, its stake has that many contributors. */
async function register(id: number, parts = 1): Promise<TestNode> {
  const address = operator.address as Hex;
  const node = makeTestNode(network.scheme, network.domain, id, address);
  const rewards = network.rewards.connect(operator) as Contract;
  await send(rewards, "addBLSPublicKey", node.registration, shared(address, parts));
  return node;
}

/** The stake of an operator and others, who have half of it in equal parts. */
function shared(address: Hex, parts: number): ContributorStruct[] {
  const others = Array.from({ length: parts - 1 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "1")}` as Hex);
  const stake = parts === 1 ? 0n : TEST_STAKE_ATOMIC / 2n / BigInt(parts - 1);
  const first = TEST_STAKE_ATOMIC - stake * BigInt(parts - 1);
  return [...soloContributor(address, first), ...others.flatMap((other) => soloContributor(other, stake))];
}

const signersBut = (absent: readonly number[]): TestNode[] => {
  const left = new Set(absent);
  return [...active].filter(([id]) => !left.has(id)).map(([, node]) => node);
};
const digestOfReport = (report: EpochReport): Uint8Array => digestOf(network.domain, "EpochReport", report);
const sign = (report: EpochReport, signers: readonly TestNode[]): G2Struct =>
  signAsOne(network.scheme, signers, digestOfReport(report));

/** Goes to the close of the running epoch and makes its report. */
async function closeEpoch(lists: Pick<EpochReport, "activate" | "decommission">): Promise<EpochReport> {
  const { epochSeconds } = network.deployment.parameters;
  const genesis = Number(await network.rewards.getFunction("genesis")());
  const now = (await network.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  const epoch = Math.floor((now - genesis) / epochSeconds);
  await network.chain.increaseTime(genesis + (epoch + 1) * epochSeconds - now);
  return { epoch, rewardsRoot: `0x${"11".repeat(32)}`, totalOwed: 0n, ...lists };
}

/** A claim without a twentieth of the nodes. @returns its gas */
async function claim(recipient: Hex): Promise<bigint> {
  const absent = spread(TWENTIETH).filter((id) => active.has(id));
  const signature = signRewardClaim(network.scheme, network.domain, signersBut(absent), recipient, 5n);
  return send(network.rewards, "updateRewardsBalance", recipient, 5n, signature, absent, []);
}

/**
 * A first record without `missing` nodes, with full lists; then the later record without a twentieth that makes the
 * root payable, and a showing of 64 that the first one left out.
 * @param batch Which 64 of the waiting nodes it activates.
 */
async function report(
  batch: 0 | 1,
  missing: number,
): Promise<{ first: bigint; bound: bigint; later: bigint; shown: bigint }> {
  const joining = waiting.slice(batch * LISTED, (batch + 1) * LISTED);
  const activate = ids(NODES + 1 + batch * LISTED, LISTED);
  const absent = spread(missing).filter((id) => active.has(id));
  const decommission = absent.slice(0, LISTED);
  const message = await closeEpoch({ activate, decommission });
  const first = await send(
    network.rewards,
    "reportEpoch",
    message,
    sign(message, [...signersBut(absent), ...joining]),
    absent,
    activate,
  );
  const packedGroups = Number(await network.rewards.getFunction("packedGroups")());
  const bound = recordGasBound({ nonSigners: absent, extraSigners: activate, packedGroups });
  for (const id of decommission) active.delete(id);
  for (const [i, id] of activate.entries()) active.set(id, joining[i] as TestNode);

  const few = spread(TWENTIETH).filter((id) => active.has(id));
  const later = await send(network.rewards, "reportEpoch", message, sign(message, signersBut(few)), few, []);
  const left = absent.filter((id) => active.has(id)).slice(0, LISTED);
  const signature = sign(
    message,
    left.map((id) => active.get(id) as TestNode),
  );
  const shown = await send(network.rewards, "showSigners", message.epoch, signature, left);
  return { first, bound, later, shown };
}

test("the chain enforces the cap", async () => {
  const one = network.owner.sendTransaction({ to: operator.address, gasLimit: TRANSACTION_GAS_CAP + 1n });
  await expect(one).rejects.toThrow(/gas/i);
});

describe("10,000 nodes, none packed", () => {
  test("P-24: a claim without 500", async () => {
    expect(await claim(`0x${"ab".repeat(20)}`)).toBeGreaterThan(1_500_000n);
  });

  test("P-23: eth_call of verify without 500 and with 128 extra signers", async () => {
    const digest = new Uint8Array(32).fill(7);
    const absent = spread(TWENTIETH);
    const signature = signAsOne(network.scheme, [...signersBut(absent), ...waiting], digest);
    const verify = network.rewards.getFunction("verify");
    const extra = ids(NODES + 1, 2 * LISTED);
    const options = { gasLimit: TRANSACTION_GAS_CAP };
    const [signedActive] = await verify.staticCall(toHex(digest), signature, absent, extra, options);
    expect(signedActive).toBe(TEST_STAKE_ATOMIC * BigInt(NODES - TWENTIETH));
  });

  test("eth_call of a page of 500 nodes, and of an account's nodes among 2,000 ids", async () => {
    const cap = { gasLimit: TRANSACTION_GAS_CAP };
    const page = await network.rewards.getFunction("nodes")(1, 500, cap);
    expect(page.map(({ id }: { id: bigint }) => Number(id))).toEqual(ids(1, 500));
    // The dearest case: every node is the operator's.
    const nodesOf = network.rewards.getFunction("nodesOf(address,uint64,uint64)");
    expect((await nodesOf(operator.address, 4_001, 2_000, cap)).map(Number)).toEqual(ids(4_001, 2_000));
  });

  test("P-37, P-43: a first record without a third does not fit, and an agent can know it", async () => {
    const absent = spread(THIRD);
    const named = { nonSigners: absent, extraSigners: ids(NODES + 1, LISTED), packedGroups: 0 };
    expect(fitsTransaction(named)).toBe(false);
    expect(fitsTransaction({ ...named, packedGroups: GROUPS })).toBe(true);
    const message = await closeEpoch({ activate: named.extraSigners, decommission: absent.slice(0, LISTED) });
    const signature = sign(message, [...signersBut(absent), ...waiting.slice(0, LISTED)]);
    const reportEpoch = network.rewards.getFunction("reportEpoch");
    const options = { gasLimit: TRANSACTION_GAS_CAP };
    const call = reportEpoch.staticCall(message, signature, absent, named.extraSigners, options);
    // Out of gas: no error of the contract.
    await expect(call.catch((error: { data?: string }) => error.data)).resolves.toBe("0x");
  });

  test("P-37 to P-40: a first record without 2,500, with the longest lists, a payable one, a showing of 64", async () => {
    const gas = await report(0, UNPACKED);
    expect(gas.first).toBeLessThan(gas.bound);
    expect(gas.first).toBeGreaterThan(gas.bound - 2_000_000n);
    expect(await network.rewards.getFunction("decommissionedStake")()).toBe(TEST_STAKE_ATOMIC * BigInt(LISTED));
    expect(await network.rewards.getFunction("acceptedReports")()).toBe(1n);
    if (process.env["CAPS"] !== undefined)
      process.stdout.write(`unpacked ${gas.first} of ${gas.bound} ${gas.later} ${gas.shown}\n`);
  });
});

describe("10,000 nodes, all packed", () => {
  test("P-43: packing", async () => {
    for (let group = 0; group < GROUPS; group++) await send(network.rewards, "packNodes");
    expect(await network.rewards.getFunction("packedGroups")()).toBe(BigInt(GROUPS));
  });

  test("P-24: a claim without 500", async () => {
    expect(await claim(`0x${"ac".repeat(20)}`)).toBeLessThan(1_500_000n);
  });

  test("P-37 to P-40: a first record without a third, with the longest lists, a payable one, a showing of 64", async () => {
    const gas = await report(1, THIRD);
    expect(gas.first).toBeLessThan(gas.bound);
    expect(gas.first).toBeGreaterThan(gas.bound - 2_000_000n);
    if (process.env["CAPS"] !== undefined)
      process.stdout.write(`packed ${gas.first} of ${gas.bound} ${gas.later} ${gas.shown}\n`);
  });
});

test("P-27: a registration with ten contributors", async () => {
  await register(NODES + 2 * LISTED + 1, 10);
});

test("P-42: an emergency that decommissions 1,000 nodes", async () => {
  await network.chain.increaseTime(73 * network.deployment.parameters.epochSeconds);
  const dead = ids(NODES - 999, 1_000);
  await send(network.rewards, "announceEmergency", dead, []);
  await network.chain.increaseTime(network.deployment.parameters.emergencyNoticeSeconds);
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
