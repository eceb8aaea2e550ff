// OpenZeppelin's standard tree over (recipient, lifetime amount) leaves (P-41), for tests and measurements. In: leaves.
// Out: the root and a proof for each.
import type { Address, Hex } from "@quorate/common";
import { AbiCoder, concat, keccak256 } from "ethers";

/** One recipient's lifetime amount. */
export interface RewardLeaf {
  readonly recipient: Address;
  readonly amountAtomic: bigint;
}

/** A tree of leaves. */
export interface RewardTree {
  readonly root: Hex;
  /** The siblings of a leaf, from the bottom up. */
  proofOf(leaf: RewardLeaf): Hex[];
}

/** Builds the tree of at least one leaf. Leaves are sorted by hash; node i has the children 2i + 1 and 2i + 2. */
export function rewardTree(leaves: readonly RewardLeaf[]): RewardTree {
  const hashes = leaves.map(hashLeaf).sort();
  const nodes: string[] = new Array(2 * hashes.length - 1);
  for (const [i, hash] of hashes.entries()) nodes[nodes.length - 1 - i] = hash;
  for (let i = hashes.length - 2; i >= 0; i--) {
    nodes[i] = keccak256(concat([nodes[2 * i + 1] as string, nodes[2 * i + 2] as string].sort()));
  }
  return {
    root: nodes[0] as Hex,
    proofOf(leaf) {
      const proof: Hex[] = [];
      let at = nodes.lastIndexOf(hashLeaf(leaf));
      for (; at > 0; at = (at - 1) >> 1) proof.push(nodes[at % 2 === 0 ? at - 1 : at + 1] as Hex);
      return proof;
    },
  };
}

function hashLeaf({ recipient, amountAtomic }: RewardLeaf): string {
  return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [recipient, amountAtomic])));
}
