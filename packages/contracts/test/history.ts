// Carries the operations of a random history out on contracts and model. In: a network and operations. Out: nothing,
// but each operation has ended the same way on both, with the same error by name, and has left the same state.
import { type Address, digestOf, g2Struct } from "@quorate/common";
import { type Contract, type JsonRpcSigner, ZeroHash } from "ethers";
import { expect } from "vitest";
import {
  makeTestNode,
  type RewardLeaf,
  rewardTree,
  send,
  type TestNetwork,
  type TestNode,
} from "../src/testing/index.ts";
import { compare } from "./compare.ts";
import { type ModelReport, type ModelShowing, type ModelSignature, NetworkModel } from "./model.ts";
import type { ModelNode } from "./nodesModel.ts";
import {
  ACCOUNTS,
  type Lie,
  type Lists,
  type Operation,
  reportOf,
  SEEDED,
  type ShownLie,
  splitStake,
  stakeOf,
  UNIT,
} from "./operations.ts";
import type { Caller } from "./powersModel.ts";
import { revertOf } from "./support.ts";

/** How an operation has ended: null, or the name of an error. */
interface Outcome {
  readonly expected: string | null;
  readonly actual: string | null;
}

/** Account 0 owns, account 8 guards. */
export const ACCOUNT_OF: Readonly<Record<Caller, number>> = { owner: 0, guardian: 8, stranger: 7 };

export class History {
  readonly network: TestNetwork;
  /** How often each kind of operation has ended how, over all runs. */
  readonly outcomes: Map<string, number> = new Map();
  readonly #made: Map<string, TestNode> = new Map();

  constructor(network: TestNetwork) {
    this.network = network;
  }

  /** Carries a history out on both, and compares after every step, or at the end only. */
  async run(operations: readonly Operation[], compareAll = true): Promise<void> {
    const model = await this.#start();
    let at = (await this.network.chain.provider.getBlock("latest"))?.timestamp ?? 0;
    for (const [index, operation] of operations.entries()) {
      for (const step of stepsOf(operation)) {
        at += step.kind === "wait" ? step.seconds : 10;
        if (step.kind === "report" && step.closes) at = model.endOf(runningAt(model, at));
        await this.network.chain.setNextTimestamp(at);
        const { expected, actual } = await this.#apply(model, step, at);
        expect(
          actual,
          JSON.stringify(step, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
        ).toBe(expected);
        const name = `${step.kind} ${expected}`;
        this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
      }
      // Reading every node takes longer than the step: after every fifth, and at the end.
      if (compareAll) await compare(this, model, at, index % 5 === 0);
    }
    await compare(this, model, at, true);
  }

  /** Accounts of the chain, and others that only lend their address. */
  addressOf(i: number): Address {
    if (i < 20) return (this.network.chain.signers[i] as JsonRpcSigner).address as Address;
    return `0x${i.toString(16).padStart(40, "0")}` as Address;
  }

  secretOf(key: number): Uint8Array {
    if (key <= SEEDED) return (this.network.nodes[key - 1] as TestNode).blsSecret;
    return this.#nodeFor(key, 2).blsSecret;
  }

  async #start(): Promise<NetworkModel> {
    const { parameters } = this.network.deployment;
    const read = async (method: string): Promise<number> => Number(await this.network.rewards.getFunction(method)());
    const model = new NetworkModel({
      requirementAtomic: parameters.stakingRequirementAtomic,
      claimLimitAtomic: parameters.claimLimitAtomic,
      cycleSeconds: parameters.claimCycleSeconds,
      epochSeconds: parameters.epochSeconds,
      noticeSeconds: await read("emergencyNoticeSeconds"),
      genesis: await read("genesis"),
    });
    for (let id = 1; id <= SEEDED; id++) model.seed(id, 1, stakeOf(id));
    return model;
  }

