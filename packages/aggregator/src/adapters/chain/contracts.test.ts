import type { RewardsContract } from "@quorate/client";
import {
  type Address,
  buildBundle,
  type ChainHead,
  digestOf,
  fromHex,
  g2FromEip2537,
  parseAddress,
  parseBundle,
  provePossession,
  Signers,
  toHex,
} from "@quorate/common";
import { send, signAsOne, TEST_STAKE_ATOMIC, type TestNetwork } from "@quorate/contracts/testing";
import { type Contract, HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../../test/support/anvilNetwork.ts";
import { CHAIN_ID, type TestChain } from "../../../test/support/chain.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { connectRewards } from "./connectRewards.ts";
import { createChainFollower } from "./follower.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const NODES = 20;

/** Anvil's account `index`; 0 owns the contracts, 1 operates the seeded nodes. */
const wallet = (index: number) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);

let chain: TestChain;
let network: TestNetwork;
let contract: RewardsContract;

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(NODES));
  contract = await connectRewards(chain.url, parseAddress(network.deployment.rewards));
});

afterAll(async () => {
  contract?.close();
  await chain?.stop();
});

/** What a new follower reads from the deployment on, up to an event. */
async function followUntil(isLast: (event: ChainEvent) => boolean): Promise<ChainEvent[]> {
  await chain.mine(3);
  const events: ChainEvent[] = [];
  const follower = createChainFollower(
    {
      providers: [chain.url],
      chainId: CHAIN_ID,
      rewards: parseAddress(network.deployment.rewards),
      pool: parseAddress(network.deployment.pool),
      deployBlock: network.deployment.fromBlock,
      pollMs: 20,
      chunkBlocks: 5,
      timeoutMs: 30_000,
    },
    { logger: { debug() {}, info() {}, warn() {}, error() {} } },
  );
  await new Promise<void>((resolve, reject) => {
    void follower.start(null, {
      async onAdvance(some, _head: ChainHead) {
        events.push(...some);
        if (events.some(isLast)) resolve();
      },
      onHealth: (health) => health.healthy || reject(new Error(`${health.code}: ${health.detail}`)),
    });
  });
  await follower.stop();
  return events;
}

describe("the follower on the real contracts", () => {
  it("reads deployment, seeds and start as the ledger's events, in the order of P-50", async () => {
    const events = await followUntil((event) => event.type === "started");

    const nodes = events.filter((event) => event.type === "node-registered");
    expect(nodes.map((node) => node.id)).toEqual(Array.from({ length: NODES }, (_, i) => i + 1));
    const [first] = network.nodes;
    const operator = parseAddress(first?.operator ?? "");
    expect(nodes[0]).toMatchObject({
      operator,
      seeded: true,
      blsKey: toHex(first?.blsKey ?? new Uint8Array()),
      identityKey: first?.registration.identityKey,
      identitySignature: `0x${first?.registration.identitySignature.map((half) => half.slice(2)).join("")}`,
      feeBps: 1_000,
      contributors: [{ addr: operator, beneficiary: operator, stake: TEST_STAKE_ATOMIC }],
    });
    const started = events.find((event) => event.type === "started");
    expect(started).toMatchObject({ genesis: started?.timestamp, epochSeconds: 3_600 });
    expect(events.some((event) => event.type === "pool-settled")).toBe(true);
    const positions = events.map((event) => event.blockNumber * 10_000 + event.logIndex);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });
});

