/**
 * Gas of each contract call. In: how many nodes. Out: `gasUsed` of receipts (21,000 and calldata included) on Hardhat's
 * EDR at osaka, and at amsterdam as far as EDR has it, by call and by k, the number of non-signers. Gas is exact and
 * repeats; the keys and signatures are fixed by the node's number. What each call is made on is in `gasCalls.ts`, the
 * peers' figures it is printed beside in `peerGas.ts`.
 */
import { type Hardfork, startTestNetwork, TEST_STAKE_ATOMIC, type TestNetwork } from "@quorate/contracts/testing";
import {
  type GasByVariant,
  measureClaims,
  measureExit,
  measurePacking,
  measureRegistration,
  measureReports,
  measureSeeding,
  measureShowings,
  measureSilence,
  measureUpdateAndClaim,
  measureUpdates,
  spread,
} from "./gasCalls.ts";
import { PEER_GAS } from "./peerGas.ts";

/** N unless the caller says otherwise: the size that the targets are for. */
export const GAS_NODES = 2_000;
/** Numbers of non-signers. Those beyond a quarter of the nodes are left out. */
const NON_SIGNERS: readonly number[] = [0, 5, 20, 100];

/** Call name → k (or the variant) → gas. */
export interface GasResult {
  readonly nodes: number;
  readonly gas: GasByCall;
  /** At the next hardfork, where new state has a price of its own (EIP-8037). */
  readonly amsterdam: GasByCall;
}

type GasByCall = Record<string, GasByVariant>;

/** The numbers of non-signers that a network of `nodes` is measured with. */
export function countsFor(nodes: number): readonly number[] {
  return NON_SIGNERS.filter((k) => k * 4 <= nodes);
}

/** A started network of `nodes` seeded nodes that reaches its quorum without any of `countsFor`. */
export async function startGasNetwork(nodes: number, hardfork: Hardfork = "osaka"): Promise<TestNetwork> {
  // Where k equal stakes would be more than 5%, the nodes that will not sign have a hundredth of the others' stake.
  const light = new Set(
    countsFor(nodes)
      .filter((k) => k * 20 > nodes)
      .flatMap((k) => spread(k, nodes)),
  );
  const stakeOf = (id: number): bigint => (light.has(id) ? TEST_STAKE_ATOMIC / 100n : TEST_STAKE_ATOMIC);
  return startTestNetwork({ nodes, stakeOf, hardfork });
}

/** Runs every call once at each hardfork, on networks of `nodes` seeded nodes. About half a minute at 2,000. */
export async function benchGas({ nodes }: { nodes: number }): Promise<GasResult> {
  return { nodes, gas: await measureGas(nodes, "osaka"), amsterdam: await measureGas(nodes, "amsterdam") };
}

async function measureGas(nodes: number, hardfork: Hardfork): Promise<GasByCall> {
  process.stderr.write(`seeding ${nodes} nodes and measuring gas at ${hardfork} ...\n`);
  const counts = countsFor(nodes);
  const network = await startGasNetwork(nodes, hardfork);
  try {
    const gas: GasByCall = {};
    const unpacked = await measureUpdates(network, counts, 1_000);
    const packNodes = await measurePacking(network);
    gas["updateRewardsBalance"] = await measureUpdates(network, counts, 0);
    gas["updateRewardsBalance, unpacked"] = unpacked;
    gas["claimRewards"] = await measureClaims(network, "distributor", 2);
    gas["claimRewards, by way of the rewards contract"] = await measureClaims(network, "rewards", 6);
    gas["updateAndClaim"] = await measureUpdateAndClaim(network);
    const { report, claim } = await measureReports(network, counts);
    gas["reportEpoch"] = report;
    gas["claimWithProof"] = claim;
    gas["addBLSPublicKey"] = await measureRegistration(network);
    gas["seedPublicKeyList"] = await measureSeeding(hardfork);
    gas["packNodes"] = packNodes;
    gas["showSigners"] = await measureShowings(network, [1, 20]);
    const leaving = Math.floor(nodes / 2);
    gas["exitBLSPublicKey"] = await measureExit(network, leaving);
    const failing = Array.from({ length: 22 }, (_, i) => leaving + 1 + i);
    const { contest, contestSigned, dropSilent, liquidate } = await measureSilence(network, failing, leaving);
    gas["contest"] = contest;
    gas["contestSigned"] = contestSigned;
    gas["dropSilent"] = dropSilent;
    gas["liquidateBLSPublicKey"] = liquidate;
    return gas;
  } finally {
    await network.chain.close();
  }
}

/** The table for people. */
export function printGas({ nodes, gas, amsterdam }: GasResult): string {
  const rows: string[][] = [
    ["call", "k", "gas", ...Object.keys(PEER_GAS).flatMap((peer) => [peer, "ratio"]), "amsterdam", "ratio"],
  ];
  for (const [call, byK] of Object.entries(gas)) {
    for (const [k, used] of Object.entries(byK)) {
      const peers = Object.values(PEER_GAS).flatMap((table) => {
        const theirs = table[call]?.[k];
        return theirs === undefined ? ["–", "–"] : [theirs.toLocaleString("en"), `×${(theirs / used).toFixed(1)}`];
      });
      const next = amsterdam[call]?.[k] ?? 0;
      rows.push([
        call,
        k,
        used.toLocaleString("en"),
        ...peers,
        next.toLocaleString("en"),
        `×${(next / used).toFixed(1)}`,
      ]);
    }
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  const title = `gas of a transaction, ${nodes} nodes, k non-signers (ratio: how many times ours it is)`;
  return `${[title, "", ...rows.map(line)].join("\n")}\n`;
}
