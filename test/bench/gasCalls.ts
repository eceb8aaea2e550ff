/**
 * The calls that `gas.ts` measures, each on a network of its own making or in the order in which they are called there.
 * In: a started network. Out: gas of receipts by k, the number of non-signers, or by variant.
 */
import { type Address, digestOf, type EpochReport, PACKED_GROUP_SIZE } from "@quorate/common";
import {
  type Hardfork,
  makeTestNode,
  type RewardLeaf,
  type RewardTree,
  rewardTree,
  seedStructs,
  send,
  signAsOne,
  signRewardClaim,
  soloContributor,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
  type TestNode,
  without,
} from "@quorate/contracts/testing";
import { type Contract, type JsonRpcSigner, Wallet } from "ethers";

/** k or variant → gas. */
export type GasByVariant = Record<string, number>;

/** How many nodes one measured seeding enters; its gas is given for one of them. */
const SEED_BATCH = 20;
/** Stakers in the tree that claims are proved against: a proof has 11 siblings. */
const STAKERS = 2_000;
/** Silent reports from which on a node may be dropped (P-110), and liquidated (P-36). */
const SILENT_REPORTS = 48;
const LIQUIDATION_REPORTS = 168;
const DAY_SECONDS = 86_400;
/** An amount of 6 bytes, as a staker's is after some weeks. */
const AMOUNT_ATOMIC = 1_234_567_890_123n;

/** First update of a recipient, with k non-signers spread over the ids. */
export async function measureUpdates(
  network: TestNetwork,
  counts: readonly number[],
  salt: number,
): Promise<GasByVariant> {
  const result: GasByVariant = {};
  for (const k of counts) {
    const nonSigners = spread(k, network.nodes.length);
    const recipient = recipientOf(salt + k);
    const signature = signRewardClaim(
      network.scheme,
      network.domain,
      without(network.nodes, nonSigners),
      recipient,
      AMOUNT_ATOMIC,
    );
    const used = send(network.rewards, "updateRewardsBalance", recipient, AMOUNT_ATOMIC, signature, nonSigners, []);
    result[k] = Number(await used);
  }
  return result;
}

/** What packing one group of ids costs, once for all. Packs every full group. */
export async function measurePacking(network: TestNetwork): Promise<GasByVariant> {
  let used = 0;
  const groups = Math.floor((network.nodes.length + 1) / PACKED_GROUP_SIZE);
  for (let group = 0; group < groups; group++) used = Number(await send(network.rewards, "packNodes"));
  return groups === 0 ? {} : { "0": used };
}

/**
 * A recipient's first claim, which opens the token account, and a later one. Both of a part; at the distributor, or by
 * way of the rewards contract.
 */
export async function measureClaims(
  network: TestNetwork,
  by: "distributor" | "rewards",
  account: number,
): Promise<GasByVariant> {
  const claimant = network.chain.signers[account] as JsonRpcSigner;
  const recipient = claimant.address as Address;
  const signature = signRewardClaim(network.scheme, network.domain, network.nodes, recipient, 1_000_000_000n);
  await send(network.rewards, "updateRewardsBalance", recipient, 1_000_000_000n, signature, [], []);
  await network.chain.increaseTime(DAY_SECONDS);
  // The pool pays out once a while for everyone; here before, so that no claim is charged for it.
  await send(network.pool, "payoutReleased");
  const contract = network[by].connect(claimant) as Contract;
  const first = Number(await send(contract, "claimRewards(uint256)", 400_000_000n));
  const repeat = Number(await send(contract, "claimRewards(uint256)", 400_000_000n));
  return { first, repeat };
}

/** Update and claim in one call: a recipient's first, and a later one. */
export async function measureUpdateAndClaim(network: TestNetwork): Promise<GasByVariant> {
  const claimant = network.chain.signers[3] as JsonRpcSigner;
  const rewards = network.rewards.connect(claimant) as Contract;
  const call = async (amount: bigint): Promise<number> => {
    const recipient = claimant.address as Address;
    const signature = signRewardClaim(network.scheme, network.domain, network.nodes, recipient, amount);
    return Number(await send(rewards, "updateAndClaim", amount, signature, [], []));
  };
  return { first: await call(400_000_000n), repeat: await call(800_000_000n) };
}

