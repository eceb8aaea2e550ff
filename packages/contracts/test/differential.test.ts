// Three implementations of the same curve, held to each other on random and on edge inputs: the precompiles as the
// contracts call them, blst and @noble/curves. Digests likewise: the contracts, @quorate/common and ethers' own
// encoder.
import {
  type Address,
  digestOf,
  g1Struct,
  g2Struct,
  hashToG2,
  MESSAGE_TYPES,
  nobleScheme,
  toHex,
} from "@quorate/common";
import { craft } from "@quorate/common/testing";
import { type Contract, ContractFactory, type InterfaceAbi, type JsonFragment, TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileProbe } from "../src/compile.ts";
import { startTestNetwork, type TestNetwork } from "../src/testing/index.ts";

/** Makes the internal functions of `Bls` callable; nothing of it is ever deployed elsewhere. */
const PROBE = `
pragma solidity 0.8.37;
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Bls} from "contracts/libraries/Bls.sol";
contract Probe {
  function hashToG2(bytes32 digest) external view returns (BLS.G2Point memory) { return Bls.hashToG2(digest); }
  function add(BLS.G1Point memory a, BLS.G1Point memory b) external view returns (BLS.G1Point memory) {
    return Bls.add(a, b);
  }
  function negate(BLS.G1Point memory a) external pure returns (BLS.G1Point memory) { Bls.negate(a); return a; }
  function repack(BLS.G1Point memory a) external pure returns (BLS.G1Point memory) { return Bls.unpack(Bls.pack(a)); }
  function isValid(BLS.G1Point memory key, bytes32 digest, BLS.G2Point calldata signature)
    external view returns (bool)
  {
    return Bls.isValid(key, digest, signature);
  }
}`;

const digest32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secretKey = fc.bigInt({ min: 1n, max: craft.GROUP_ORDER - 1n }).map(craft.secretBytes);
const edgeDigests = [0x00, 0x01, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(32).fill(byte));
const edgeSecrets = [1n, 2n, craft.GROUP_ORDER - 1n, craft.GROUP_ORDER - 2n, 1n << 254n].map(craft.secretBytes);

let network: TestNetwork;
let probe: Contract;
beforeAll(async () => {
  network = await startTestNetwork({ nodes: 5 });
  type Compiled = { "probe.sol": { Probe: { abi: JsonFragment[]; evm: { bytecode: { object: string } } } } };
  const { abi, evm } = compileProbe<Compiled>(PROBE, ["abi", "evm.bytecode.object"])["probe.sol"].Probe;
  const factory = new ContractFactory(abi as InterfaceAbi, evm.bytecode.object, network.owner);
  const contract = await factory.deploy();
  await contract.waitForDeployment();
  probe = contract as Contract;
});
afterAll(() => network.chain.close());

const ask = async (method: string, ...args: unknown[]): Promise<{ toObject(): unknown }> =>
  probe.getFunction(method)(...args);
const point = async (method: string, ...args: unknown[]): Promise<unknown> => (await ask(method, ...args)).toObject();

/** Whether a check says yes; a refusal of the input is a no. */
async function accepts(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    return await probe.getFunction("isValid")(padded(key), toHex(digest), padded(signature));
  } catch (error) {
    // Only the contract's own refusal counts: anything else is a broken test.
    const parsed = probe.interface.parseError((error as { data?: string }).data ?? "0x");
    expect(parsed?.name).toBe("InvalidPoint");
    return false;
  }
}

/** 48-byte coordinates to the words of EIP-2537, valid or not. */
function padded(bytes: Uint8Array): string[] {
  const hex = toHex(bytes).slice(2);
  const words = [];
  for (let at = 0; at < hex.length; at += 96) {
    const coordinate = "0".repeat(32) + hex.slice(at, at + 96);
    words.push(`0x${coordinate.slice(0, 64)}`, `0x${coordinate.slice(64)}`);
  }
  return words;
}

describe("P-1: hash to the curve", () => {
  test("agrees with noble and, through signing with 1, with blst", async () => {
    const one = craft.secretBytes(1n);
    await fc.assert(
      fc.asyncProperty(digest32, async (digest) => {
        const onChain = await point("hashToG2", toHex(digest));
        expect(onChain).toEqual(g2Struct(hashToG2(digest)));
        expect(onChain).toEqual(g2Struct(network.scheme.sign(one, digest)));
      }),
      { numRuns: 40, seed: 11, examples: edgeDigests.map((digest) => [digest]) },
    );
  });
});

