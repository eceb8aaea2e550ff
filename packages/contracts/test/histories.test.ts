// The same random histories through the contracts and through a plain model: each operation ends the same way, with the same
// error by name, and leaves the same state. A history that fails prints its seed; fast-check makes it short.
import { type Address, digestOf, g1Struct, g2Struct } from "@quorate/common";
import { type Contract, type JsonRpcSigner, ZeroHash } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  makeTestNode,
  type RewardLeaf,
  rewardTree,
  send,
  startTestNetwork,
  type TestNetwork,
  type TestNode,
} from "../src/testing/index.ts";
import { type ModelNode, type ModelSignature, NetworkModel } from "./model.ts";
import { ACCOUNTS, type Lie, type Operation, operation, SEEDED, splitStake, UNIT } from "./operations.ts";
import { revertOf } from "./support.ts";

const stakeOf = (id: number): bigint => (id === 1 ? 400n : 40n + BigInt(id)) * UNIT;
const REQUIREMENT = 100n * UNIT;
const CLAIM_LIMIT = 8n * UNIT;
const CYCLE_SECONDS = 43_200;
const EPOCH_SECONDS = 3_600;
const STATES = { pending: 1n, active: 2n, decommissioned: 3n, exited: 4n } as const;

let network: TestNetwork;
const made = new Map<string, TestNode>();
const outcomes = new Map<string, number>();

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: SEEDED,
    stakeOf,
    parameters: {
      stakingRequirementAtomic: REQUIREMENT,
      claimLimitAtomic: CLAIM_LIMIT,
      claimCycleSeconds: CYCLE_SECONDS,
      epochSeconds: EPOCH_SECONDS,
      poolFundingAtomic: 100_000_000n * UNIT,
    },
  });
  for (const i of ACCOUNTS) {
    await send(network.token, "transfer", addressOf(i), 10_000n * UNIT);
    const own = network.token.connect(signer(i)) as Contract;
    await send(own, "approve", network.deployment.rewards, 2n ** 255n);
  }
  await network.chain.increaseTime(30 * 86_400); // what is awarded below has been released by then
});
afterAll(() => network.chain.close());

const signer = (i: number): JsonRpcSigner => network.chain.signers[i] as JsonRpcSigner;
/** Accounts of the chain, and others that only lend their address. */
const addressOf = (i: number): Address =>
  i < 20 ? (signer(i).address as Address) : (`0x${i.toString(16).padStart(40, "0")}` as Address);
const as = (i: number): Contract => network.rewards.connect(signer(i)) as Contract;
const atDistributor = (i: number): Contract => network.distributor.connect(signer(i)) as Contract;

describe("random histories", () => {
  test("P-20 to P-41: contracts and model agree on every outcome and on the state after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 60, size: "max" }), async (operations) => {
        const restore = await network.chain.snapshot();
        try {
          await run(operations);
        } finally {
          await restore();
        }
      }),
      { numRuns: Number(process.env["HISTORIES"] ?? 10), seed: 21 },
    );
  });

  test("P-36: a node that stays decommissioned for 168 reports is liquidated, and its principal comes back later", async () => {
    const report = (decommission: number[]): Operation => ({
      ...{ kind: "report", epoch: 0, absent: [], lie: "none", activate: [], decommission },
      ...{ isCovered: false, repeat: false, forgetful: false },
    });
    const wait: Operation = { kind: "wait", seconds: EPOCH_SECONDS - 10 };
    const quiet = Array.from({ length: 167 }, () => [wait, report([])]).flat();
    const restore = await network.chain.snapshot();
    await run(
      [
        report([5]),
        ...quiet,
        { kind: "liquidate", id: 5 },
        wait,
        report([]),
        { kind: "liquidate", id: 5 },
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "leave", caller: 1, id: 6 },
        { kind: "wait", seconds: 24 * 86_400 },
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "exit", id: 6 },
      ],
      false,
    );
    await restore();
    expect(outcomes.get("liquidate LiquidationTooEarly")).toBeGreaterThan(0);
    expect(outcomes.get("liquidate null")).toBe(1);
    expect(outcomes.get("exit null")).toBeGreaterThan(0);
    expect(outcomes.get("withdraw NodeLocked")).toBeGreaterThan(0);
  });

  test("the histories reached what they are for", () => {
    if (process.env["HISTORIES"] !== undefined) process.stdout.write(`${JSON.stringify([...outcomes].sort())}\n`);
    const reached = [...outcomes.keys()];
    const done = ["register", "award", "claim", "prove", "report", "leave", "exit", "withdraw"].map(
      (kind) => `${kind} null`,
    );
    for (const outcome of [...done, "register KeyInUse", "register EnforcedPause"]) expect(reached).toContain(outcome);
    const errors = reached.map((outcome) => outcome.split(" ")[1]);
    const signatures = ["QuorumNotReached", "InvalidSignature", "UnsortedIds", "DuplicateId"];
    const reports = ["OutsideWindow", "AnotherReportRecorded", "NothingNew", "EarlierRecordsDiffer"];
    const leaving = ["LeaveRequestTooEarly", "NotContributor", "NodeNotExited", "NodeLocked"];
    const money = ["NothingToClaim", "ClaimExceedsBalance", "ClaimLimitExceeded", "RootNotValid", "InvalidProof"];
    for (const error of [...signatures, ...reports, ...leaving, ...money]) expect(errors).toContain(error);
  });
});

