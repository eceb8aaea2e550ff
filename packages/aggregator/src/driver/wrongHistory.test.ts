/** P-58 from end to end: a real core behind a real driver follows a real chain by a provider that lies. */
import { signIdentity, verifyIdentity } from "@quorate/common";
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { afterEach, expect, it } from "vitest";
import {
  CHAIN_ID,
  type Interceptor,
  POOL,
  placeContracts,
  REWARDS,
  startAnvil,
  startProvider,
} from "../../test/support/chain.ts";
import { scheme } from "../../test/support/cluster.ts";
import { until } from "../../test/support/until.ts";
import { createChainFollower } from "../adapters/chain/follower.ts";
import { createAgent } from "../core/agent.ts";
import type { Agent } from "../core/io.ts";
import { createDriver } from "./driver.ts";
import type { Logger } from "./ports.ts";

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

interface Follows {
  readonly agent: Agent;
  readonly fatal: unknown[];
  readonly warned: string[];
}

async function startAgent(providers: readonly string[]): Promise<Follows> {
  const warned: string[] = [];
  const fatal: unknown[] = [];
  const logger: Logger = { debug() {}, info() {}, warn: (_values, code) => void warned.push(code), error() {} };
  const agent = createAgent(
    {
      domain: { chainId: BigInt(CHAIN_ID), verifyingContract: REWARDS },
      ...{ blsKey: new Uint8Array(96), claimDeadlineMs: 10_000, submits: null },
    },
    { scheme, signIdentity: (digest) => signIdentity(new Uint8Array(32).fill(1), digest), verifyIdentity },
    { ledger: null, signings: [], claims: [], bundles: [] },
  );
  const chain = { chainId: CHAIN_ID, rewards: REWARDS, pool: POOL, pollMs: 20, chunkBlocks: 100, timeoutMs: 30_000 };
  const driver = createDriver({
    agent,
    store: {
      load: () => ({ ledger: null, signings: [], claims: [], bundles: [] }),
      persist() {},
      written: async () => {},
      events: () => [],
      bundle: () => null,
      close() {},
    },
    network: {
      peerId: "self",
      addresses: () => [],
      agentUrls: () => new Map(),
      start: async () => {},
      stop: async () => {},
      admit() {},
      mates() {},
      publish: async () => {},
      direct() {},
      catchUp: async () => new Uint8Array(),
      inquire: async () => new Uint8Array(),
      blame() {},
      status: () => ({ connected: [], meshPeers: 0, direct: { sent: 0, received: 0, dropped: 0 } }),
    },
    follower: createChainFollower({ providers, ...chain }, { logger }),
    openTrees: () => {
      throw new Error("no tree is built here");
    },
    submitter: null,
    contract: REWARDS,
    verifier: { verify: async (groups) => groups.map(({ items }) => items.map(() => true)), close: async () => {} },
    signer: { publicKey: new Uint8Array(96), sign: async () => new Uint8Array(192) },
    logger,
    nowMs: () => performance.now(),
    onFatal: (error) => fatal.push(error),
  });
  running.push(driver);
  await driver.start();
  return { agent, fatal, warned };
}

/** Every deposit a second later than its block: well formed, and nothing that the pool could have said. */
const late: Interceptor = async (method, parameters, ask) => {
  if (method !== "eth_getLogs") return undefined;
  const logs = (await ask(method, ...parameters)) as { readonly data: string }[];
  const timeAt = 2 + 64;
  const moved = (data: string): string => {
    const time = BigInt(`0x${data.slice(timeAt, timeAt + 64)}`) + 1n;
    return `${data.slice(0, timeAt)}${time.toString(16).padStart(64, "0")}${data.slice(timeAt + 64)}`;
  };
  return { result: logs.map((log) => ({ ...log, data: moved(log.data) })) };
};

it("P-57 P-58 a provider invents an event: the agent abstains, names it, keeps its place, goes on after", async () => {
  const chain = await startAnvil();
  running.push(chain);
  await placeContracts(chain);
  await chain.mine(6);
  const provider = await startProvider(chain);
  running.push(provider);
  const { agent, fatal, warned } = await startAgent([provider.url]);
  await until(() => agent.status().chain.healthy && agent.status().head?.number === 4);
  provider.intercept = late;
  await chain.settle(5n, CHAIN_START_SECONDS + 7);
  await chain.mine(4);
  await until(() => !agent.status().chain.healthy);
  expect(agent.status().chain).toMatchObject({
    code: "CHAIN_EVENT_INVALID",
    detail: expect.stringMatching(new RegExp(`providers: ${new URL(provider.url).host}.*settles at its block's time`)),
  });
  expect(agent.status().head?.number).toBeLessThan(7);
  expect(warned).toContain("CHAIN_EVENT_INVALID");
  provider.intercept = async () => undefined;
  await until(() => agent.status().chain.healthy && agent.status().head?.number === 9);
  expect(fatal).toEqual([]);
});
