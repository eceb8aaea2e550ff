/** P-50, P-57: the whole history, read once. */
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { afterEach, describe, expect, it } from "vitest";
import {
  CHAIN_ID,
  POOL,
  placeContracts,
  REWARDS,
  startAnvil,
  startProvider,
  type TestChain,
  type TestProvider,
} from "../../../test/support/chain.ts";
import { type HistoryOptions, readHistory } from "./history.ts";

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

async function chainOf(settled: number): Promise<TestChain> {
  const chain = await startAnvil();
  running.push(chain);
  await placeContracts(chain);
  for (let balance = 1; balance <= settled; balance++) await chain.settle(BigInt(balance));
  await chain.mine(4);
  return chain;
}

async function providerOf(chain: TestChain): Promise<TestProvider> {
  const provider = await startProvider(chain);
  running.push(provider);
  return provider;
}

const optionsOf = (providers: readonly { readonly url: string }[], over: Partial<HistoryOptions> = {}) => ({
  ...{ chainId: CHAIN_ID, rewards: REWARDS, pool: POOL, deployBlock: 0, chunkBlocks: 3, timeoutMs: 30_000 },
  providers: providers.map(({ url }) => url),
  ...over,
});

describe("a history", () => {
  it("P-50 has all events up to the finalised block, in order, and tells how far it has come", async () => {
    const chain = await chainOf(10);
    const told: number[][] = [];
    const { events, head } = await readHistory(optionsOf([chain]), (...progress) => told.push(progress));
    expect(events.map((event) => event.type === "pool-settled" && event.balance)).toEqual(
      Array.from({ length: 10 }, (_, i) => BigInt(i + 1)),
    );
    expect(head).toMatchObject({ number: 12, timestamp: CHAIN_START_SECONDS + 12 });
    expect(told.map(([at]) => at)).toEqual([2, 5, 8, 11, 12]);
    expect(told.at(-1)).toEqual([12, 12, 10]);
  });

  it("begins at the deployment", async () => {
    const provider = await providerOf(await chainOf(10));
    provider.intercept = async (method, [, tag]) =>
      method === "eth_getCode" && tag !== "latest" ? { result: "0x" } : undefined;
    const { events } = await readHistory(optionsOf([provider], { deployBlock: 8 }));
    expect(events).toHaveLength(3);
  });

  it("behaviour: a provider that fails for a while is asked again", async () => {
    const chain = await chainOf(6);
    const provider = await providerOf(chain);
    let failures = 3;
    provider.intercept = async (method) => (method === "eth_getLogs" && failures-- > 0 ? { status: 500 } : undefined);
    expect((await readHistory(optionsOf([provider]))).events).toHaveLength(6);
    expect(failures).toBeLessThan(0);
  });

  it("error: two providers that do not say the same, and a chain that ends before the deployment", async () => {
    const chain = await chainOf(4);
    const liar = await providerOf(chain);
    liar.intercept = async (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    await expect(readHistory(optionsOf([chain, liar]))).rejects.toMatchObject({ code: "CHAIN_PROVIDERS_DISAGREE" });
    const behind = readHistory(optionsOf([chain], { deployBlock: 100 }));
    await expect(behind).rejects.toMatchObject({ code: "CHAIN_PROVIDER_BEHIND", values: { fromBlock: 100 } });
  });
});