  /** Does one operation on both and says how each ended. */
  async #apply(model: NetworkModel, step: Operation, at: number): Promise<Outcome> {
    switch (step.kind) {
      case "register":
        return this.#register(model, step, at);
      case "award":
        return this.#award(model, step, at);
      case "report":
        return this.#report(model, step, at);
      case "claim":
        return this.#claim(model, step, at);
      case "prove":
        return this.#prove(model, step, at);
      case "show":
      case "contestSigned":
        return this.#hear(model, step, at);
      case "contest": {
        const actual = await this.#send(step.caller, "contest", step.id);
        return { actual, expected: model.set.contest(step.caller, step.id) };
      }
      case "dropSilent":
        return { actual: await this.#send(9, "dropSilent", step.ids), expected: model.dropSilent(step.ids, at) };
      case "leave": {
        const actual = await this.#send(step.caller, "initiateExitBLSPublicKey", step.id);
        return { actual, expected: model.set.requestLeave(step.caller, step.id, at) };
      }
      case "exit":
        return { actual: await this.#send(9, "exitBLSPublicKey", step.id), expected: model.set.exit(step.id, at) };
      case "liquidate": {
        const actual = await this.#send(9, "liquidateBLSPublicKey", step.id);
        return { actual, expected: model.liquidate(step.id, at) };
      }
      case "withdraw": {
        const actual = await this.#send(step.caller, "withdrawPrincipal", step.id);
        return { actual, expected: model.set.withdraw(step.caller, step.id, at) };
      }
      case "wait":
        await this.network.chain.mine();
        return { actual: null, expected: null };
      case "reports":
        throw new Error("is carried out step by step");
      default:
        return this.#govern(model, step, at);
    }
  }

  /** What owner and guardian do. */
  async #govern(
    { set, powers }: NetworkModel,
    step: Extract<Operation, { kind: "pause" | "unpause" | "announce" | "carryOut" | "require" | "dropFromFloor" }>,
    at: number,
  ): Promise<Outcome> {
    if (step.kind === "require") {
      const amount = (powers.requirementAtomic * step.percent) / 100n;
      return { actual: await this.#send(0, "setStakingRequirement", amount), expected: powers.require(amount, at) };
    }
    const account = ACCOUNT_OF[step.by];
    if (step.kind === "pause") {
      const actual = await this.#send(account, "pause", step.seconds);
      return { actual, expected: powers.pause(step.by, step.seconds, at) };
    }
    if (step.kind === "unpause") {
      return { actual: await this.#send(account, "unpause"), expected: powers.unpause(step.by, at) };
    }
    if (step.kind === "dropFromFloor") {
      const actual = await this.#send(account, "dropFromFloor", step.ids);
      if (step.by !== "owner") return { actual, expected: "OwnableUnauthorizedAccount" };
      set.keepOut(step.ids);
      return { actual, expected: null };
    }
    const [down, up] = listsOf(set.nodes, step.lists);
    if (step.kind === "announce") {
      const actual = await this.#send(account, "announceEmergency", down, up);
      return { actual, expected: powers.announce(step.by, down, up, at) };
    }
    const actual = await this.#send(account, "emergencyDecommission", down, up);
    return { actual, expected: powers.carryOut(step.by, down, up, at) };
  }

  async #register(model: NetworkModel, step: Extract<Operation, { kind: "register" }>, at: number): Promise<Outcome> {
    const contributors = splitStake(step.split, step.operator, model.powers.requirementAtomic);
    const structs = contributors.map(({ account, stakeAtomic }) => {
      return { addr: this.addressOf(account), beneficiary: this.addressOf(account), stake: stakeAtomic };
    });
    const { registration } = this.#nodeFor(step.key, step.operator);
    const caller = step.stranger ? 7 : step.operator;
    const actual = await this.#send(caller, "addBLSPublicKey", registration, structs);
    return { actual, expected: model.register(caller, step, contributors, at) };
  }

  async #award(model: NetworkModel, step: Extract<Operation, { kind: "award" }>, at: number): Promise<Outcome> {
    const amount = model.money.balanceOf(step.recipient).lifetime + step.raise;
    const recipient = this.addressOf(step.recipient);
    const signature = signatureOf(model, step.absent, step.lie);
    const digest = digestOf(this.network.domain, "RewardClaim", { recipient, amount });
    const args = [this.#sign(signature.signed, digest), signature.nonSigners, signature.extraSigners];
    const actual = await this.#send(0, "updateRewardsBalance", recipient, amount, ...args);
    return { actual, expected: model.award(step.recipient, amount, signature, at) };
  }

  async #claim({ money }: NetworkModel, step: Extract<Operation, { kind: "claim" }>, at: number): Promise<Outcome> {
    const { lifetime, claimed } = money.balanceOf(step.account);
    const amount = ((lifetime - claimed) * BigInt(step.part)) / 4n; // 5: a quarter more than there is
    const actual = step.direct
      ? await this.#sendToDistributor(step.account, "claimRewards(uint256)", amount)
      : await this.#send(step.account, "claimRewards(uint256)", amount);
    return { actual, expected: money.claim(step.account, amount, at) };
  }