/** A registration with its proof of possession and the transfer of the stake. */
export async function measureRegistration(network: TestNetwork): Promise<GasByVariant> {
  const operator = network.chain.signers[1] as JsonRpcSigner;
  const address = operator.address as Address;
  const token = network.token.connect(operator) as Contract;
  await send(network.token, "transfer", address, TEST_STAKE_ATOMIC * 2n);
  await send(token, "approve", network.deployment.rewards, TEST_STAKE_ATOMIC * 2n);
  const node = makeTestNode(network.scheme, network.domain, network.nodes.length + 1, address);
  const contributors = soloContributor(address, TEST_STAKE_ATOMIC);
  const rewards = network.rewards.connect(operator) as Contract;
  return { "0": Number(await send(rewards, "addBLSPublicKey", node.registration, contributors)) };
}

/** What seeding costs a node: part of a batch, on a network of its own because a started one takes no seeds. */
export async function measureSeeding(hardfork: Hardfork): Promise<GasByVariant> {
  const network = await startTestNetwork({ nodes: 1, started: false, hardfork });
  try {
    const operator = (network.chain.signers[1] as JsonRpcSigner).address as Address;
    const { rewards, scheme, domain } = network;
    const nodes = Array.from({ length: SEED_BATCH }, (_, i) => makeTestNode(scheme, domain, i + 2, operator));
    const seeds = await seedStructs(rewards, nodes, () => soloContributor(operator, TEST_STAKE_ATOMIC));
    return { "0": Math.round(Number(await send(rewards, "seedPublicKeyList", seeds)) / SEED_BATCH) };
  } finally {
    await network.chain.close();
  }
}

/**
 * The first record of an epoch, with empty lists and a root that becomes payable; then a staker's first claim against
 * one root and a later claim against another.
 */
export async function measureReports(
  network: TestNetwork,
  counts: readonly number[],
): Promise<{ report: GasByVariant; claim: GasByVariant }> {
  const staker = network.chain.signers[4] as JsonRpcSigner;
  const distributor = network.distributor.connect(staker) as Contract;
  const report: GasByVariant = {};
  const claim: GasByVariant = {};
  for (const [index, k] of counts.entries()) {
    const own: RewardLeaf = { recipient: staker.address as Address, amountAtomic: 100_000_000n * BigInt(index + 1) };
    const tree = stakersTree(own);
    report[k] = (await reportEpoch(network, { tree, absent: spread(k, network.nodes.length) })).gas;
    const variant = index === 0 ? "first" : "repeat";
    await send(network.pool, "payoutReleased");
    const used = send(distributor, "claimWithProof", own.amountAtomic, index, tree.proofOf(own));
    claim[variant] = Number(await used);
  }
  return { report, claim };
}

/** The exit of an active node, by anyone, 15 days after the request. Returns its id too: it signs no more. */
export async function measureExit(network: TestNetwork, id: number): Promise<GasByVariant> {
  const operator = network.chain.signers[1] as JsonRpcSigner;
  await send(network.rewards.connect(operator) as Contract, "initiateExitBLSPublicKey", id);
  await network.chain.increaseTime(15 * DAY_SECONDS);
  return { "0": Number(await send(network.rewards, "exitBLSPublicKey", id)) };
}

/**
 * What is sent for those whom a record left out: the epoch's record is without `ids`, and they are shown, one or all of
 * them.
 */
export async function measureShowings(network: TestNetwork, counts: readonly number[]): Promise<GasByVariant> {
  const result: GasByVariant = {};
  for (const count of counts) {
    const ids = spread(count, network.nodes.length);
    const { report } = await reportEpoch(network, { absent: ids });
    const digest = digestOf(network.domain, "EpochReport", report);
    const signature = signAsOne(network.scheme, pick(network, ids), digest);
    result[count] = Number(await send(network.rewards, "showSigners", report.epoch, signature, ids));
  }
  return result;
}

/**
 * What becomes of decommissioned nodes: they contest, are dropped, contest again, and one that says nothing is
 * liquidated.
 */
export interface SilenceGas {
  readonly contest: GasByVariant;
  readonly contestSigned: GasByVariant;
  readonly dropSilent: GasByVariant;
  readonly liquidate: GasByVariant;
}

/**
 * A report decommissions `ids`. One contests by its operator and 20 by signature, before and after they were dropped
 * for silence; the last is liquidated in the end, by somebody without tokens.
 * @param exited An id that signs no more.
 */