/** Carries a history out on both, and compares after every step. */
async function run(operations: readonly Operation[], compareAll = true): Promise<void> {
  const model = new NetworkModel({
    requirementAtomic: REQUIREMENT,
    claimLimitAtomic: CLAIM_LIMIT,
    cycleSeconds: CYCLE_SECONDS,
    epochSeconds: EPOCH_SECONDS,
    genesis: Number(await network.rewards.getFunction("genesis")()),
  });
  for (let id = 1; id <= SEEDED; id++) model.seed(id, 1, stakeOf(id));
  let at = (await network.chain.provider.getBlock("latest"))?.timestamp ?? 0;
  for (const [index, step] of operations.entries()) {
    at += step.kind === "wait" ? step.seconds : 10;
    await network.chain.setNextTimestamp(at);
    const { expected, actual } = await apply(model, step, at);
    expect(actual).toBe(expected);
    outcomes.set(`${step.kind} ${expected}`, (outcomes.get(`${step.kind} ${expected}`) ?? 0) + 1);
    // Reading every node takes longer than the step: after every fifth, and at the end.
    if (compareAll) await compare(model, at, index % 5 === 0);
  }
  await compare(model, at, true);
}

/** Does one operation on both and says how each ended. */
async function apply(
  model: NetworkModel,
  step: Operation,
  at: number,
): Promise<{ expected: string | null; actual: string | null }> {
  const { rewards } = network;
  switch (step.kind) {
    case "register":
      return register(model, step, at);
    case "award":
      return award(model, step);
    case "report":
      return report(model, step, at);
    case "claim": {
      const { lifetime, claimed } = model.money.balanceOf(step.account);
      const amount = ((lifetime - claimed) * BigInt(step.part)) / 4n; // 5: a quarter more than there is
      const from = step.direct ? atDistributor(step.account) : as(step.account);
      const actual = await outcomeOf(send(from, "claimRewards(uint256)", amount));
      return { actual, expected: model.money.claim(step.account, amount, at) };
    }
    case "prove":
      return prove(model, step, at);
    case "leave": {
      const actual = await outcomeOf(send(as(step.caller), "initiateExitBLSPublicKey", step.id));
      return { actual, expected: model.requestLeave(step.caller, step.id, at) };
    }
    case "exit":
      return { actual: await outcomeOf(send(as(9), "exitBLSPublicKey", step.id)), expected: model.exit(step.id, at) };
    case "liquidate": {
      const actual = await outcomeOf(send(as(9), "liquidateBLSPublicKey", step.id));
      return { actual, expected: model.liquidate(step.id, at) };
    }
    case "withdraw": {
      const actual = await outcomeOf(send(as(step.caller), "withdrawPrincipal", step.id));
      return { actual, expected: model.withdraw(step.caller, step.id, at) };
    }
    case "pause": {
      const expected = step.on === model.paused ? (step.on ? "EnforcedPause" : "ExpectedPause") : null;
      model.paused = step.on;
      return { actual: await outcomeOf(send(rewards, step.on ? "pause" : "unpause")), expected };
    }
    case "require": {
      model.requirementAtomic = step.units * UNIT;
      return { actual: await outcomeOf(send(rewards, "setStakingRequirement", step.units * UNIT)), expected: null };
    }
    case "wait": {
      await network.chain.mine();
      return { actual: null, expected: null };
    }
  }
}

async function register(model: NetworkModel, step: Extract<Operation, { kind: "register" }>, at: number) {
  const contributors = splitStake(step.split, step.operator, model.requirementAtomic);
  const structs = contributors.map(({ account, stakeAtomic }) => {
    return { addr: addressOf(account), beneficiary: addressOf(account), stake: stakeAtomic };
  });
  const { registration } = nodeFor(step.key, step.operator);
  const caller = step.stranger ? 7 : step.operator;
  const actual = await outcomeOf(send(as(caller), "addBLSPublicKey", registration, structs));
  return { actual, expected: model.register(caller, step, contributors, at) };
}

