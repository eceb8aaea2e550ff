// Solidity and TypeScript agree: digests by the shared vectors, keys, aggregates and verification on a network. The
// curve's own vectors are in test/solidity/Vectors.t.sol, the pool's release is in emission.test.ts.
import { readFileSync } from "node:fs";
import { type Address, digestOf, fromHex, g1Struct, g2Struct, toHex } from "@quorate/common";
import { Contract, type InterfaceAbi, type JsonRpcSigner, ZeroHash } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureBuilt, loadArtifact } from "../src/artifacts.ts";
import {
  makeTestNode,
  send,
  signAsOne,
  signRewardClaim,
  soloContributor,
  startSimulatedChain,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
  type TestNode,
} from "../src/testing/index.ts";
import { revertOf } from "./support.ts";

interface DigestVector {
  readonly domain: { readonly chainId: string; readonly verifyingContract: Address };
  readonly kind: string;
  readonly message: Readonly<Record<string, string>>;
  readonly digest: string;
}

const vectorsFile = new URL("../../common/vectors/digests.json", import.meta.url);
const digestVectors = (JSON.parse(readFileSync(vectorsFile, "utf8")) as { vectors: DigestVector[] }).vectors;

describe("P-4, P-5: digests", () => {
  // A domain is a chain id and an address: the deployed code is put there.
  const domains = Map.groupBy(digestVectors, ({ domain }) => `${domain.chainId} ${domain.verifyingContract}`);
  test.each([...domains.values()].filter(([vector]) => fitsChain(vector)))("domain %#", async (...vectors) => {
    await ensureBuilt();
    const { chainId, verifyingContract } = (vectors[0] as DigestVector).domain;
    const chain = await startSimulatedChain({ chainId: Number(chainId) });
    // Only a local chain's network may be one account's (P-114).
    const account = (i: number): Address => (chain.signers[i] as JsonRpcSigner).address as Address;
    const [proposers, executors] = [[account(1)], [account(1)]];
    const timelock = { minDelaySeconds: 22 * 86_400, proposers, executors };
    const parameters =
      chainId === "31337" ? {} : { kind: "test" as const, guardian: account(2), epochSeconds: 3_600, timelock };
    const network = await startTestNetwork({ nodes: 0, started: false, parameters }, chain);
    const code = await chain.provider.getCode(network.deployment.rewardsImplementation);
    await chain.setCode(verifyingContract, code);
    const abi = loadArtifact("ServiceNodeRewards").abi as InterfaceAbi;
    const rewards = new Contract(verifyingContract, abi, chain.provider);
    for (const { kind, message, digest } of vectors) {
      if (kind === "RewardClaim") {
        const { recipient, amount } = message;
        expect(await rewards.getFunction("hashRewardClaim")(recipient, amount)).toBe(digest);
      } else if (kind === "EpochReport") {
        expect(await rewards.getFunction("hashEpochReport")(message)).toBe(digest);
      } else if (kind === "Contest") {
        expect(await rewards.getFunction("hashContest")(message["epoch"])).toBe(digest);
      } else if (kind === "ProofOfPossession") {
        const { blsKey, operator, identityKey } = message as Record<string, string>;
        const padded = paddedWords(blsKey as string);
        expect(await rewards.getFunction("hashProofOfPossession")(padded, operator, identityKey)).toBe(digest);
      }
    }
    await chain.close();
  });

  test("the vectors hold the kinds that are hashed on chain", () => {
    const kinds = new Set(digestVectors.map(({ kind }) => kind));
    expect(kinds).toContain("RewardClaim");
    expect(kinds).toContain("EpochReport");
    expect(kinds).toContain("ProofOfPossession");
  });
});

