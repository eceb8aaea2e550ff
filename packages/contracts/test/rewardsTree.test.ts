// P-41: the proofs that agents serve, as the contract follows them.
import { type Address, buildRewardsTree, type Hex, type RewardsEntry, type RewardsProof } from "@quorate/common";
import { type Contract, ContractFactory, type InterfaceAbi, type JsonFragment } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileProbe } from "../src/compile.ts";
import { type SimulatedChain, startSimulatedChain } from "../src/testing/index.ts";

/** Makes an internal function of the contract callable, beside OpenZeppelin's. */
const PROBE = `
pragma solidity 0.8.37;
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MerkleTree} from "contracts/libraries/MerkleTree.sol";
contract Probe {
  function roots(address recipient, uint256 amount, bytes32[] calldata proof)
    external pure returns (bytes32 ours, bytes32 theirs)
  {
    bytes32 leaf = MerkleTree.leafOf(recipient, amount);
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

const entry = fc.tuple(
  fc.bigInt({ min: 1n, max: 2n ** 160n - 1n }).map((value): Address => `0x${value.toString(16).padStart(40, "0")}`),
  fc.oneof(fc.constantFrom(1n, 2n ** 256n - 1n), fc.bigInt({ min: 1n, max: 2n ** 80n })),
);

test("test_P41_the contract and OpenZeppelin's MerkleProof come by every proof to the tree's root", async () => {
  const lists = fc.uniqueArray(entry, { minLength: 1, maxLength: 20, selector: ([recipient]) => recipient });
  await fc.assert(
    fc.asyncProperty(lists, async (list: RewardsEntry[]) => {
      const tree = buildRewardsTree(list);
      for (const [recipient, amountAtomic] of list) {
        const { proof } = tree.proofOf(recipient) as RewardsProof;
        const { ours, theirs } = await probe.getFunction("roots")(recipient, amountAtomic, proof);
        expect([ours, theirs] as Hex[]).toEqual([tree.root, tree.root]);
      }
    }),
    { numRuns: 20 },
  );
});
