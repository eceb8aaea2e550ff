import { setTimeout as sleep } from "node:timers/promises";
import type { ChainHead, ChainHealth } from "@quorate/common";
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { afterEach, describe, expect, it } from "vitest";
import {
  CHAIN_ID,
  type Interceptor,
  POOL,
  placeContracts,
  REWARDS,
  startAnvil,
  startProvider,
  type TestChain,
  type TestProvider,
} from "../../../test/support/chain.ts";
import { until } from "../../../test/support/until.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { ChainFollower, Logger } from "../../driver/ports.ts";
import { type ChainFollowerOptions, createChainFollower } from "./follower.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

interface Followed {
  readonly follower: ChainFollower;
  readonly heads: ChainHead[];
  readonly events: ChainEvent[];
  readonly health: ChainHealth[];
}

async function chainOf(blocks: number, chainId = CHAIN_ID): Promise<TestChain> {
  const chain = await startAnvil(chainId);
  running.push(chain);
  await placeContracts(chain);
  await chain.mine(blocks);
  return chain;
}

async function providerOf(chain: TestChain): Promise<TestProvider> {
  const provider = await startProvider(chain);
  running.push(provider);
  return provider;
}

async function follow(
  sources: readonly { readonly url: string }[],
  { after = null, ...options }: Partial<ChainFollowerOptions> & { after?: ChainHead | null } = {},
): Promise<Followed> {
  const follower = createChainFollower(
    {
      providers: sources.map((source) => source.url),
      chainId: CHAIN_ID,
      rewards: REWARDS,
      pool: POOL,
      pollMs: 20,
      chunkBlocks: 100,
      timeoutMs: 30_000,
      ...options,
    },
    { logger },
  );
  running.push(follower);
  const followed: Followed = { follower, heads: [], events: [], health: [] };
  await follower.start(after, {
    async onAdvance(events, head) {
      followed.events.push(...events);
      followed.heads.push(head);
    },
    onHealth: (health) => void followed.health.push(health),
  });
  return followed;
}

const height = ({ heads }: Followed): number => heads.at(-1)?.number ?? -1;
const code = ({ health }: Followed): string => {
  const last = health.at(-1);
  return last === undefined ? "unknown" : last.healthy ? "healthy" : last.code;
};
const balances = ({ events }: Followed): bigint[] =>
  events.map((event) => (event.type === "pool-settled" ? event.balance : -1n));

describe("P-57: only finalised blocks", () => {
  it("advances to the finalised block and no further", async () => {
    const chain = await chainOf(10);
    const followed = await follow([chain]);
    await until(() => height(followed) === 8);
    await chain.mine(3);
    await until(() => height(followed) === 11);
    await sleep(100);
    expect(height(followed)).toBe(11);
    expect(followed.health).toEqual([{ healthy: true }]);
    expect(followed.heads.at(-1)).toMatchObject({
      timestamp: CHAIN_START_SECONDS + 11,
      hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    });
  });

  it("reads events in order, in bounded chunks, each exactly once", async () => {
    const chain = await chainOf(3);
    for (let balance = 1n; balance <= 12n; balance++) {
      await chain.settle(balance);
      await chain.mine(Number(balance % 3n));
    }
    await chain.mine(2);
    const asked: number[] = [];
    const provider = await providerOf(chain);
    provider.intercept = async (method, parameters) => {
      if (method === "eth_getLogs") asked.push(blocksAsked(parameters));
      return undefined;
    };
    const followed = await follow([provider], { chunkBlocks: 4 });
    await until(() => balances(followed).length === 12);
    expect(balances(followed)).toEqual(Array.from({ length: 12 }, (_, i) => BigInt(i + 1)));
    expect(Math.max(...asked)).toBe(4);
    expect(followed.events[0]).toMatchObject({
      type: "pool-settled",
      blockNumber: 4,
      logIndex: 0,
      timestamp: CHAIN_START_SECONDS + 4,
    });
  });

  it("resumes just above the block it is given", async () => {
    const chain = await chainOf(3);
    await chain.settle(1n);
    await chain.mine(4);
    const first = await follow([chain]);
    await until(() => height(first) === 6);
    await first.follower.stop();
    await chain.settle(2n);
    await chain.mine(4);
    const second = await follow([chain], { after: first.heads.at(-1) as ChainHead });
    await until(() => height(second) === 11);
    expect(balances(first)).toEqual([1n]);
    expect(balances(second)).toEqual([2n]);
  });

  it("reads nothing before the deployment", async () => {
    const chain = await chainOf(2);
    await chain.settle(1n);
    await chain.settle(2n);
    await chain.mine(4);
    const provider = await providerOf(chain);
    provider.intercept = withoutCodeBefore;
    const followed = await follow([provider], { deployBlock: 4 });
    await until(() => height(followed) === 6);
    expect(balances(followed)).toEqual([2n]);
  });
});

