// What each call costs: the committed snapshot exactly, and the bounds that were set. Gas repeats to the unit, so a difference is a
// change. After one that is meant: `npx -y pnpm@12 bench gas --nodes 120 --json`, likewise 2000, into the files beside this one.
// The tests measure 120 nodes; seeding 2,000 takes a minute more, and is a script: `npx -y pnpm@12 gas:2000`.
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { benchGas, GAS_NODES, type GasResult, printGas } from "./gas.ts";

const NODES = Number(process.env["GAS_NODES"] ?? GAS_NODES);

const snapshot = JSON.parse(readFileSync(new URL(`gas-${NODES}.json`, import.meta.url), "utf8")) as GasResult;

/** Call → k or variant → the most it may cost. */
const BOUNDS: readonly (readonly [call: string, variant: string, maximum: number])[] = [
  ["updateRewardsBalance", "0", 250_000],
  ["updateRewardsBalance", "5", 275_000],
  ["updateRewardsBalance", "20", 345_000],
  ["updateRewardsBalance", "100", 480_000],
  ["updateRewardsBalance, unpacked", "100", 680_000],
  ["addBLSPublicKey", "0", 450_000],
  ["exitBLSPublicKey", "0", 220_000],
  ["liquidateBLSPublicKey", "0", 220_000],
  ["reportEpoch", "0", 340_000],
];

let result: GasResult;
beforeAll(async () => {
  result = await benchGas({ nodes: NODES });
}, 300_000);

test("gas is that of the committed snapshot", () => {
  expect(result).toEqual(snapshot);
});

test.each(BOUNDS)("%s at %s costs at most %i gas", (call, variant, maximum) => {
  const gas = result.gas[call]?.[variant];
  // 120 nodes have no quorum without 100 of them.
  if (gas === undefined) expect([NODES, variant]).toEqual([120, "100"]);
  else expect(gas).toBeLessThanOrEqual(maximum);
});

test("each further non-signer costs at most 5,200 gas, within one word of the active bitmap", () => {
  const { "0": none = 0, "5": five = 0, "20": twenty = 0 } = result.gas["updateRewardsBalance"] ?? {};
  if (NODES === 120) expect((five - none) / 5).toBeLessThanOrEqual(5_200);
  expect((twenty - five) / 15).toBeLessThanOrEqual(5_200);
});

test("the table shows the peers' figures as ratios", () => {
  expect(printGas(result)).toMatch(/updateRewardsBalance +5 +\d+,\d+ +1,116,000 +×4\.\d +323,000 +×1\.\d/);
});