/** The simulated network takes chain ids that a JavaScript number holds; others are left to TypeScript's own test. */
function fitsChain(vector: DigestVector | undefined): boolean {
  return vector !== undefined && BigInt(vector.domain.chainId) <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** 96 bytes as the four words of EIP-2537; a vector's key need not be a point. */
function paddedWords(key: string): string[] {
  const zeros = "0".repeat(32);
  const hex = zeros + key.slice(2, 98) + zeros + key.slice(98);
  return [0, 1, 2, 3].map((i) => `0x${hex.slice(i * 64, (i + 1) * 64)}`);
}

describe("a network of 24", () => {
  const allIds = Array.from({ length: 24 }, (_, i) => i + 1);
  let network: TestNetwork;
  let recipients = 0;
  beforeAll(async () => {
    network = await startTestNetwork({ nodes: 24 });
  });
  afterAll(() => network.chain.close());
  /** A recipient nobody has used. */
  const freshRecipient = (): Address => `0x${(0x1000 + recipients++).toString(16).padStart(40, "0")}`;
  const update = (recipient: Address, amount: bigint, ids: readonly number[], extra: readonly number[] = []) => {
    const signers = network.nodes.filter((_, i) => !ids.includes(i + 1));
    const signature = signRewardClaim(network.scheme, network.domain, signers, recipient, amount);
    return send(network.rewards, "updateRewardsBalance", recipient, amount, signature, ids, extra);
  };

  test("P-22: the aggregate key is the sum of the active keys", async () => {
    const sum = network.scheme.aggregatePublicKeys(network.nodes.map(({ blsKey }) => blsKey));
    const onChain = await network.rewards.getFunction("aggregatePublicKey")();
    expect(onChain.toObject()).toEqual(g1Struct(sum));
  });

  test("P-23, P-24: 23 of 24 equal stakes pay, 22 do not", async () => {
    await update(freshRecipient(), 5n, [7]);
    const [active, signed] = [TEST_STAKE_ATOMIC * 24n, TEST_STAKE_ATOMIC * 22n];
    expect(await revertOf(network.rewards, update(freshRecipient(), 5n, [7, 8]))).toBe(
      `QuorumNotReached(${signed},${active},9500)`,
    );
  });

  test("P-23: verification agrees with @quorate/common for random signers and random lies", async () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { maxLength: 23 });
    await fc.assert(
      fc.asyncProperty(ids, ids, fc.bigInt({ min: 1n, max: 2n ** 128n - 1n }), async (absent, claimed, amount) => {
        const recipient = freshRecipient();
        const digest = digestOf(network.domain, "RewardClaim", { recipient, amount });
        const signers = network.nodes.filter((_, i) => !absent.includes(i + 1));
        const signature = network.scheme.aggregateSignatures(
          signers.map(({ blsSecret }) => network.scheme.sign(blsSecret, digest)),
        );
        const keys = network.nodes.filter((_, i) => !claimed.includes(i + 1)).map(({ blsKey }) => blsKey);
        const expected = network.scheme.verifyAggregate(keys, digest, signature);
        const nonSigners = claimed.toSorted((a, b) => a - b);
        const verify = network.rewards.getFunction("verify");
        const call = verify(toHex(digest), g2Struct(signature), nonSigners, []) as Promise<unknown>;
        if (expected) expect(await call).toEqual([keys.length, keys.length].map((n) => BigInt(n) * TEST_STAKE_ATOMIC));
        else expect(await revertOf(network.rewards, call)).toBe(`InvalidSignature(${toHex(digest)})`);
      }),
      { numRuns: 25, seed: 7, examples: [[[3, 9], [9, 3], 5n]] },
    );
  });

  test("P-39, P-111: showings and contests hold for exactly the nodes that they list, as in @quorate/common", async () => {
    const { rewards, scheme, chain } = network;
    const epochSeconds = BigInt(network.deployment.parameters.epochSeconds);
    const now = BigInt((await chain.provider.getBlock("latest"))?.timestamp ?? 0);
    const running = (now - (await rewards.getFunction("genesis")())) / epochSeconds;
    await chain.increaseTime(Number(epochSeconds - ((now - (await rewards.getFunction("genesis")())) % epochSeconds)));
    const report = { epoch: running, rewardsRoot: ZeroHash, totalOwed: 0n, activate: [], decommission: [24] };
    const digests = {
      showSigners: fromHex(await rewards.getFunction("hashEpochReport")(report)),
      contestSigned: fromHex(await rewards.getFunction("hashContest")(running)),
    };
    await send(rewards, "reportEpoch", report, signAsOne(scheme, network.nodes, digests.showSigners), [], []);

    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 23 }), { maxLength: 8 });
    const call = fc.constantFrom("showSigners", "contestSigned");
    await fc.assert(
      fc.asyncProperty(call, ids, ids, fc.boolean(), async (method, others, lie, isTrue) => {
        const signers = [24, ...others]; // a node that is decommissioned, or there is nobody to contest for
        const listed = (isTrue ? signers : [24, ...lie]).toSorted((a, b) => a - b);
        const digest = digests[method as keyof typeof digests];
        const nodesOf = (list: readonly number[]) => list.map((id) => network.nodes[id - 1] as TestNode);
        const signature = scheme.aggregateSignatures(
          nodesOf(signers).map(({ blsSecret }) => scheme.sign(blsSecret, digest)),
        );
        const keys = nodesOf(listed).map(({ blsKey }) => blsKey);
        const expected = scheme.verifyAggregate(keys, digest, signature);
        const outcome = rewards.getFunction(method).staticCall(running, g2Struct(signature), listed);
        if (expected) await outcome;
        else expect(await revertOf(rewards, outcome)).toBe(`InvalidSignature(${toHex(digest)})`);
      }),
      { numRuns: 25, seed: 8, examples: [["showSigners", [3, 9], [9, 3], false]] },
    );
    await send(rewards, "showSigners", running, signAsOne(scheme, network.nodes, digests.showSigners), allIds);
    expect((await rewards.getFunction("node")(24)).heardAtReport).toBe(1n);
    // Back to where the tests below begin: all 24 are active.
    await chain.increaseTime(Number(epochSeconds));
    const next = { ...report, epoch: running + 1n, activate: [24], decommission: [] };
    const digest = fromHex(await rewards.getFunction("hashEpochReport")(next));
    await send(rewards, "reportEpoch", next, signAsOne(scheme, network.nodes, digest), [], [24]);
    expect(await rewards.getFunction("activeStake")()).toBe(TEST_STAKE_ATOMIC * 24n);
  });

  test("P-8, P-21: registers with the proof of possession that @quorate/common makes, as pending", async () => {
    const operator = network.chain.signers[3] as JsonRpcSigner;
    const address = operator.address as Address;
    await send(network.token, "transfer", address, TEST_STAKE_ATOMIC);
    await send(network.token.connect(operator) as Contract, "approve", network.deployment.rewards, TEST_STAKE_ATOMIC);
    const node = makeTestNode(network.scheme, network.domain, 100, address);
    const contributors = soloContributor(address, TEST_STAKE_ATOMIC);
    await send(network.rewards.connect(operator) as Contract, "addBLSPublicKey", node.registration, contributors);
    const id = await network.rewards.getFunction("nodeIdOf")(node.registration.blsKey);
    const stored = await network.rewards.getFunction("node")(id);
    expect(stored.state).toBe(1n);
    expect(stored.blsKey.toObject()).toEqual(node.registration.blsKey);
    expect(stored.operator).toBe(address);
    // A pending node that signed is an extra signer: the bundle holds, its stake does not count.
    const digest = digestOf(network.domain, "RewardClaim", { recipient: address, amount: 9n });
    const all = [...network.nodes, node].map(({ blsSecret }) => network.scheme.sign(blsSecret, digest));
    const signature = g2Struct(network.scheme.aggregateSignatures(all));
    const counted = await network.rewards.getFunction("verify")(toHex(digest), signature, [], [id]);
    expect(counted).toEqual([TEST_STAKE_ATOMIC * 24n, TEST_STAKE_ATOMIC * 24n]);
  });

  test("P-26: pays what the network has signed", async () => {
    const claimant = network.chain.signers[4] as JsonRpcSigner;
    await update(claimant.address as Address, 1_234n, []);
    await network.chain.increaseTime(3_600);
    await send(network.rewards.connect(claimant) as Contract, "claimRewards()");
    expect(await network.token.getFunction("balanceOf")(claimant.address)).toBe(1_234n);
  });
});
