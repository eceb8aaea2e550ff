import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRewardsTree, EMPTY_ROOT, type RewardsEntry, rewardsLeaf, verifyRewardsProof } from "./rewardsTree.ts";
import type { Address, Hex } from "./types.ts";

const address = fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }).map(addressOf);
const amount = fc.oneof(fc.constantFrom(1n, 2n ** 64n, 2n ** 256n - 1n), fc.bigInt({ min: 1n, max: 2n ** 80n }));
const entries = fc.uniqueArray(fc.tuple(address, amount), {
  minLength: 1,
  maxLength: 40,
  selector: ([recipient]) => recipient,
});

function addressOf(value: bigint): Address {
  return `0x${value.toString(16).padStart(40, "0")}`;
}

function theirs(list: readonly RewardsEntry[]): StandardMerkleTree<[string, bigint]> {
  return StandardMerkleTree.of(
    list.map(([recipient, amountAtomic]): [string, bigint] => [recipient, amountAtomic]),
    ["address", "uint256"],
  );
}

describe("test_P41: one tree", () => {
  it("test_P41_root, leaves and proofs are OpenZeppelin's, and verify", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const ours = buildRewardsTree(list);
        const standard = theirs(list);
        expect(ours.root).toBe(standard.root);
        for (const [i, [recipient, amountAtomic]] of list.entries()) {
          expect(rewardsLeaf(recipient, amountAtomic)).toBe(standard.leafHash([recipient, amountAtomic]));
          const found = ours.proofOf(recipient);
          expect(found).toEqual({ amount: amountAtomic, proof: standard.getProof(i) });
          expect(verifyRewardsProof(ours.root, recipient, amountAtomic, found?.proof as Hex[])).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("test_P41_a proof serves nobody else and no other amount", () => {
    fc.assert(
      fc.property(entries, address, (list, stranger) => {
        const tree = buildRewardsTree(list);
        const [recipient, amountAtomic] = list[0] as RewardsEntry;
        const proof = tree.proofOf(recipient)?.proof as Hex[];
        const other = amountAtomic === 1n ? 2n : amountAtomic - 1n;
        expect(verifyRewardsProof(tree.root, recipient, other, proof)).toBe(false);
        if (stranger !== recipient) expect(verifyRewardsProof(tree.root, stranger, amountAtomic, proof)).toBe(false);
        if (proof.length > 0) {
          expect(verifyRewardsProof(tree.root, recipient, amountAtomic, proof.slice(1))).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("test_P41_the example that OpenZeppelin publishes", () => {
    const tree = buildRewardsTree([
      [`0x${"11".repeat(20)}`, 5_000_000_000_000_000_000n],
      [`0x${"22".repeat(20)}`, 2_500_000_000_000_000_000n],
    ]);
    expect(tree.root).toBe("0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77");
  });

  it("test_P41_3,000 recipients, more than one call hashes, come to OpenZeppelin's root", () => {
    const list = Array.from({ length: 3_000 }, (_, i): RewardsEntry => [addressOf(BigInt(i)), BigInt(i + 1)]);
    expect(buildRewardsTree(list).root).toBe(theirs(list).root);
  });

  it("test_P41_amounts of zero are left out", () => {
    const list: RewardsEntry[] = [1n, 0n, 3n].map((value, i) => [addressOf(BigInt(i + 1)), value]);
    const tree = buildRewardsTree(list);
    expect(tree.root).toBe(theirs(list.filter(([, value]) => value > 0n)).root);
    expect(tree.proofOf(addressOf(2n))).toBeNull();
  });

  it("test_P40_a tree of nobody has the root zero, which is never payable", () => {
    expect(buildRewardsTree([]).root).toBe(`0x${"00".repeat(32)}`);
    expect(buildRewardsTree([[addressOf(1n), 0n]]).root).toBe(EMPTY_ROOT);
    expect(buildRewardsTree([]).proofOf(addressOf(1n))).toBeNull();
  });

  it("error: amounts below zero and beyond 256 bits, and what is no address", () => {
    const own = addressOf(1n);
    for (const wrong of [-1n, 2n ** 256n]) {
      expect(() => rewardsLeaf(own, wrong)).toThrowError(
        expect.objectContaining({ code: "TREE_AMOUNT_INVALID", values: { amountAtomic: wrong } }),
      );
    }
    expect(() => rewardsLeaf("0x12", 1n)).toThrowError(expect.objectContaining({ code: "HEX_MALFORMED" }));
  });
});