async function award(model: NetworkModel, step: Extract<Operation, { kind: "award" }>) {
  const amount = model.money.balanceOf(step.recipient).lifetime + step.raise;
  const recipient = addressOf(step.recipient);
  const signature = signatureOf(model, step.absent, step.lie);
  const digest = digestOf(network.domain, "RewardClaim", { recipient, amount });
  const args = [recipient, amount, ...signed(signature, digest)];
  const actual = await outcomeOf(send(network.rewards, "updateRewardsBalance", ...args));
  return { actual, expected: model.award(step.recipient, amount, signature) };
}

/** Leaves of every account: what it has earned, and a SESH more. */
function contentOf(model: NetworkModel): string {
  return JSON.stringify(
    Object.fromEntries(ACCOUNTS.map((account) => [account, String(model.money.balanceOf(account).lifetime + UNIT)])),
  );
}

function leavesOf(content: string): RewardLeaf[] {
  const amounts = JSON.parse(content) as Record<string, string>;
  return Object.entries(amounts).map(([account, amount]) => ({
    recipient: addressOf(Number(account)),
    amountAtomic: BigInt(amount),
  }));
}

/** A claim by proof, or somebody's raise of the account; with a wrong amount or another's leaf at times. */
async function prove(model: NetworkModel, step: Extract<Operation, { kind: "prove" }>, at: number) {
  const rootIndex = Math.max(0, model.money.payableRoots.length - step.back);
  const leaves = leavesOf(model.money.payableRoots[rootIndex] ?? contentOf(model));
  const of = (account: number): RewardLeaf => leaves[ACCOUNTS.indexOf(account)] as RewardLeaf;
  const other = ACCOUNTS.find((account) => account !== step.account) as number;
  const proof = rewardTree(leaves).proofOf(of(step.lie === "leaf" ? other : step.account));
  const leafAmount = of(step.account).amountAtomic;
  const amount = step.lie === "none" ? leafAmount : leafAmount + 7n;
  if (step.claims) {
    const actual = await outcomeOf(send(atDistributor(step.account), "claimWithProof", amount, rootIndex, proof));
    return { actual, expected: model.money.claimWithProof(step.account, amount, rootIndex, at) };
  }
  const claim = { recipient: addressOf(step.account), amount, rootIndex, proof };
  const actual = await outcomeOf(send(atDistributor(other), "updateRewardsBalancesWithProofs", [claim]));
  return { actual, expected: model.money.raiseWithProof(step.account, amount, rootIndex) };
}

async function report(model: NetworkModel, step: Extract<Operation, { kind: "report" }>, at: number) {
  const epoch = Math.max(0, Math.floor((at - model.genesis) / EPOCH_SECONDS) - 1 + step.epoch);
  const entry = model.entries.get(epoch);
  const earlier = { absent: entry?.absent ?? [], shown: entry?.shown ?? [] };
  const named = step.forgetful ? { absent: [...earlier.absent, 900], shown: [] } : earlier;
  const fresh = {
    epoch,
    content: contentOf(model),
    isCovered: step.isCovered,
    activate: step.activate,
    decommission: step.decommission,
  };
  const message = step.repeat && entry !== undefined ? (JSON.parse(entry.digest) as typeof fresh) : fresh;
  const struct = {
    epoch: BigInt(message.epoch),
    // Without a root, or with more owed than was ever released, it is recorded but never payable (P-40).
    rewardsRoot: message.isCovered ? rewardTree(leavesOf(message.content)).root : (ZeroHash as `0x${string}`),
    totalOwed: 1n,
    activate: message.activate,
    decommission: message.decommission,
  };
  const signature = signatureOf(model, step.absent, step.lie);
  const digest = await network.rewards.getFunction("hashEpochReport")(struct);
  const bytes = Uint8Array.from(Buffer.from((digest as string).slice(2), "hex"));
  const actual = await outcomeOf(send(network.rewards, "reportEpoch", struct, ...signed(signature, bytes), named));
  return { actual, expected: model.report(message, signature, named, at) };
}

/** Who signs and who is named: all nodes that have not exited but the absent ones, but for the lie. */
function signatureOf(model: NetworkModel, absentIds: readonly number[], lie: Lie): ModelSignature {
  const inSet = model.nodes.filter(({ state }) => state !== "exited");
  const absent = inSet.filter(({ id }) => absentIds.includes(id));
  const present = inSet.filter(({ id }) => !absentIds.includes(id));
  const idsOf = (nodes: readonly ModelNode[]): number[] => nodes.map(({ id }) => id);
  const keys = present.map(({ key }) => key);
  let nonSigners = idsOf(absent.filter(({ state }) => state === "active"));
  let extraSigners = idsOf(present.filter(({ state }) => state !== "active"));
  if (lie === "unsigned") keys.pop();
  if (lie === "unnamed") nonSigners = nonSigners.slice(1);
  if (lie === "extra unnamed") extraSigners = extraSigners.slice(1);
  if (lie === "unsorted") nonSigners = [5, 4];
  if (lie === "duplicate") nonSigners = [4, 4];
  if (lie === "unknown") extraSigners = [...extraSigners, model.nodes.length + 1];
  return { signed: new Set(keys), nonSigners, extraSigners };
}

