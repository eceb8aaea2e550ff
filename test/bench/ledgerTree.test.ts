import { expect, it } from "vitest";
import { benchLedgerTree, TREE_TARGETS } from "./ledgerTree.ts";

it("the bench of the rewards tree measures what it says, and a small tree keeps the targets of a large one", async () => {
  const result = await benchLedgerTree(2_000);
  expect(result.recipients).toBe(2_000);
  expect(result.rootMs).toBeGreaterThan(0);
  // Processor time: what others do on the machine is not measured here.
  expect(result.rootCpuMs).toBeLessThan(TREE_TARGETS.rootMs);
  expect(result.maxStallCpuMs).toBeLessThan(TREE_TARGETS.maxStallMs);
  expect(result.peakRssMb).toBeGreaterThan(10);
});
