import { describe, expect, it } from "vitest";
import { buildProofFile, parseProofFile, proofCalldata } from "./proofFile.ts";
import { buildRewardsTree } from "./rewardsTree.ts";
import type { Address } from "./types.ts";

const ALICE: Address = `0x${"aa".repeat(20)}`;
const BOB: Address = `0x${"bb".repeat(20)}`;
const tree = buildRewardsTree([
  [ALICE, 70n],
  [BOB, 2n ** 70n],
]);
const proved = tree.proofOf(BOB);
if (proved === null) throw new Error("Bob is in the tree");
const content = {
  domain: { chainId: 31_337n, verifyingContract: ALICE },
  to: BOB,
  epoch: 4,
  rootIndex: 1,
  rewardsRoot: tree.root,
  recipient: BOB,
  ...proved,
};
const file = buildProofFile(content);

describe("proof files (P-103)", () => {
  it("give back what they were made of", () => {
    expect(parseProofFile(JSON.stringify(file))).toEqual(content);
    expect(parseProofFile(JSON.stringify(buildProofFile({ ...content, to: null }))).to).toBeNull();
  });

  it("error: PROOF_INVALID for another amount, recipient, root, sibling or calldata", () => {
    const changed = [
      { amount: "71" },
      { recipient: ALICE },
      { rewardsRoot: `0x${"01".repeat(32)}` },
      { proof: [] },
      { rootIndex: "2" },
      { calldata: proofCalldata({ ...content, amount: 70n }) },
    ];
    for (const change of changed) {
      expect(() => parseProofFile(JSON.stringify({ ...file, ...change }))).toThrow(/^PROOF_INVALID/);
    }
    expect(() => buildProofFile({ ...content, amount: 1n })).toThrow(/^PROOF_INVALID/);
  });

  it("error: PROOF_MALFORMED names the field", () => {
    expect(() => parseProofFile("{")).toThrow(/^PROOF_MALFORMED.*not JSON/s);
    expect(() => parseProofFile(" ".repeat(70_000))).toThrow(/^PROOF_MALFORMED.*65536/s);
    for (const change of [{ amount: 70 }, { proof: ["0x12"] }, { epoch: "-1" }, { to: "nowhere" }, { more: 1 }]) {
      expect(() => parseProofFile(JSON.stringify({ ...file, ...change }))).toThrow(/^PROOF_MALFORMED/);
    }
    expect(() => parseProofFile(JSON.stringify({ ...file, epoch: "9007199254740993" }))).toThrow(/epoch/);
  });
});
