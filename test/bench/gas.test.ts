// What each call costs at 2,000 nodes: the committed snapshot exactly, and the bounds that were set. Gas repeats to the
// unit, so a difference is a change. After one that is meant: `npx -y pnpm@12 bench gas --json`, into the file beside
// this one.
import { readFileSync } from "node:fs";
import { beforeAll, expect, test, vi } from "vitest";
import { benchGas, countsFor, GAS_NODES, type GasResult, printGas, startGasNetwork } from "./gas.ts";
import { measureReports, measureUpdateAndClaim, measureUpdates } from "./gasCalls.ts";

const snapshot = JSON.parse(readFileSync(new URL("gas-2000.json", import.meta.url), "utf8")) as GasResult;

/** Call → k or variant → the most it may cost. */
const BOUNDS: readonly (readonly [call: string, variant: string, maximum: number])[] = [
  ["updateRewardsBalance", "0", 230_000],
  ["updateRewardsBalance", "5", 262_500],
  ["updateRewardsBalance", "20", 320_000],
  ["updateRewardsBalance", "100", 420_000],
  ["updateRewardsBalance, unpacked", "100", 680_000],
  ["addBLSPublicKey", "0", 450_000],
  ["exitBLSPublicKey", "0", 220_000],
  ["liquidateBLSPublicKey", "0", 220_000],
  ["reportEpoch", "0", 300_000],
  ["claimWithProof", "first", 93_878],
  ["claimWithProof", "repeat", 59_678],
  ["showSigners", "1", 230_000],
  ["contest", "heard", 40_000],
];

let result: GasResult;
beforeAll(async () => {
  result = await benchGas({ nodes: GAS_NODES });
});

test("gas is that of the committed snapshot, of 2,000 nodes", () => {
  expect(result.nodes).toBe(2_000);
  expect(result).toEqual(snapshot);
});

test.each(BOUNDS)("%s at %s costs at most %i gas", (call, variant, maximum) => {
  expect(result.gas[call]?.[variant]).toBeLessThanOrEqual(maximum);
});

test("each further non-signer costs at most 5,200 gas, within one word of the active bitmap", async () => {
  const network = await startGasNetwork(120);
  try {
    const { "0": none = 0, "5": five = 0, "20": twenty = 0 } = await measureUpdates(network, countsFor(120), 0);
    expect((five - none) / 5).toBeLessThanOrEqual(5_200);
    expect((twenty - five) / 15).toBeLessThanOrEqual(5_200);
  } finally {
    await network.chain.close();
  }
}, 120_000);

test.each(["2026-06-01T00:00:00Z", "2026-06-01T11:30:00Z"])(
  "claims cost what the snapshot says when the host's clock says %s (P-26)",
  async (now) => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(now) });
    // By when the chain began, a cycle of claims turned before the first claim by proof or did not: a difference of 5
    // gas.
    const network = await startGasNetwork(20);
    try {
      await network.chain.increaseTime(86_400); // the pool has something to pay
      await measureUpdateAndClaim(network);
      const { claim } = await measureReports(network, [0, 0, 0, 0]);
      expect(claim).toEqual(snapshot.gas["claimWithProof"]);
    } finally {
      vi.useRealTimers();
      await network.chain.close();
    }
  },
);

test("the table shows the peers' figures as ratios", () => {
  expect(printGas(result)).toMatch(/updateRewardsBalance +5 +\d+,\d+ +1,116,000 +×4\.\d +323,000 +×1\.\d/);
});
