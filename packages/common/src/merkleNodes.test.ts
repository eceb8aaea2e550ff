import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "./hex.ts";
import { buildNodes, leafCount, nobleKeccakMany, proofAt } from "./merkleNodes.ts";

/** Leaves of which many have the same first bytes: the tree sorts by those and must put the rest right. */
const alike = fc
  .tuple(fc.constantFrom(0, 1, 255), fc.constantFrom(0, 7), fc.uint8Array({ minLength: 27, maxLength: 27 }))
  .map(([first, middle, rest]) => Uint8Array.from([first, 0, 0, middle, middle, ...rest]));
const leavesAlike = fc.uniqueArray(alike, { minLength: 1, maxLength: 50, selector: toHex });

function expectStandard(leaves: readonly Uint8Array[], nodes: Uint8Array): void {
  const standard = SimpleMerkleTree.of(leaves.map(toHex));
  expect(toHex(nodes.subarray(0, 32))).toBe(standard.root);
  for (const [i, leaf] of leaves.entries()) {
    expect(proofAt(nodes, leaf)?.map(toHex)).toEqual(standard.getProof(i));
  }
}

describe("test_P41: nodes of a tree", () => {
  it("test_P41_leaves that begin alike stand in OpenZeppelin's order", () => {
    fc.assert(
      fc.property(leavesAlike, (leaves) => {
        expectStandard(leaves, buildNodes(concatBytes(...leaves), nobleKeccakMany));
      }),
      { numRuns: 100 },
    );
  });

  it("test_P41_so they do among more than two million places, most of them empty", () => {
    const places = 2 ** 21 + 1;
    const leaves = fc.sample(leavesAlike, 20).reduce((a, b) => (a.length > b.length ? a : b));
    const all = new Uint8Array(places * 32);
    for (const [i, leaf] of leaves.entries()) all.set(leaf, (places - 1 - i * 40_021) * 32);
    const nodes = buildNodes(all, nobleKeccakMany);
    expect(leafCount(nodes)).toBe(leaves.length);
    expectStandard(leaves, nodes);
  });

  it("what is no leaf of the tree has no proof in it, an inner node no more than a stranger", () => {
    const leaves = Array.from({ length: 6 }, (_, i) => new Uint8Array(32).fill(i + 1));
    const nodes = buildNodes(concatBytes(...leaves), nobleKeccakMany);
    expect(proofAt(nodes, nodes.subarray(0, 32))).toBeNull();
    expect(proofAt(nodes, new Uint8Array(32).fill(9))).toBeNull();
    expect(proofAt(new Uint8Array(), leaves[0] as Uint8Array)).toBeNull();
  });
});