describe("P-2: points of G1", () => {
  test("sums, negations and packing agree with noble and blst", async () => {
    await fc.assert(
      fc.asyncProperty(secretKey, secretKey, async (a, b) => {
        const [keyA, keyB] = [network.scheme.publicKeyOf(a), network.scheme.publicKeyOf(b)];
        expect(toHex(nobleScheme.publicKeyOf(a))).toBe(toHex(keyA));
        expect(await point("repack", g1Struct(keyA))).toEqual(g1Struct(keyA));
        const negated = network.scheme.publicKeyOf(craft.secretBytes(-BigInt(toHex(a))));
        expect(await point("negate", g1Struct(keyA))).toEqual(g1Struct(negated));
        if ((BigInt(toHex(a)) + BigInt(toHex(b))) % craft.GROUP_ORDER === 0n) return;
        const sum = await point("add", g1Struct(keyA), g1Struct(keyB));
        expect(sum).toEqual(g1Struct(network.scheme.aggregatePublicKeys([keyA, keyB])));
        expect(sum).toEqual(g1Struct(nobleScheme.aggregatePublicKeys([keyA, keyB])));
      }),
      {
        numRuns: 30,
        seed: 12,
        examples: edgeSecrets.flatMap((a) => edgeSecrets.map((b): [Uint8Array, Uint8Array] => [a, b])),
      },
    );
  });

  test("a key and its negative sum to infinity, which stays what it is when negated and packed", async () => {
    const key = network.scheme.publicKeyOf(craft.secretBytes(5n));
    const negative = network.scheme.publicKeyOf(craft.secretBytes(-5n));
    const infinity = padded(new Uint8Array(96));
    const zero = g1Zero();
    expect(await point("add", g1Struct(key), g1Struct(negative))).toEqual(zero);
    expect(await point("negate", infinity)).toEqual(zero);
    expect(await point("repack", infinity)).toEqual(zero);
    expect(await point("add", infinity, g1Struct(key))).toEqual(g1Struct(key));
  });
});

function g1Zero(): Record<string, string> {
  const word = `0x${"0".repeat(64)}`;
  return { x_a: word, x_b: word, y_a: word, y_b: word };
}

describe("P-1, P-3: verification", () => {
  test("agrees with noble and blst on random keys, digests, signatures and lies", async () => {
    const lie = fc.constantFrom("none", "other digest", "other key", "negated", "sum", "swapped");
    await fc.assert(
      fc.asyncProperty(secretKey, secretKey, digest32, digest32, lie, async (secret, other, digest, wrong, what) => {
        const key = network.scheme.publicKeyOf(secret);
        const honest = network.scheme.sign(secret, digest);
        const signature =
          what === "other digest"
            ? network.scheme.sign(secret, wrong)
            : what === "other key"
              ? network.scheme.sign(other, digest)
              : what === "negated"
                ? network.scheme.sign(craft.secretBytes(-BigInt(toHex(secret))), digest)
                : what === "sum"
                  ? network.scheme.aggregateSignatures([honest, network.scheme.sign(other, digest)])
                  : what === "swapped"
                    ? craft.swapped(honest)
                    : honest;
        const expected = nobleScheme.verify(key, digest, signature);
        expect(network.scheme.verify(key, digest, signature)).toBe(expected);
        expect(await accepts(key, digest, signature)).toBe(expected);
        if (what === "none") expect(expected).toBe(true);
      }),
      { numRuns: 25, seed: 13 },
    );
  });

  const secret = craft.secretBytes(7n);
  const digest = new Uint8Array(32).fill(3);
  const key = nobleScheme.publicKeyOf(secret);
  const signature = nobleScheme.sign(secret, digest);
  const edges: [string, Uint8Array, Uint8Array][] = [
    ["a key outside the subgroup", craft.OUTSIDE_KEY, signature],
    ["a key of small order", craft.SMALL_ORDER_KEY, signature],
    ["a key and a point of small order", craft.addSmallOrderKey(key), signature],
    ["a key off the curve", craft.offCurve(key), signature],
    ["a signature outside the subgroup", key, craft.OUTSIDE_SIGNATURE],
    ["a signature of small order", key, craft.SMALL_ORDER_SIGNATURE],
    ["a signature plus a point of small order", key, craft.addSmallOrderSignature(signature, 1)],
    ["a signature minus a point of small order", key, craft.addSmallOrderSignature(signature, -1)],
    ["a signature off the curve", key, craft.offCurve(signature)],
    ["infinity as signature of a key", key, new Uint8Array(192)],
    ["infinity as key", new Uint8Array(96), signature],
    ...[0, 1].flatMap((i): [string, Uint8Array, Uint8Array][] => [
      [`a key with coordinate ${i} plus the modulus`, craft.addModulus(key, i), signature],
      [`a key with the modulus as coordinate ${i}`, craft.setToModulus(key, i), signature],
    ]),
    ...[0, 1, 2, 3].flatMap((i): [string, Uint8Array, Uint8Array][] => [
      [`a signature with coordinate ${i} plus the modulus`, key, craft.addModulus(signature, i)],
      [`a signature with a flag in coordinate ${i}`, key, craft.setFlag(signature, i, 0x80)],
    ]),
  ];
  test.each(edges)("P-3: %s is refused by all three", async (_, badKey, badSignature) => {
    expect(nobleScheme.verify(badKey, digest, badSignature)).toBe(false);
    expect(network.scheme.verify(badKey, digest, badSignature)).toBe(false);
    expect(await accepts(badKey, digest, badSignature)).toBe(false);
  });

  test("P-3: infinity under infinity pairs, so the callers refuse it before the pairing", async () => {
    expect(await accepts(new Uint8Array(96), digest, new Uint8Array(192))).toBe(true);
    expect(nobleScheme.verify(new Uint8Array(96), digest, new Uint8Array(192))).toBe(false);
    const call = network.rewards.getFunction("verify")(toHex(digest), padded(new Uint8Array(192)), [], []);
    await expect(call).rejects.toMatchObject({ revert: { name: "SignatureAtInfinity" } });
  });
});