  /** A claim by proof, or somebody's raise of the account; with a wrong amount or another's leaf at times. */
  async #prove(model: NetworkModel, step: Extract<Operation, { kind: "prove" }>, at: number): Promise<Outcome> {
    const rootIndex = Math.max(0, model.money.payableRoots.length - step.back);
    const leaves = this.#leavesOf(model.money.payableRoots[rootIndex] ?? contentOf(model));
    const of = (account: number): RewardLeaf => leaves[ACCOUNTS.indexOf(account)] as RewardLeaf;
    const other = ACCOUNTS.find((account) => account !== step.account) as number;
    const proof = rewardTree(leaves).proofOf(of(step.lie === "leaf" ? other : step.account));
    const leafAmount = of(step.account).amountAtomic;
    const amount = step.lie === "none" ? leafAmount : leafAmount + 7n;
    if (step.claims) {
      const actual = await this.#sendToDistributor(step.account, "claimWithProof", amount, rootIndex, proof);
      return { actual, expected: model.money.claimWithProof(step.account, amount, rootIndex, at) };
    }
    const claim = { recipient: this.addressOf(step.account), amount, rootIndex, proof };
    const actual = await this.#sendToDistributor(other, "updateRewardsBalancesWithProofs", [claim]);
    return { actual, expected: model.money.raiseWithProof(step.account, amount, rootIndex, at) };
  }

  async #report(model: NetworkModel, step: Extract<Operation, { kind: "report" }>, at: number): Promise<Outcome> {
    const epoch = Math.max(0, runningAt(model, at) - 1 + step.epoch);
    const recorded = model.entries.get(epoch);
    const { activate, decommission, cover } = step;
    const fresh: ModelReport = { epoch, content: contentOf(model), cover, activate, decommission };
    const message = step.repeat && recorded !== undefined ? (JSON.parse(recorded.digest) as ModelReport) : fresh;
    const { cover: kind, content } = message;
    const struct = {
      epoch: BigInt(message.epoch),
      // Without a root, or with more owed than was ever released, it is recorded but never payable (P-40).
      rewardsRoot: kind === "rootless" ? (ZeroHash as `0x${string}`) : rewardTree(this.#leavesOf(content)).root,
      totalOwed: kind === "owing" ? 2n ** 200n : 1n,
      activate: message.activate,
      decommission: message.decommission,
    };
    const signature = signatureOf(model, step.absent, step.lie);
    const digest = bytesOf(await this.network.rewards.getFunction("hashEpochReport")(struct));
    const args = [this.#sign(signature.signed, digest), signature.nonSigners, signature.extraSigners];
    const actual = await this.#send(0, "reportEpoch", struct, ...args);
    return { actual, expected: model.report(message, signature, at) };
  }

  /** Shows signers of a recorded report, or contests for them. */
  async #hear(
    model: NetworkModel,
    step: Extract<Operation, { kind: "show" | "contestSigned" }>,
    at: number,
  ): Promise<Outcome> {
    const { rewards } = this.network;
    const showing = showingOf(model, step.signers, step.lie);
    const running = runningAt(model, at);
    if (step.kind === "show") {
      const epoch = Math.max(0, running - 1 + step.epoch);
      const digest = bytesOf(await rewards.getFunction("recordedDigest")(epoch));
      const actual = await this.#send(9, "showSigners", epoch, this.#sign(showing.signed, digest), showing.signers);
      return { actual, expected: model.show(epoch, showing, at) };
    }
    const epoch = Math.max(0, running + step.epoch);
    const digest = bytesOf(await rewards.getFunction("hashContest")(epoch));
    const actual = await this.#send(9, "contestSigned", epoch, this.#sign(showing.signed, digest), showing.signers);
    return { actual, expected: model.contestSigned(epoch, showing, at) };
  }

  #leavesOf(content: string): RewardLeaf[] {
    const amounts = JSON.parse(content) as Record<string, string>;
    return Object.entries(amounts).map(([account, amount]) => ({
      recipient: this.addressOf(Number(account)),
      amountAtomic: BigInt(amount),
    }));
  }

  /** The aggregate of the signatures by these keys; of nobody's, infinity. */
  #sign(keys: ReadonlySet<number>, digest: Uint8Array): unknown {
    const { scheme } = this.network;
    if (keys.size === 0) return Array.from({ length: 8 }, () => ZeroHash);
    return g2Struct(scheme.aggregateSignatures([...keys].map((key) => scheme.sign(this.secretOf(key), digest))));
  }

  #send(account: number, method: string, ...args: unknown[]): Promise<string | null> {
    return this.#outcomeOf(send(this.#as(this.network.rewards, account), method, ...args));
  }

  #sendToDistributor(account: number, method: string, ...args: unknown[]): Promise<string | null> {
    return this.#outcomeOf(send(this.#as(this.network.distributor, account), method, ...args));
  }

  #as(contract: Contract, account: number): Contract {
    return contract.connect(this.network.chain.signers[account] as JsonRpcSigner) as Contract;
  }

  /** Null, or the name of the contract's error. */
  async #outcomeOf(transaction: Promise<unknown>): Promise<string | null> {
    const failed = await transaction.then(
      () => null,
      (error: unknown) => error,
    );
    if (failed === null) return null;
    const contracts = [this.network.rewards, this.network.distributor];
    return (await revertOf(contracts, Promise.reject(failed))).replace(/\(.*/s, "");
  }

  /** Registration `key` of an operator; seeded nodes have the keys of their ids. */
  #nodeFor(key: number, operator: number): TestNode {
    const { scheme, domain } = this.network;
    const name = `${key} ${operator}`;
    const node = this.#made.get(name) ?? makeTestNode(scheme, domain, key, this.addressOf(operator));
    this.#made.set(name, node);
    return node;
  }
}