describe("reorganisations", () => {
  it("above the finalised block change nothing", async () => {
    const chain = await chainOf(5);
    await chain.settle(7n);
    const followed = await follow([chain]);
    await until(() => height(followed) === 4);
    // The event is in block 6, not final yet: the reorganisation drops it.
    await chain.rpc("anvil_reorg", 2, []);
    await chain.mine(6);
    await until(() => height(followed) === 10);
    expect(followed.events).toEqual([]);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("error: below the finalised block; the agent abstains and never advances", async () => {
    const chain = await chainOf(10);
    const followed = await follow([chain]);
    await until(() => height(followed) === 8);
    await chain.rpc("anvil_reorg", 5, []);
    await until(() => code(followed) === "CHAIN_FINALISED_REORG");
    await chain.mine(5);
    await sleep(200);
    expect(height(followed)).toBe(8);
    // While the chain is rebuilt its provider may give no answer at all, which is said too.
    expect(followed.health.slice(1).filter(({ healthy }) => healthy)).toEqual([]);
    expect(followed.health.at(-1)).toMatchObject({
      code: "CHAIN_FINALISED_REORG",
      detail: expect.stringContaining(`followed: ${followed.heads.at(-1)?.hash}`),
    });
  });

  it("error: while the agent was down", async () => {
    const chain = await chainOf(10);
    const after: ChainHead = { number: 5, hash: `0x${"55".repeat(32)}`, timestamp: CHAIN_START_SECONDS + 5 };
    const followed = await follow([chain], { after });
    await until(() => code(followed) === "CHAIN_FINALISED_REORG");
    expect(followed.heads).toEqual([]);
  });

  it("error: the provider has forgotten blocks that were followed", async () => {
    const chain = await chainOf(4);
    const after: ChainHead = { number: 9, hash: `0x${"55".repeat(32)}`, timestamp: CHAIN_START_SECONDS + 9 };
    const followed = await follow([chain], { after });
    await until(() => code(followed) === "CHAIN_PROVIDER_BEHIND");
  });
});

describe("several providers", () => {
  it("behaviour: one lags; that is no disagreement, and both are followed as far as both have it", async () => {
    const [ahead, lagging] = [await chainOf(20), await chainOf(10)];
    const followed = await follow([ahead, lagging]);
    await until(() => height(followed) === 8);
    await sleep(100);
    expect(height(followed)).toBe(8);
    await lagging.mine(10);
    await until(() => height(followed) === 18);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("error: two chains at one height; nothing of either counts", async () => {
    const [one, other] = [await chainOf(2), await chainOf(2)];
    await one.settle(1n);
    await other.settle(2n);
    for (const chain of [one, other]) await chain.mine(5);
    const followed = await follow([one, other]);
    await until(() => code(followed) === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.heads).toEqual([]);
  });

  it("error: one leaves an event out under the right hashes", async () => {
    const chain = await chainOf(2);
    await chain.settle(1n);
    await chain.mine(4);
    const liar = await providerOf(chain);
    liar.intercept = async (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    const followed = await follow([chain, liar]);
    await until(() => code(followed) === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.heads).toEqual([]);
  });

  it("one of three may fail; of two that are left, both must work", async () => {
    const chain = await chainOf(6);
    const providers = [chain, await providerOf(chain), await providerOf(chain)] as const;
    providers[1].intercept = async () => ({ status: 500 });
    const followed = await follow(providers);
    await until(() => height(followed) === 4);
    expect(code(followed)).toBe("healthy");
    providers[2].intercept = async () => ({ status: 500 });
    await until(() => code(followed) === "CHAIN_PROVIDER_FAILED");
    await chain.mine(4);
    await sleep(100);
    expect(height(followed)).toBe(4);
    providers[1].intercept = async () => undefined;
    await until(() => height(followed) === 8 && code(followed) === "healthy");
  });

  it("error: one is stuck far behind the others' time", async () => {
    const [one, stuck] = [await chainOf(4), await chainOf(4)];
    await one.rpc("evm_increaseTime", 10_000);
    await one.rpc("anvil_setBlockTimestampInterval", 4_000);
    await one.mine(6);
    const followed = await follow([one, stuck]);
    await until(() => code(followed) === "CHAIN_PROVIDER_BEHIND");
  });
});

describe("a provider that fails", () => {
  it("behaviour: it stops answering, then comes back", async () => {
    const chain = await chainOf(5);
    const followed = await follow([chain], { timeoutMs: 200 });
    await until(() => height(followed) === 3);
    chain.freeze();
    await until(() => code(followed) === "CHAIN_PROVIDER_FAILED");
    chain.thaw();
    await chain.mine(3);
    await until(() => height(followed) === 6 && code(followed) === "healthy");
    // Only changes are reported.
    const told = followed.health.map((health) => JSON.stringify(health));
    expect(told.filter((health, i) => health === told[i - 1])).toEqual([]);
  });

  it("behaviour: the agent starts before its provider does", async () => {
    const chain = await chainOf(5);
    const provider = await providerOf(chain);
    provider.intercept = async () => ({ status: 503 });
    const followed = await follow([provider]);
    await until(() => code(followed) === "CHAIN_PROVIDER_FAILED");
    provider.intercept = async () => undefined;
    await until(() => code(followed) === "healthy");
  });

  it("error: it says another block is finalised than it has, and answers [] beyond its head", async () => {
    const chain = await chainOf(5);
    const provider = await providerOf(chain);
    const beyond = { number: "0x63", hash: `0x${"99".repeat(32)}`, timestamp: "0x6553f200" };
    provider.intercept = async (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: beyond } : undefined;
    // Anvil itself answers [] for the range; without its own block at the end of the range that says nothing.
    expect(await chain.rpc("eth_getLogs", { fromBlock: "0x0", toBlock: "0x63" })).toEqual([]);
    const followed = await follow([provider]);
    await until(() => code(followed) === "CHAIN_LOGS_UNTRUSTED");
    expect(followed.heads).toEqual([]);
    // The same lie in chunks: here it has to give a block that it does not have.
    const chunked = await follow([provider], { chunkBlocks: 50, deployBlock: 20 });
    await until(() => code(chunked) === "CHAIN_PROVIDER_FAILED");
    expect(chunked.heads).toEqual([]);
  });

  it.each<[string, string, Interceptor]>([
    [
      "logs of another branch",
      "CHAIN_LOGS_UNTRUSTED",
      altered((log) => ({ ...log, blockHash: `0x${"ab".repeat(32)}` })),
    ],
    ["logs outside the range", "CHAIN_LOGS_UNTRUSTED", altered((log) => ({ ...log, blockNumber: "0x50" }))],
    ["an event that does not decode", "CHAIN_EVENT_INVALID", altered((log) => ({ ...log, data: "0x01" }))],
    ["an event with bytes left over", "CHAIN_EVENT_INVALID", altered((log) => ({ ...log, data: `${log["data"]}00` }))],
    ["logs it takes back", "CHAIN_PROVIDER_FAILED", altered((log) => ({ ...log, removed: true }))],
    [
      "something else than logs",
      "CHAIN_PROVIDER_FAILED",
      async (method) => (method === "eth_getLogs" ? { result: "no" } : undefined),
    ],
  ])("error: %s", async (_name, expected, intercept) => {
    const chain = await chainOf(2);
    await chain.settle(1n);
    await chain.mine(4);
    const provider = await providerOf(chain);
    provider.intercept = intercept;
    const followed = await follow([provider]);
    await until(() => code(followed) === expected);
    expect(followed.health.at(-1)).toMatchObject({ detail: expect.stringContaining(new URL(provider.url).host) });
    expect(followed.heads).toEqual([]);
    provider.intercept = async () => undefined;
    await until(() => code(followed) === "healthy");
    expect(balances(followed)).toEqual([1n]);
  });

  it("behaviour: it refuses large ranges", async () => {
    const chain = await chainOf(60);
    const provider = await providerOf(chain);
    provider.intercept = async (method, parameters) =>
      method === "eth_getLogs" && blocksAsked(parameters) > 10 ? { status: 400 } : undefined;
    const followed = await follow([provider], { pollMs: 1 });
    await until(() => height(followed) === 58);
  });
});

describe("a wrong configuration", () => {
  it("error: another chain", async () => {
    const followed = await follow([await chainOf(5, 1_234)]);
    await until(() => code(followed) === "CHAIN_WRONG_ID");
    expect(followed.health[0]).toMatchObject({ detail: expect.stringContaining("found: 1234") });
  });

  it("error: no contract there, until there is one", async () => {
    const chain = await startAnvil();
    running.push(chain);
    await chain.mine(5);
    const followed = await follow([chain]);
    await until(() => code(followed) === "CHAIN_NO_CONTRACT");
    await placeContracts(chain);
    await until(() => code(followed) === "healthy");
  });
});

function blocksAsked([filter]: unknown[]): number {
  const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string };
  return Number(toBlock) - Number(fromBlock) + 1;
}

/** As if the contract had been deployed at the block that the test says. */
const withoutCodeBefore: Interceptor = async (method, [, tag]) =>
  method === "eth_getCode" && tag !== "latest" ? { result: "0x" } : undefined;

/** Truth, but for each log. */
function altered(change: (log: Record<string, unknown>) => object): Interceptor {
  return async (method, parameters, ask) => {
    if (method !== "eth_getLogs") return undefined;
    return { result: ((await ask(method, ...parameters)) as Record<string, unknown>[]).map(change) };
  };
}
