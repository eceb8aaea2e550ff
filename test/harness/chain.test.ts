import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { afterAll, expect, it } from "vitest";
import { type Chain, startChain } from "./chain.ts";
import { makeTempDirectory, removeDirectory } from "./tempDirectory.ts";
import { waitFor } from "./waitFor.ts";

const directory = makeTempDirectory("quorate-chain-test-");
const chains: Chain[] = [];
afterAll(async () => {
  for (const chain of chains) await chain.stop();
  removeDirectory(directory);
});

it.each(["hardhat", "anvil"] as const)("%s's chain begins at the fixed moment and goes on by itself", async (kind) => {
  const chain = await startChain(kind, directory, { accountCount: 1 });
  chains.push(chain);
  expect((await chain.provider.getBlock(0))?.timestamp).toBe(CHAIN_START_SECONDS);
  const latest = await waitFor({ what: "three blocks", timeoutMs: 60_000 }, async () => {
    const block = await chain.provider.getBlock("latest");
    return block !== null && block.number >= 3 ? block : null;
  });
  // Some seconds for three blocks, not the years between that moment and the host's clock.
  expect(latest.timestamp - CHAIN_START_SECONDS).toBeGreaterThanOrEqual(2);
  expect(latest.timestamp - CHAIN_START_SECONDS).toBeLessThan(3_600);
});

it("anvil goes on from its own blocks after a restart, and Hardhat's node says that it cannot", async () => {
  const [hardhat, anvil] = chains as [Chain, Chain];
  await expect(hardhat.restart(0)).rejects.toThrow("CHAIN_CANNOT_RESTART");
  const before = await anvil.provider.getBlock("latest");
  await anvil.restart(0);
  const after = await anvil.provider.getBlock(before?.number ?? 0);
  expect(after?.hash).toBe(before?.hash);
  const next = await waitFor({ what: "the next block", timeoutMs: 60_000 }, () =>
    anvil.provider.getBlock((before?.number ?? 0) + 1),
  );
  expect(next.parentHash).toBe(before?.hash);
  expect(next.timestamp).toBeGreaterThanOrEqual(before?.timestamp ?? 0);
});