export async function measureSilence(
  network: TestNetwork,
  ids: readonly number[],
  exited: number,
): Promise<SilenceGas> {
  const [first, last] = [ids[0] as number, ids.at(-1) as number];
  const twenty = ids.slice(0, 20);
  // A report takes 2% of the active stake (P-38): at 2,000 nodes all of them.
  const most = Math.max(1, Math.floor((network.nodes.length - ids.length) / 50));
  for (let from = 0; from < ids.length; from += most) {
    const decommission = ids.slice(from, from + most);
    await reportEpoch(network, { decommission, exited: [exited, ...ids.slice(0, from)] });
  }
  const absent = { exited: [exited, ...ids] };
  const wait = async (reports: number): Promise<void> => {
    for (let i = 0; i < reports; i++) await reportEpoch(network, absent);
  };
  const operator = network.rewards.connect(network.chain.signers[1] as JsonRpcSigner) as Contract;
  const contest = async (): Promise<number> => Number(await send(operator, "contest", first));
  const contestSigned = async (signers: readonly number[]): Promise<number> => {
    const epoch = (await runningEpoch(network)) - 1;
    const digest = digestOf(network.domain, "Contest", { epoch });
    const signature = signAsOne(network.scheme, pick(network, signers), digest);
    return Number(await send(network.rewards, "contestSigned", epoch, signature, signers));
  };
  await wait(SILENT_REPORTS);
  const gas: SilenceGas = { contest: {}, contestSigned: {}, dropSilent: {}, liquidate: {} };
  gas.contest["heard"] = await contest();
  gas.contestSigned["1"] = await contestSigned([first]);
  gas.contestSigned["20"] = await contestSigned(twenty);
  await wait(SILENT_REPORTS);
  gas.dropSilent["1"] = Number(await send(network.rewards, "dropSilent", [first]));
  gas.dropSilent["20"] = Number(await send(network.rewards, "dropSilent", ids.slice(1, 21)));
  gas.contest["restored"] = await contest();
  gas.contestSigned["20 restored"] = await contestSigned(ids.slice(1, 21));
  await wait(LIQUIDATION_REPORTS);
  const liquidator = network.rewards.connect(network.chain.signers[5] as JsonRpcSigner) as Contract;
  gas.liquidate["0"] = Number(await send(liquidator, "liquidateBLSPublicKey", last));
  return gas;
}

/** Nodes by their ids. */
function pick(network: TestNetwork, ids: readonly number[]): TestNode[] {
  return ids.map((id) => network.nodes[id - 1] as TestNode);
}

async function runningEpoch(network: TestNetwork): Promise<number> {
  const genesis = Number(await network.rewards.getFunction("genesis")());
  const now = (await network.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  return Math.floor((now - genesis) / network.deployment.parameters.epochSeconds);
}

interface ReportOptions {
  readonly tree?: RewardTree;
  /** Named as non-signers. */
  readonly absent?: readonly number[];
  readonly decommission?: readonly number[];
  /** Inactive, so that nobody names them. */
  readonly exited?: readonly number[];
}

/**
 * Goes to the next epoch and records the report of the one that has closed, signed by all active nodes but `absent`.
 */
async function reportEpoch(
  network: TestNetwork,
  { tree, absent = [], decommission = [], exited = [] }: ReportOptions,
): Promise<{ readonly report: EpochReport; readonly gas: number }> {
  const { epochSeconds } = network.deployment.parameters;
  const genesis = Number(await network.rewards.getFunction("genesis")());
  const epoch = await runningEpoch(network);
  // A first record comes in the first half of the epoch (P-37).
  await network.chain.setNextTimestamp(genesis + (epoch + 1) * epochSeconds);
  await network.chain.mine();
  const report: EpochReport = {
    epoch,
    rewardsRoot: tree?.root ?? `0x${"00".repeat(32)}`,
    totalOwed: tree === undefined ? 0n : 300_000_000_000n,
    activate: [],
    decommission,
  };
  const digest = digestOf(network.domain, "EpochReport", report);
  const signature = signAsOne(network.scheme, without(network.nodes, [...absent, ...exited]), digest);
  return { report, gas: Number(await send(network.rewards, "reportEpoch", report, signature, absent, [])) };
}

/** A tree of 2,000 stakers, `own` among them. */
function stakersTree(own: RewardLeaf): RewardTree {
  const others = Array.from({ length: STAKERS - 1 }, (_, i) => ({
    recipient: `0x${(i + 1).toString(16).padStart(40, "0")}` as Address,
    amountAtomic: BigInt(i + 1) * 1_000n,
  }));
  return rewardTree([own, ...others]);
}

/** k ids spread evenly over 1 to n. */
export function spread(k: number, n: number): number[] {
  return Array.from({ length: k }, (_, i) => Math.floor(((i + 0.5) * n) / k) + 1);
}

/** A recipient nobody has used, the same in every run. */
function recipientOf(salt: number): Address {
  return new Wallet(`0x${(salt + 1).toString(16).padStart(64, "0")}`).address as Address;
}
