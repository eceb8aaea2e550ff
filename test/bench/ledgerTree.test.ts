import { expect, it } from "vitest";
import { benchLedgerTree, TREE_TARGETS } from "./ledgerTree.ts";

it("the bench of the rewards tree measures what it says, and a small tree keeps the targets of a large one", async () => {
  const result = await benchLedgerTree(2_000);
  expect(result.recipients).toBe(2_000);
  expect(result.rootMs).toBeGreaterThan(0);
  expect(result.rootMs).toBeLessThan(TREE_TARGETS.rootMs);
  expect(result.updateMs).toBeLessThan(TREE_TARGETS.rootMs);
  expect(result.peakRssMb).toBeGreaterThan(10);
});
