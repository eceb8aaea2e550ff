// P-41: the tree as TypeScript builds it, proofs as the contract follows them, and OpenZeppelin's own library and
// published example, held to each other.
import type { Address, Hex } from "@quorate/common";
import { type Contract, ContractFactory, type InterfaceAbi, type JsonFragment, ZeroHash } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileProbe } from "../src/compile.ts";
import { type RewardLeaf, rewardTree, type SimulatedChain, startSimulatedChain } from "../src/testing/index.ts";

/** Makes our internal functions callable, beside OpenZeppelin's. */
const PROBE = `
pragma solidity 0.8.37;
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MerkleTree} from "contracts/libraries/MerkleTree.sol";
contract Probe {
  function leafOf(address recipient, uint256 amount) external pure returns (bytes32 ours, bytes32 theirs) {
    ours = MerkleTree.leafOf(recipient, amount);
    theirs = keccak256(bytes.concat(keccak256(abi.encode(recipient, amount))));
  }
  function rootOf(bytes32 leaf, bytes32[] calldata proof) external pure returns (bytes32 ours, bytes32 theirs) {
    ours = MerkleTree.rootOf(leaf, proof);
    theirs = MerkleProof.processProofCalldata(proof, leaf);
  }
}`;

let chain: SimulatedChain;
let probe: Contract;
beforeAll(async () => {
  chain = await startSimulatedChain();
  type Compiled = { "probe.sol": { Probe: { abi: JsonFragment[]; evm: { bytecode: { object: string } } } } };
  const { abi, evm } = compileProbe<Compiled>(PROBE, ["abi", "evm.bytecode.object"])["probe.sol"].Probe;
  const contract = await new ContractFactory(abi as InterfaceAbi, evm.bytecode.object, chain.signers[0]).deploy();
  await contract.waitForDeployment();
  probe = contract as Contract;
});
afterAll(() => chain.close());

/** What our library and OpenZeppelin's say, which must be the same. */
async function agreed(method: "leafOf" | "rootOf", ...args: unknown[]): Promise<Hex> {
  const { ours, theirs } = await probe.getFunction(method)(...args);
  expect(ours).toBe(theirs);
  return ours as Hex;
}

const hash = fc.oneof(
  fc.constantFrom(ZeroHash, `0x${"ff".repeat(32)}`),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map((value) => `0x${value.toString(16).padStart(64, "0")}`),
);
const leaf = fc.record({
  recipient: fc
    .bigInt({ min: 1n, max: 2n ** 160n - 1n })
    .map((value): Address => `0x${value.toString(16).padStart(40, "0")}`),
  amountAtomic: fc.oneof(fc.constantFrom(1n, 2n ** 128n - 1n), fc.bigInt({ min: 1n, max: 2n ** 80n })),
});

test("P-41: the example that OpenZeppelin publishes with its tree", () => {
  const first: RewardLeaf = { recipient: `0x${"11".repeat(20)}`, amountAtomic: 5_000_000_000_000_000_000n };
  const second: RewardLeaf = { recipient: `0x${"22".repeat(20)}`, amountAtomic: 2_500_000_000_000_000_000n };
  const tree = rewardTree([first, second]);
  expect(tree.root).toBe("0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77");
  expect(tree.proofOf(first)).toEqual(["0xb92c48e9d7abe27fd8dfd6b5dfdbfb1c9a463f80c712b66f3a5180a090cccafc"]);
});

test("P-41: every leaf of every tree has a proof that leads to the root, and to no other with another amount", async () => {
  const leaves = fc.uniqueArray(leaf, { minLength: 1, maxLength: 20, selector: ({ recipient }) => recipient });
  await fc.assert(
    fc.asyncProperty(leaves, async (drawn) => {
      const tree = rewardTree(drawn);
      expect(rewardTree(drawn.toReversed()).root).toBe(tree.root);
      for (const own of drawn) {
        const { recipient, amountAtomic } = own;
        const proof = tree.proofOf(own);
        expect(await agreed("rootOf", await agreed("leafOf", recipient, amountAtomic), proof)).toBe(tree.root);
        const more = await agreed("leafOf", recipient, amountAtomic + 1n);
        expect(await agreed("rootOf", more, proof)).not.toBe(tree.root);
      }
    }),
    { numRuns: 20 },
  );
});

test("P-41: whatever the leaf and the siblings, contract and OpenZeppelin come to the same root", async () => {
  await fc.assert(
    fc.asyncProperty(hash, fc.array(hash, { maxLength: 16 }), async (node, proof) => {
      await agreed("rootOf", node, proof);
      // Equal siblings, in which no order is the lower first.
      await agreed("rootOf", node, [node, ...proof]);
    }),
    { numRuns: 60 },
  );
});

test("P-41: an address has nothing above its 20 bytes, an amount all of its 32", async () => {
  await fc.assert(
    fc.asyncProperty(leaf, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), async ({ recipient }, amount) => {
      await agreed("leafOf", recipient, amount);
    }),
    { numRuns: 40 },
  );
});

test("P-41: a tree of 2,000 stakers, at its ends and in between", async () => {
  const stakers = Array.from({ length: 2_000 }, (_, i): RewardLeaf => {
    return { recipient: `0x${(i + 1).toString(16).padStart(40, "0")}`, amountAtomic: BigInt(i + 1) * 1_000n };
  });
  const tree = rewardTree(stakers);
  for (let i = 0; i < stakers.length; i += 133) {
    const own = stakers[i] as RewardLeaf;
    const proof = tree.proofOf(own);
    expect([10, 11]).toContain(proof.length);
    expect(await agreed("rootOf", await agreed("leafOf", own.recipient, own.amountAtomic), proof)).toBe(tree.root);
  }
});
