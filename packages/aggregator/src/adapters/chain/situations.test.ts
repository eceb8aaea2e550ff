/** P-57, P-64 to P-67: what providers have done to those who follow a chain, each named after the situation. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { CONNECTIONS_MAX, LOGS_MAX } from "./limits.ts";
import { Followed } from "./testing/followed.ts";
import { type Deed, ScriptedChain, type ScriptedProvider, startScripted } from "./testing/scriptedChain.ts";

const running: (() => unknown)[] = [];
let chain: ScriptedChain;

beforeEach(() => {
  chain = new ScriptedChain(50);
  chain.deposit(10, 20, 30);
});

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function providers(count: number): Promise<ScriptedProvider[]> {
  const all = await Promise.all(Array.from({ length: count }, () => startScripted(chain)));
  running.push(() => Promise.all(all.map((provider) => provider.stop())));
  return all;
}

async function follow(
  sources: readonly ScriptedProvider[],
  options: ConstructorParameters<typeof Followed>[1] = {},
  more: { readonly wallSeconds?: () => number; readonly registered?: () => number } = {},
): Promise<Followed> {
  const followed = new Followed(sources, options, more.wallSeconds);
  running.push(() => followed.follower.stop());
  return followed.start(null, more.registered);
}

type Trio = [ScriptedProvider, ScriptedProvider, ScriptedProvider];
const trio = async (): Promise<Trio> => (await providers(3)) as Trio;

const answering =
  (wanted: string, deed: Deed): ScriptedProvider["deed"] =>
  (method) =>
    method === wanted ? deed : undefined;

describe("P-57: two of three go on at their own pace", () => {
  it.each<[string, ScriptedProvider["deed"]]>([
    ["sends a byte now and then", () => "drip"],
    ["accepts and never answers", () => "silence"],
    ["closes every connection", () => "drop"],
    ["answers 503", () => ({ status: 503, body: "repair" })],
    ["refuses eth_getLogs only", answering("eth_getLogs", { error: { code: -32_601, message: "not in your plan" } })],
    ["is silent about eth_getLogs only", answering("eth_getLogs", "silence")],
    ["answers something else than blocks", answering("eth_getBlockByNumber", { result: "0x1" })],
    ["has finalised nothing", answering("eth_getBlockByNumber", { result: null })],
    ["has pruned the logs", answering("eth_getLogs", { result: [] })],
  ])(
    "the third %s: the two do not wait for it; it is named in status and log, and recovers when it does",
    async (_name, deed) => {
      const [one, two, third] = await trio();
      third.deed = deed;
      // Nobody is given up here: who waited for the third would wait for ever.
      const patient = await follow([one, third, two], { timeoutMs: 600_000 });
      await until(() => patient.height === 50);
      chain.finalised = 60;
      chain.deposit(55);
      await until(() => patient.height === 60);
      expect(patient.deposits).toEqual([10, 20, 30, 55]);
      expect(patient.health).toEqual([{ healthy: true }]);
      const followed = await follow([one, third, two], { timeoutMs: 700 });
      await until(() => followed.view(1).ok === false && followed.code === "healthy");
      expect(followed.view(1)).toMatchObject({ host: third.host, code: expect.stringMatching(/^CHAIN_/) });
      const warned = followed.logged.filter(
        ({ level, values }) => level === "warn" && values["provider"] === third.host,
      );
      expect(warned).not.toEqual([]);
      third.deed = () => undefined;
      // What it may not do while the chain stands still shows at the next blocks.
      await until(() => {
        chain.finalised += 1;
        return followed.view(1).ok === true;
      });
      await until(() => followed.code === "healthy");
    },
  );

  it("of two, both must say the same: one that is silent makes the agent abstain, not believe the other", async () => {
    const [one, two] = (await providers(2)) as [ScriptedProvider, ScriptedProvider];
    two.deed = () => "silence";
    const followed = await follow([one, two], { timeoutMs: 200 });
    await until(() => followed.code === "CHAIN_PROVIDER_FAILED");
    expect(followed.detail).toContain(two.host);
    expect(followed.height).toBe(-1);
    two.deed = () => undefined;
    await until(() => followed.code === "healthy" && followed.height === 50);
  });

  it("one has another block at the finalised height: the two go on, and it is named with both hashes", async () => {
    const [one, two, liar] = await trio();
    const other = { ...chain.block(50), hash: `0x${"66".repeat(32)}` };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && (tag === "finalized" || Number(tag) === 50) ? { result: other } : undefined;
    const followed = await follow([liar, one, two]);
    await until(() => followed.height === 50 && followed.view(0).ok === false);
    expect(followed.code).toBe("healthy");
    expect(followed.view(0)).toMatchObject({ code: "CHAIN_PROVIDERS_DISAGREE" });
    expect(followed.view(0).detail).toContain(`found: ${other.hash}, others: ${chain.block(50).hash}`);
  });

  it("one says that a far higher block is finalised: it changes nothing", async () => {
    const [one, two, liar] = await trio();
    const beyond = { ...chain.block(50), number: "0xffffff", hash: `0x${"66".repeat(32)}` };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: beyond } : undefined;
    const followed = await follow([liar, one, two]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("all three have another block: the agent abstains and says which provider said what", async () => {
    const all = await trio();
    for (const [i, provider] of all.entries()) {
      const hash = `0x${String(i + 1).repeat(64)}`;
      provider.deed = (method) =>
        method === "eth_getBlockByNumber" ? { result: { ...chain.block(50), hash } } : undefined;
    }
    const followed = await follow(all);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.detail).toContain(`providers: ${all.map(({ host }) => host).join(", ")}`);
    expect(followed.detail).toContain("1".repeat(64));
    expect(followed.height).toBe(-1);
  });

  it("two leave an event out that the third has: it may be the only honest one, so nothing counts", async () => {
    const [one, two, third] = await trio();
    one.deed = answering("eth_getLogs", { result: [] });
    two.deed = answering("eth_getLogs", { result: [] });
    const followed = await follow([one, two, third]);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.heads).toEqual([]);
    two.deed = () => undefined;
    await until(() => followed.code === "healthy");
    expect(followed.deposits).toEqual([10, 20, 30]);
  });

  it("one of three moves a deposit to another time: the two go on", async () => {
    const [one, two, liar] = await trio();
    const early = { ...chain.block(20), timestamp: "0x5" };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && Number(tag) === 20 ? { result: early } : undefined;
    const followed = await follow([liar, one, two]);
    await until(() => followed.height === 50);
    expect(followed.events.map(({ timestamp }) => timestamp - chain.startSeconds)).toEqual([10, 20, 30]);
  });
});

describe("P-65: silence is never health", () => {
  it("a step that outlasts some polls is told, with who is waited for, and stop() returns", async () => {
    const [only] = (await providers(1)) as [ScriptedProvider];
    const followed = await follow([only], { pollMs: 50, timeoutMs: 100 });
    await until(() => followed.code === "healthy");
    // Each answer is in time, and there is no end of them.
    chain.finalised = 1_000;
    only.deed = async (method) => {
      if (method === "eth_getLogs") await sleep(60);
      return undefined;
    };
    const slow = await follow([only], { pollMs: 10, timeoutMs: 100, chunkBlocks: 8 });
    only.deed = async () => {
      await sleep(80);
      return undefined;
    };
    await until(() => slow.code === "CHAIN_PROVIDER_SLOW");
    expect(slow.detail).toContain(`waitingFor: ${only.host}`);
    await slow.follower.stop();
    only.deed = () => "silence";
    await sleep(20);
    await followed.follower.stop();
    await until(() => only.sockets.size === 0);
  });

  it("a provider that never answers costs a few sockets however long it lasts, and is back within a poll or two", async () => {
    const [only] = (await providers(1)) as [ScriptedProvider];
    only.deed = () => "silence";
    const followed = await follow([only], { pollMs: 10, timeoutMs: 100 });
    let most = 0;
    await until(() => {
      most = Math.max(most, only.sockets.size);
      return only.requests() > 10;
    });
    expect(most).toBeLessThanOrEqual(CONNECTIONS_MAX);
    expect(followed.code).toMatch(/CHAIN_PROVIDER_(FAILED|SLOW)/);
    only.deed = () => undefined;
    const before = only.asked.filter(({ params }) => params[0] === "finalized").length;
    await until(() => followed.code === "healthy");
    expect(only.asked.filter(({ params }) => params[0] === "finalized").length - before).toBeLessThanOrEqual(3);
  });

  it("HTTP 500, then 401: status and log have the latest reason, each once", async () => {
    const [only] = (await providers(1)) as [ScriptedProvider];
    only.deed = () => ({ status: 500, body: "oops" });
    const followed = await follow([only]);
    await until(() => followed.detail.includes("HTTP 500: oops"));
    only.deed = () => ({ status: 401, body: "key revoked" });
    await until(() => followed.detail.includes("HTTP 401: key revoked"));
    expect(followed.view(0)).toMatchObject({ ok: false, detail: expect.stringContaining("HTTP 401: key revoked") });
    await until(() => (followed.view(0).failures.CHAIN_PROVIDER_FAILED ?? 0) > 5);
    expect(followed.health).toHaveLength(2);
    const reasons = followed.told("CHAIN_PROVIDER_FAILED").map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(["HTTP 500: oops", "HTTP 401: key revoked"]));
    // Once of the provider and once of the follower.
    expect(reasons).toHaveLength(4);
  });

  it("at rest a poll asks one small question of each provider, and two of one that is ahead of the others", async () => {
    const [one, two, ahead] = await trio();
    const followed = await follow([one, two, ahead]);
    await until(() => followed.height === 50);
    ahead.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: chain.block(52) } : undefined;
    for (const provider of [one, two, ahead]) provider.asked.length = 0;
    const polls = (provider: ScriptedProvider): number =>
      provider.asked.filter(({ params }) => params[0] === "finalized").length;
    await until(() => polls(one) >= 20 && polls(ahead) >= 20);
    expect(one.asked.length).toBe(polls(one));
    expect(two.asked.length).toBe(polls(two));
    expect(ahead.asked.length).toBeLessThanOrEqual(2 * polls(ahead));
  });
});

describe("P-65: time", () => {
  const THREE_YEARS = 3 * 365 * 86_400;

  it("one of three is in the far future: it is named, and the honest two are not called behind", async () => {
    const [one, two, future] = await trio();
    const late = { ...chain.block(50), timestamp: "0xa8c0000000" };
    future.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: late } : undefined;
    const followed = await follow([future, one, two]);
    await until(() => followed.height === 50 && followed.view(0).code === "CHAIN_PROVIDER_AHEAD");
    expect(followed.health).toEqual([{ healthy: true }]);
    expect([followed.view(1).ok, followed.view(2).ok]).toEqual([true, true]);
  });

  it("one of three is stuck three years in the past: it is named; of two the agent abstains and names it", async () => {
    const [one, two, stuck] = await trio();
    const old = { ...chain.block(50), timestamp: `0x${(chain.startSeconds - THREE_YEARS).toString(16)}` };
    stuck.deed = (method) => (method === "eth_getBlockByNumber" ? { result: old } : undefined);
    const followed = await follow([stuck, one, two]);
    await until(() => followed.height === 50 && followed.view(0).code === "CHAIN_PROVIDER_BEHIND");
    const pair = await follow([one, stuck]);
    await until(() => pair.code === "CHAIN_PROVIDER_BEHIND");
    expect(pair.detail).toContain(stuck.host);
  });

  it("all of them are three years in the past, or the own clock is wrong: a warning, once, and no ill health", async () => {
    for (const wallSeconds of [() => chain.startSeconds + THREE_YEARS, () => 1_000_000]) {
      const followed = await follow(await trio(), {}, { wallSeconds });
      await until(() => followed.height === 50);
      chain.finalised += 10;
      await until(() => followed.height === chain.finalised);
      chain.finalised = 50;
      expect(followed.health).toEqual([{ healthy: true }]);
      expect(followed.told("CHAIN_CLOCK_DISAGREES")).toHaveLength(1);
      const offset = followed.follower.status().clockOffsetSeconds as number;
      expect(Math.abs(offset)).toBeGreaterThan(THREE_YEARS - 100_000);
      await followed.follower.stop();
    }
  });
});

describe("P-65: ranges", () => {
  const blocksAsked = (params: readonly unknown[]): number => {
    const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
    return Number(toBlock) - Number(fromBlock) + 1;
  };

  it("eth_getLogs limited to 10 blocks: found once, remembered, no ill health", async () => {
    chain.finalised = 400;
    const [only] = (await providers(1)) as [ScriptedProvider];
    let refused = 0;
    only.deed = (method, params) => {
      if (method !== "eth_getLogs" || blocksAsked(params) <= 10) return undefined;
      refused++;
      return { error: { code: -32_602, message: "up to a 10 block range" } };
    };
    const followed = await follow([only]);
    await until(() => followed.height === 400);
    expect(followed.health).toEqual([{ healthy: true }]);
    expect(followed.logged.filter(({ level }) => level === "warn")).toEqual([]);
    const found = refused;
    expect(found).toBeLessThan(12);
    chain.finalised = 800;
    await until(() => followed.height === 800);
    expect(refused).toBe(found);
    expect(
      Math.max(
        ...only.asked
          .filter(({ method }) => method === "eth_getLogs")
          .slice(-20)
          .map(({ params }) => blocksAsked(params)),
      ),
    ).toBe(10);
  });

  it("300 blocks with a log each and few requests allowed at a time: what was read is kept, and it gets there", async () => {
    chain.finalised = 300;
    chain.deposit(...Array.from({ length: 300 }, (_, i) => i + 1));
    const [only] = (await providers(1)) as [ScriptedProvider];
    let allowed = 60;
    const refill = setInterval(() => {
      allowed = 60;
    }, 60);
    running.push(() => clearInterval(refill));
    const told: unknown[] = [];
    only.deed = (method, [tag]) => {
      if (allowed-- <= 0) return { status: 429, headers: { "retry-after": "0" }, body: "20 a second" };
      if (method === "eth_getBlockByNumber" && tag !== "finalized") told.push(tag);
      return undefined;
    };
    const followed = await follow([only], { chunkBlocks: 300 });
    await until(() => followed.height === 300);
    expect(followed.deposits).toHaveLength(300);
    // Each block is told once: what was told is not asked again but for the ends of ranges, where attempts failed.
    const again = new Set(told.filter((number, i) => told.indexOf(number) < i));
    expect(again.size).toBeLessThan(20);
    expect(told.length).toBeLessThan(400);
  });

  it("more logs than a range may have are refused, and smaller ranges asked for", async () => {
    const [only] = (await providers(1)) as [ScriptedProvider];
    only.deed = (method, params) =>
      method === "eth_getLogs" && blocksAsked(params) > 20
        ? { result: Array.from({ length: LOGS_MAX + 1 }, () => 0) }
        : undefined;
    const followed = await follow([only]);
    await until(() => followed.height === 50);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("a list of wrong things is refused at the first", async () => {
    const [only] = (await providers(1)) as [ScriptedProvider];
    only.deed = answering("eth_getLogs", { result: Array.from({ length: LOGS_MAX }, () => []) });
    const followed = await follow([only]);
    await until(() => followed.code === "CHAIN_PROVIDER_FAILED");
    expect(followed.detail.length).toBeLessThan(500);
  });
});

describe("P-66: a provider serves the configured deployment", () => {
  it("chain.pool is another contract: both addresses are named", async () => {
    chain.pool = `0x${"ab".repeat(20)}`;
    const followed = await follow(await providers(1));
    await until(() => followed.code === "CHAIN_WRONG_POOL");
    expect(followed.detail).toMatch(/configured: 0xe2e2.*found: 0xabab/);
    expect(followed.heads).toEqual([]);
  });

  it("chain.deployBlock is above the deployment: the field is named, nothing is read", async () => {
    chain.deployedAt = 5;
    const followed = await follow(await providers(1), { deployBlock: 15 });
    await until(() => followed.code === "CHAIN_DEPLOY_BLOCK_TOO_HIGH");
    expect(followed.detail).toMatch(/deployBlock: 15, presentAt: 14/);
    expect(followed.heads).toEqual([]);
    const right = await follow(await providers(1), { deployBlock: 5 });
    await until(() => right.height === 50 && right.code === "healthy");
  });

  it("a provider without the state of back then cannot tell, and is believed otherwise", async () => {
    const all = await providers(1);
    const [only] = all as [ScriptedProvider];
    only.deed = (method, [, tag]) =>
      method === "eth_getCode" && tag !== "latest"
        ? { error: { code: -32_000, message: "missing trie node" } }
        : undefined;
    const followed = await follow(all, { deployBlock: 15 });
    await until(() => followed.height === 50 && followed.code === "healthy");
  });
});

describe("P-67: the contract counts its nodes", () => {
  it("registrations that no event tells of, and nothing after them: the agent abstains, and goes on with the truth", async () => {
    chain.nextId = 3;
    const followed = await follow(await providers(1), {}, { registered: () => 0 });
    await until(() => followed.code === "CHAIN_EVENTS_MISSING");
    expect(followed.detail).toContain("nextIdOfContract: 3, nextIdByEvents: 1");
    expect(followed.heads).toEqual([]);
    chain.nextId = 1;
    await until(() => followed.code === "healthy");
  });

  it("where no provider has the state, and where one of three lies about it, the events count", async () => {
    const [one, two, liar] = await trio();
    chain.nextId = 1;
    const wrong = `0x${"9".padStart(64, "0")}`;
    liar.deed = (method, [, tag]) => (method === "eth_call" && tag !== "latest" ? { result: wrong } : undefined);
    const followed = await follow([one, two, liar], {}, { registered: () => 0 });
    await until(() => followed.height === 50);
    chain.nextId = null;
    chain.finalised = 60;
    await until(() => followed.height === 60);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("one that is silent about the count holds up nobody", async () => {
    const [one, two, third] = await trio();
    chain.nextId = 1;
    third.deed = (method, [, tag]) => (method === "eth_call" && tag !== "latest" ? "silence" : undefined);
    const followed = await follow([third, one, two], { timeoutMs: 600_000 }, { registered: () => 0 });
    await until(() => followed.height === 50);
    chain.finalised = 60;
    await until(() => followed.height === 60);
    expect(followed.health).toEqual([{ healthy: true }]);
  });
});