describe("claims", () => {
  const recipient = parseAddress(wallet(2).address);

  it("are verified, recorded and paid with lists derived from the node set of now (P-102)", async () => {
    const amount = 1_000n;
    const { signature, signers } = await signedBy(recipient, amount, NODES - 1);
    const message = { recipient, amount };
    const { nodes, block } = await contract.nodeSet();
    expect(nodes.map((node) => node.state)).toEqual(Array(NODES).fill("active"));
    const bundle = buildBundle({ domain: contract.domain, epoch: 1, message, signature, signers, nodes, block });
    const content = parseBundle(bundle);

    const verified = await contract.verifyClaim(content.message, content.signature, content.signers);
    expect(verified.lists).toEqual({ nonSigners: [NODES], extraSigners: [] });
    expect(verified.stake.signedBps).toBe(9_500);

    const account = contract.account(wallet(2).privateKey);
    const receipt = await contract.updateRewardsBalance(account, content.message, content.signature, content.signers);
    expect(receipt.status).toBe(1);
    expect(await contract.recipient(recipient)).toEqual({ lifetime: amount, claimed: 0n });
    const stranger = contract.account(wallet(3).privateKey);
    await expect(contract.claimRewards(stranger)).rejects.toMatchObject({
      values: { error: `NothingToClaim(${wallet(3).address})` },
    });
    // The pool has to release enough first.
    await chain.rpc("evm_increaseTime", 86_400);
    await chain.mine(1);
    await contract.claimRewards(account);
    expect(await contract.recipient(recipient)).toEqual({ lifetime: amount, claimed: amount });
    expect(await network.token.getFunction("balanceOf")(recipient)).toBe(amount);
  });

  it.each([
    ["below the quorum", 5_000n, NODES - 2, /QuorumNotReached\(/],
    ["that raises nothing", 1_000n, NODES, /AmountNotRaised\(1000, 1000\)/],
  ])("error: a claim %s says so before it costs gas", async (_name, amount, count, reason) => {
    const { signature, signers } = await signedBy(recipient, amount, count);
    const account = contract.account(wallet(2).privateKey);
    const balance = await chain.rpc("eth_getBalance", recipient, "latest");
    await expect(
      contract.updateRewardsBalance(account, { recipient, amount }, signature, signers),
    ).rejects.toMatchObject({
      code: "TRANSACTION_REVERTED",
      values: { error: expect.stringMatching(reason) },
    });
    expect(await chain.rpc("eth_getBalance", recipient, "latest")).toBe(balance);
  });

  it("error: ACCOUNT_LACKS_ETHER for an account that cannot pay for it", async () => {
    const { signature, signers } = await signedBy(recipient, 5_000n, NODES);
    const poor = contract.account(`0x${"77".repeat(32)}`);
    const attempt = contract.updateRewardsBalance(poor, { recipient, amount: 5_000n }, signature, signers);
    await expect(attempt).rejects.toMatchObject({ code: "ACCOUNT_LACKS_ETHER", values: { have: "0.0 ether" } });
  });

  it("error: a signature over another amount", async () => {
    const { signature, signers } = await signedBy(recipient, 5_000n, NODES);
    const attempt = contract.verifyClaim({ recipient, amount: 5_001n }, signature, signers);
    await expect(attempt).rejects.toMatchObject({ values: { error: expect.stringMatching(/InvalidSignature\(/) } });
  });
});

describe("what a bundle would do now (P-107)", () => {
  it("is asked as the recipient's own call: above the claim limit, paused, used", async () => {
    const recipient = parseAddress(wallet(4).address);
    const message = { recipient, amount: 900n };
    const { signature, signers } = await signedBy(recipient, message.amount, NODES);
    const now = () => contract.verifyClaim(message, signature, signers);
    expect(await now()).toMatchObject({ lifetime: 0n, refusal: null, payoutRefusal: null });

    // 1,000 of it were claimed above.
    await send(network.rewards, "setClaimLimit", 1_899n, 43_200n);
    expect(await now()).toMatchObject({
      refusal: null,
      payoutRefusal: { error: "ClaimLimitExceeded(900, 899)", meaning: expect.stringContaining("0.0000009 SESH") },
    });
    await send(network.rewards, "setClaimLimit", 10n ** 15n, 43_200n);

    await send(network.rewards, "pause", 3_600n);
    expect(await now()).toMatchObject({
      refusal: { error: expect.stringMatching(/^EnforcedPause\(/), meaning: expect.stringContaining("paused until") },
    });
    await send(network.rewards, "unpause");

    await contract.updateRewardsBalance(contract.account(wallet(2).privateKey), message, signature, signers);
    const used = { lifetime: 900n, claimed: 0n, refusal: { error: "AmountNotRaised(900, 900)" }, payoutRefusal: null };
    expect(await now()).toMatchObject(used);
  });
});

describe("registration", () => {
  const operator = wallet(3);

  it("takes the stake and gives the next id; the node is pending (P-21)", async () => {
    await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC);
    const { id, receipt } = await contract.register(contract.account(operator.privateKey), request(77));
    expect([id, receipt.status]).toEqual([NODES + 1, 1]);
    const { nodes } = await contract.nodeSet();
    expect(nodes.at(-1)).toMatchObject({ id: NODES + 1, state: "pending", stake: TEST_STAKE_ATOMIC });
    expect(await network.token.getFunction("balanceOf")(operator.address)).toBe(0n);
  });

  it("error: the same key twice, or a proof of another operator's", async () => {
    await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC);
    const account = contract.account(operator.privateKey);
    await expect(contract.register(account, request(77))).rejects.toMatchObject({
      values: { error: `KeyInUse(${NODES + 1})` },
    });
    const foreign = { ...request(78), possession: request(78, parseAddress(wallet(4).address)).possession };
    await expect(contract.register(account, foreign)).rejects.toMatchObject({
      values: { error: expect.stringMatching(/^InvalidProofOfPossession\(/) },
    });
  });

  function request(seed: number, by: Address = parseAddress(operator.address)) {
    const secrets = {
      blsSecret: new Uint8Array(32).fill(seed),
      identitySecret: new Uint8Array(32).fill(seed),
      operator: by,
    };
    const possession = provePossession(network.scheme, contract.domain, secrets);
    return { possession, beneficiary: by, feeBps: 500 };
  }
});

describe("leaving", () => {
  const LEAVER = NODES;
  const FIFTEEN_DAYS_SECONDS = 15 * 86_400;

  it("is read as the ledger's events, and a bundle that the node had signed still verifies (P-53, P-102)", async () => {
    const operator = network.rewards.connect(await network.chain.provider.getSigner(1)) as Contract;
    await send(operator, "initiateExitBLSPublicKey", LEAVER);
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    await chain.rpc("evm_setNextBlockTimestamp", Number(timestamp) + FIFTEEN_DAYS_SECONDS);
    await chain.rpc("evm_mine");
    await send(network.rewards, "exitBLSPublicKey", LEAVER);

    const events = await followUntil((event) => event.type === "node-exited");
    const asked = events.find((event) => event.type === "leave-requested");
    expect(asked).toMatchObject({ id: LEAVER, unlocksAt: (asked?.timestamp ?? 0) + FIFTEEN_DAYS_SECONDS });
    expect(events.find((event) => event.type === "node-exited")).toMatchObject({ id: LEAVER });

    const { nodes } = await contract.nodeSet();
    expect(nodes[LEAVER - 1]).toMatchObject({ id: LEAVER, state: "exited" });
    const message = { recipient: parseAddress(network.nodes[0]?.operator ?? ""), amount: 10n ** 15n };
    const digest = digestOf(contract.domain, "RewardClaim", message);
    const shares = network.nodes.map(({ blsSecret }) => network.scheme.sign(blsSecret, digest));
    const signers = Signers.of(Array.from({ length: NODES }, (_, i) => i + 1));
    const { lists } = await contract.verifyClaim(message, network.scheme.aggregateSignatures(shares), signers);
    expect(lists).toEqual({ nonSigners: [], extraSigners: [LEAVER] });
  });
});

describe("epoch reports", () => {
  const EPOCH_SECONDS = 3_600;
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it("are read as records with the ids that counted, payable roots, showings and hearings (P-37 to P-40, P-110)", async () => {
    const genesis = Number(await network.rewards.getFunction("genesis")());
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    const epoch = Math.floor((Number(timestamp) - genesis) / EPOCH_SECONDS);
    await chain.rpc("evm_setNextBlockTimestamp", genesis + (epoch + 1) * EPOCH_SECONDS);
    await chain.rpc("evm_mine");
    const report = {
      epoch,
      rewardsRoot: `0x${"5e".repeat(32)}`,
      totalOwed: 7n,
      activate: [],
      decommission: [19],
    } as const;
    const digest = digestOf(contract.domain, "EpochReport", report);
    const signed = (ids: readonly number[]) =>
      signAsOne(
        network.scheme,
        ids.map((id) => network.nodes[id - 1] as (typeof network.nodes)[number]),
        digest,
      );
    const hexOf = (ids: readonly number[]) => toHex(g2FromEip2537(fromHex(`0x${words(signed(ids))}`)));

    // Node 20 has exited and 21 is pending: named as non-signers, neither counts.
    await send(network.rewards, "reportEpoch", report, signed(range(1, 15)), range(16, 21), []);
    await send(network.rewards, "showSigners", epoch, signed([16, 19]), [16, 19]);
    await send(network.rewards, "reportEpoch", report, signed(range(1, 20)), [], range(18, 20));

    const events = await followUntil((event) => event.type === "root-payable");
    const submitter = parseAddress(await network.owner.getAddress());
    const common = { epoch, submitter, digest: toHex(digest) };
    expect(events.filter((event) => event.type === "report-recorded")).toMatchObject([
      {
        ...{ ...common, isFirst: true, becamePayable: false, signature: hexOf(range(1, 15)) },
        ...{ nonSigners: range(16, 19), extraSigners: [] },
      },
      {
        ...{ ...common, isFirst: false, becamePayable: true, signature: hexOf(range(1, 20)) },
        ...{ nonSigners: [], extraSigners: [19, 20] },
      },
    ]);
    const last = events.slice(-6).map(({ blockNumber: _block, logIndex: _index, timestamp: _time, ...rest }) => rest);
    expect(last.filter(({ type }) => type !== "report-recorded")).toEqual([
      { type: "nodes-decommissioned", ids: [19] },
      { type: "signers-shown", epoch, signature: hexOf([16, 19]), signers: [16, 19] },
      { type: "nodes-heard", ids: [19] },
      { type: "root-payable", epoch, rootIndex: 0, rewardsRoot: report.rewardsRoot, totalOwed: 7n },
    ]);
  });

  function words(point: ReturnType<typeof signAsOne>): string {
    return Object.values(point)
      .map((word: string) => word.slice(2))
      .join("");
  }
});

describe("connecting", () => {
  it("error: nobody answers, or there is no contract", async () => {
    const rewards = parseAddress(network.deployment.rewards);
    const dead = connectRewards("http://127.0.0.1:1", rewards, { timeoutMs: 300 });
    await expect(dead).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED", values: { provider: "127.0.0.1:1" } });
    const empty = connectRewards(chain.url, `0x${"99".repeat(20)}`);
    await expect(empty).rejects.toMatchObject({ code: "CHAIN_NO_CONTRACT" });
  });
});

/** The aggregate of the first `count` nodes over a claim. */
async function signedBy(recipient: Address, amount: bigint, count: number) {
  const { scheme, nodes } = network;
  const digest = digestOf(contract.domain, "RewardClaim", { recipient, amount });
  const shares = nodes.slice(0, count).map((node) => scheme.sign(node.blsSecret, digest));
  const signers = Signers.of(Array.from({ length: count }, (_, i) => i + 1));
  return { signature: scheme.aggregateSignatures(shares), signers };
}