describe("P-4, P-5: digests", () => {
  const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toHex(bytes) as Address);
  const uint256 = fc.oneof(
    fc.constantFrom(0n, 1n, 2n ** 128n, 2n ** 256n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  );

  const safe = (id: number): number => Math.min(id, Number.MAX_SAFE_INTEGER);

  function ofEthers(
    kind: "RewardClaim" | "ProofOfPossession" | "EpochReport",
    message: Record<string, unknown>,
  ): string {
    const { chainId, verifyingContract } = network.domain;
    const domain = { name: "ServiceNodeRewards", version: "1", chainId, verifyingContract };
    return TypedDataEncoder.hash(domain, { [kind]: [...MESSAGE_TYPES[kind]] }, message);
  }

  test("RewardClaim: contract, @quorate/common and ethers agree", async () => {
    await fc.assert(
      fc.asyncProperty(address, uint256, async (recipient, amount) => {
        const onChain = await network.rewards.getFunction("hashRewardClaim")(recipient, amount);
        expect(onChain).toBe(toHex(digestOf(network.domain, "RewardClaim", { recipient, amount })));
        expect(onChain).toBe(ofEthers("RewardClaim", { recipient, amount }));
      }),
      { numRuns: 60, seed: 14 },
    );
  });

  test("EpochReport: contract, @quorate/common and ethers agree, empty lists included", async () => {
    const ids = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 5 });
    const epoch = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    await fc.assert(
      fc.asyncProperty(epoch, digest32, uint256, ids, ids, async (number, root, totalOwed, activate, decommission) => {
        const lists = { activate: activate.map(Number), decommission: decommission.map(Number) };
        // Ids beyond 2^53 are only for the contract and ethers; @quorate/common knows them as numbers.
        const exact = { epoch: number, rewardsRoot: toHex(root), totalOwed, activate, decommission };
        expect(await network.rewards.getFunction("hashEpochReport")(exact)).toBe(ofEthers("EpochReport", exact));
        const rounded = { ...exact, activate: lists.activate.map(safe), decommission: lists.decommission.map(safe) };
        const ours = digestOf(network.domain, "EpochReport", rounded);
        expect(await network.rewards.getFunction("hashEpochReport")(rounded)).toBe(toHex(ours));
      }),
      { numRuns: 40, seed: 16, examples: [[0, new Uint8Array(32), 0n, [], []]] },
    );
  });

  test("Contest: contract and ethers agree", async () => {
    const { chainId, verifyingContract } = network.domain;
    const domain = { name: "ServiceNodeRewards", version: "1", chainId, verifyingContract };
    const types = { Contest: [{ name: "epoch", type: "uint64" }] };
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async (epoch) => {
        const onChain = await network.rewards.getFunction("hashContest")(epoch);
        expect(onChain).toBe(TypedDataEncoder.hash(domain, types, { epoch }));
      }),
      { numRuns: 40, seed: 17, examples: [[0n], [2n ** 64n - 1n]] },
    );
  });

  test("ProofOfPossession: contract, @quorate/common and ethers agree", async () => {
    await fc.assert(
      fc.asyncProperty(secretKey, address, digest32, async (secret, operator, identity) => {
        const blsKey = network.scheme.publicKeyOf(secret);
        const message = { blsKey, operator, identityKey: identity };
        const onChain = await network.rewards.getFunction("hashProofOfPossession")(
          g1Struct(blsKey),
          operator,
          toHex(identity),
        );
        expect(onChain).toBe(toHex(digestOf(network.domain, "ProofOfPossession", message)));
        expect(onChain).toBe(ofEthers("ProofOfPossession", { ...message, blsKey: toHex(blsKey) }));
      }),
      { numRuns: 40, seed: 15 },
    );
  });
});
