// The time of a simulated chain is its own: it is read here under host clocks that say something else, and after
// waiting.
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonRpcSigner } from "ethers";
import { afterEach, expect, test, vi } from "vitest";
import { CHAIN_START_SECONDS, type SimulatedChain, startSimulatedChain } from "../src/testing/index.ts";

const chains: SimulatedChain[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const chain of chains.splice(0)) await chain.close();
});

async function start(): Promise<SimulatedChain> {
  const chain = await startSimulatedChain();
  chains.push(chain);
  return chain;
}

/** Seconds since the chain's start of the latest block, or of the one that a call is simulated in. */
async function timeOf(chain: SimulatedChain, tag: "latest" | "pending" = "latest"): Promise<number> {
  const block = (await chain.provider.send("eth_getBlockByNumber", [tag, false])) as { timestamp: string };
  return Number(block.timestamp) - CHAIN_START_SECONDS;
}

async function sendNothing(chain: SimulatedChain): Promise<void> {
  const [from, to] = chain.signers as [JsonRpcSigner, JsonRpcSigner];
  await (await from.sendTransaction({ to: to.address })).wait();
}

test.each(["1999-12-31T23:59:59Z", "2026-06-01T11:30:00Z", "2040-02-29T00:00:00Z"])(
  "a chain begins at the fixed moment when the host's clock says %s",
  async (now) => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(now) });
    expect(await timeOf(await start())).toBe(0);
  },
);

test("a block is a second after the one before, however long the host takes", async () => {
  const chain = await start();
  await sendNothing(chain);
  await sleep(2_100);
  expect(await timeOf(chain, "pending")).toBe(2);
  await sendNothing(chain);
  expect(await timeOf(chain)).toBe(2);
  await Promise.all([sendNothing(chain), sendNothing(chain), chain.mine()]);
  expect(await timeOf(chain)).toBe(5);
});

test("time passes by exactly what is asked for, after many blocks within one second of the host too", async () => {
  const chain = await start();
  for (let i = 0; i < 20; i++) await chain.mine();
  await chain.increaseTime(3_600);
  expect(await timeOf(chain)).toBe(3_620);
  await chain.setNextTimestamp(CHAIN_START_SECONDS + 10_000);
  await chain.setAutomine(false);
  const [from, to] = chain.signers as [JsonRpcSigner, JsonRpcSigner];
  await from.sendTransaction({ to: to.address });
  expect(await timeOf(chain, "pending")).toBe(10_000);
  await chain.mine();
  expect([await timeOf(chain), await timeOf(chain, "pending")]).toEqual([10_000, 10_001]);
});

test("a chain goes on from a snapshot that it went back to, and from a transaction that reverted", async () => {
  const chain = await start();
  const goBack = await chain.snapshot();
  await chain.increaseTime(86_400);
  await goBack();
  await sleep(1_100);
  expect([await timeOf(chain), await timeOf(chain, "pending")]).toEqual([0, 1]);

  const [from, to] = chain.signers as [JsonRpcSigner, JsonRpcSigner];
  await chain.setCode(to.address, "0x5f5ffd"); // PUSH0 PUSH0 REVERT
  await expect(from.sendTransaction({ to: to.address, gasLimit: 100_000 })).rejects.toThrow();
  await sleep(1_100);
  expect([await timeOf(chain), await timeOf(chain, "pending")]).toEqual([1, 2]);
});