/** An operation that stands for several, one by one. */
function stepsOf(operation: Operation): readonly Operation[] {
  if (operation.kind !== "reports") return [operation];
  return Array.from({ length: operation.count }, () => reportOf([]));
}

const runningAt = (model: NetworkModel, at: number): number => Math.floor((at - model.genesis) / model.epochSeconds);
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), "hex"));

/** Leaves of every account: what it has earned, and a SESH more. */
function contentOf(model: NetworkModel): string {
  return JSON.stringify(
    Object.fromEntries(ACCOUNTS.map((account) => [account, String(model.money.balanceOf(account).lifetime + UNIT)])),
  );
}

/** Whom an emergency names. */
function listsOf(nodes: readonly ModelNode[], lists: Lists): [number[], number[]] {
  if (lists === "one") return [[5], []];
  if (lists === "one and back") return [[5], [6]];
  const active = nodes.filter(({ state }) => state === "active");
  return [active.map(({ id }) => id), nodes.map(({ id }) => id)];
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

/** Who is shown or contests: those of the ids that were given, whatever their state, but for the lie. */
function showingOf(model: NetworkModel, ids: readonly number[], lie: ShownLie): ModelShowing {
  let signers = ids.filter((id) => id <= model.nodes.length).toSorted((a, b) => a - b);
  const keys = signers.map((id) => (model.nodes[id - 1] as ModelNode).key);
  if (lie === "unsigned") keys.pop();
  if (lie === "unsorted") signers = signers.toReversed();
  if (lie === "duplicate") signers = signers.flatMap((id) => [id, id]);
  if (lie === "unknown") signers = [...signers, model.nodes.length + 1];
  return { signed: new Set(keys), signers };
}