/** The arguments that a signature comes to. */
function signed({ signed: keys, nonSigners, extraSigners }: ModelSignature, digest: Uint8Array) {
  const shares = [...keys].map((key) => network.scheme.sign(secretOf(key), digest));
  return [g2Struct(network.scheme.aggregateSignatures(shares)), nonSigners, extraSigners];
}

/** The state of the contracts, as far as the model knows it. */
async function compare(model: NetworkModel, at: number, everyNode: boolean): Promise<void> {
  const { rewards, scheme, token } = network;
  const read = (method: string, ...args: unknown[]): Promise<unknown> => rewards.getFunction(method)(...args);
  expect(await read("nextId")).toBe(BigInt(model.nodes.length + 1));
  expect(await read("nodeCount")).toBe(BigInt(model.nodes.filter(({ state }) => state !== "exited").length));
  expect(await read("principal")).toBe(model.principalAtomic);
  expect(await read("activeStake")).toBe(model.activeStakeAtomic);
  expect(await read("decommissionedStake")).toBe(model.stakeAtomic(({ state }) => state === "decommissioned"));
  expect(await read("stakingRequirement")).toBe(model.requirementAtomic);
  expect(await read("paused")).toBe(model.paused);
  expect(await read("acceptedReports")).toBe(BigInt(model.acceptedReports));
  const { distributor } = network;
  expect(await distributor.getFunction("payableRootCount")()).toBe(BigInt(model.money.payableRoots.length));
  expect(await distributor.getFunction("paused")()).toBe(model.paused);
  const cycle = (await distributor.getFunction("claimCycle")({ blockTag: "latest" })) as { claimedInCycle: bigint };
  if (((await network.chain.provider.getBlock("latest"))?.timestamp ?? 0) === at) {
    expect(cycle.claimedInCycle).toBe(model.money.claimedInCycleAtomic(at));
  }
  for (const account of ACCOUNTS) {
    const { lifetime, claimed } = model.money.balanceOf(account);
    expect(await read("recipients", addressOf(account))).toEqual([lifetime, claimed]);
  }
  const active = model.nodes.filter(({ state }) => state === "active");
  const sum = scheme.aggregatePublicKeys(active.map(({ key }) => scheme.publicKeyOf(secretOf(key))));
  expect(((await read("aggregatePublicKey")) as { toObject(): unknown }).toObject()).toEqual(g1Struct(sum));
  for (const node of everyNode ? model.nodes : []) await compareNode(node);
  const held = (await token.getFunction("balanceOf")(network.deployment.rewards)) as bigint;
  expect(held).toBe(model.principalAtomic);
}

async function compareNode(node: ModelNode): Promise<void> {
  const stored = await network.rewards.getFunction("node")(node.id);
  expect(stored.state).toBe(STATES[node.state]);
  expect(stored.operator).toBe(addressOf(node.operator));
  expect(stored.stake).toBe(node.stakeAtomic);
  expect(stored.leaveRequestedAt).toBe(BigInt(node.leaveRequestedAt));
  expect(stored.decommissionedAt).toBe(BigInt(node.decommissionedAt));
  expect(stored.unlocksAt).toBe(BigInt(node.unlocksAt));
  const contributors = stored.contributors.map(({ stake }: { stake: bigint }) => stake);
  expect(contributors).toEqual(node.contributors.map(({ stakeAtomic }) => stakeAtomic));
  const bits = node.contributors.reduce((sum, { account }, i) => sum + (node.withdrawn.has(account) ? 1 << i : 0), 0);
  expect(stored.withdrawn).toBe(BigInt(bits));
}

/** Null, or the name of the contract's error. */
async function outcomeOf(transaction: Promise<unknown>): Promise<string | null> {
  const failed = await transaction.then(
    () => null,
    (error: unknown) => error,
  );
  if (failed === null) return null;
  return (await revertOf([network.rewards, network.distributor], Promise.reject(failed))).replace(/\(.*/s, "");
}

/** Registration `key` of an operator; seeded nodes have the keys of their ids. */
function nodeFor(key: number, operator: number): TestNode {
  const name = `${key} ${operator}`;
  const node = made.get(name) ?? makeTestNode(network.scheme, network.domain, key, addressOf(operator));
  made.set(name, node);
  return node;
}

function secretOf(key: number): Uint8Array {
  return key <= SEEDED ? (network.nodes[key - 1] as TestNode).blsSecret : nodeFor(key, 2).blsSecret;
}
