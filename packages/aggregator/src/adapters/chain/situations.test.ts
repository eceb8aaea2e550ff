/** P-57, P-64 and P-65: what providers have done to those who follow a chain, each named after the situation. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { CONNECTIONS_MAX, LOGS_MAX } from "./limits.ts";
import type { Deed, ScriptedProvider } from "./testing/scriptedChain.ts";
import { Situation } from "./testing/situation.ts";

const at = new Situation();

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
      const [one, two, third] = await at.trio();
      third.deed = deed;
      // Nobody is given up here: who waited for the third would wait for ever.
      const patient = await at.follow([one, third, two], { timeoutMs: 600_000 });
      await until(() => patient.height === 50);
      at.chain.finalised = 60;
      at.chain.deposit(55);
      await until(() => patient.height === 60);
      expect(patient.deposits).toEqual([10, 20, 30, 55]);
      expect(patient.health).toEqual([{ healthy: true }]);
      const followed = await at.follow([one, third, two], { timeoutMs: 700 });
      await until(() => followed.view(1).ok === false && followed.code === "healthy");
      expect(followed.view(1)).toMatchObject({ host: third.host, code: expect.stringMatching(/^CHAIN_/) });
      const warned = followed.logged.filter(
        ({ level, values }) => level === "warn" && values["provider"] === third.host,
      );
      expect(warned).not.toEqual([]);
      third.deed = () => undefined;
      // What it may not do while the chain stands still shows at the next blocks.
      await until(() => {
        at.chain.finalised += 1;
        return followed.view(1).ok === true;
      });
      await until(() => followed.code === "healthy");
    },
  );

  it("of two, both must say the same: one that is silent makes the agent abstain, not believe the other", async () => {
    const [one, two] = (await at.providers(2)) as [ScriptedProvider, ScriptedProvider];
    two.deed = () => "silence";
    const followed = await at.follow([one, two], { timeoutMs: 200 });
    await until(() => followed.code === "CHAIN_PROVIDER_FAILED");
    expect(followed.detail).toContain(two.host);
    expect(followed.height).toBe(-1);
    two.deed = () => undefined;
    await until(() => followed.code === "healthy" && followed.height === 50);
  });

  it("one has another block at the finalised height: the two go on, and it is named with both hashes", async () => {
    const [one, two, liar] = await at.trio();
    const other = { ...at.chain.block(50), hash: `0x${"66".repeat(32)}` };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && (tag === "finalized" || Number(tag) === 50) ? { result: other } : undefined;
    const followed = await at.follow([liar, one, two]);
    await until(() => followed.height === 50 && followed.view(0).ok === false);
    expect(followed.code).toBe("healthy");
    expect(followed.view(0)).toMatchObject({ code: "CHAIN_PROVIDERS_DISAGREE" });
    expect(followed.view(0).detail).toContain(`found: ${other.hash}, others: ${at.chain.block(50).hash}`);
  });

  it("one says that a far higher block is finalised: it changes nothing", async () => {
    const [one, two, liar] = await at.trio();
    const beyond = { ...at.chain.block(50), number: "0xffffff", hash: `0x${"66".repeat(32)}` };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: beyond } : undefined;
    const followed = await at.follow([liar, one, two]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("all three have another block: the agent abstains and says which provider said what", async () => {
    const all = await at.trio();
    for (const [i, provider] of all.entries()) {
      const hash = `0x${String(i + 1).repeat(64)}`;
      provider.deed = (method) =>
        method === "eth_getBlockByNumber" ? { result: { ...at.chain.block(50), hash } } : undefined;
    }
    const followed = await at.follow(all);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.detail).toContain(`providers: ${all.map(({ host }) => host).join(", ")}`);
    expect(followed.detail).toContain("1".repeat(64));
    expect(followed.height).toBe(-1);
  });

  it("one leaves events out and another lags: the height that the lagging one has is reached with the first", async () => {
    const [one, holes, lagging] = await at.trio();
    holes.deed = answering("eth_getLogs", { result: [] });
    lagging.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: at.chain.block(45) } : undefined;
    const followed = await at.follow([one, holes, lagging]);
    await until(() => followed.height === 45 && followed.code === "healthy");
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.view(1).ok).toBe(false);
  });

  it("one that left events out is well again while another is stuck: it is asked again, and the two go on", async () => {
    const [one, healed, stuck] = await at.trio();
    healed.deed = answering("eth_getLogs", { result: [] });
    const followed = await at.follow([one, healed, stuck]);
    await until(() => followed.height === 50 && followed.view(1).ok === false);
    const old = at.chain.block(50);
    stuck.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: old } : undefined;
    healed.deed = () => undefined;
    at.chain.finalised = 60;
    at.chain.deposit(55);
    await until(() => followed.height === 60 && followed.view(1).ok === true);
    expect(followed.deposits).toEqual([10, 20, 30, 55]);
  });

  it("one of three moves a deposit to another time: the two go on", async () => {
    const [one, two, liar] = await at.trio();
    const early = { ...at.chain.block(20), timestamp: "0x5" };
    liar.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && Number(tag) === 20 ? { result: early } : undefined;
    const followed = await at.follow([liar, one, two]);
    await until(() => followed.height === 50);
    expect(followed.events.map(({ timestamp }) => timestamp - at.chain.startSeconds)).toEqual([10, 20, 30]);
  });
});

describe("P-65: silence is never health", () => {
  it("a step that outlasts some polls is told, with who is waited for, and stop() returns", async () => {
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    const followed = await at.follow([only], { pollMs: 50, timeoutMs: 100 });
    await until(() => followed.code === "healthy");
    // Each answer is in time, and there is no end of them.
    at.chain.finalised = 1_000;
    only.deed = async (method) => {
      if (method === "eth_getLogs") await sleep(60);
      return undefined;
    };
    const slow = await at.follow([only], { pollMs: 10, timeoutMs: 100, chunkBlocks: 8 });
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
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    only.deed = () => "silence";
    const followed = await at.follow([only], { pollMs: 10, timeoutMs: 100 });
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
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    only.deed = () => ({ status: 500, body: "oops" });
    const followed = await at.follow([only]);
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
    const [one, two, ahead] = await at.trio();
    const followed = await at.follow([one, two, ahead]);
    await until(() => followed.height === 50);
    ahead.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: at.chain.block(52) } : undefined;
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
    const [one, two, future] = await at.trio();
    const late = { ...at.chain.block(50), timestamp: "0xa8c0000000" };
    future.deed = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "finalized" ? { result: late } : undefined;
    const followed = await at.follow([future, one, two]);
    await until(() => followed.height === 50 && followed.view(0).code === "CHAIN_PROVIDER_AHEAD");
    expect(followed.health).toEqual([{ healthy: true }]);
    expect([followed.view(1).ok, followed.view(2).ok]).toEqual([true, true]);
  });

  it("one of three is stuck three years in the past: it is named; of two the agent abstains and names it", async () => {
    const [one, two, stuck] = await at.trio();
    const old = { ...at.chain.block(50), timestamp: `0x${(at.chain.startSeconds - THREE_YEARS).toString(16)}` };
    stuck.deed = (method) => (method === "eth_getBlockByNumber" ? { result: old } : undefined);
    const followed = await at.follow([stuck, one, two]);
    await until(() => followed.height === 50 && followed.view(0).code === "CHAIN_PROVIDER_BEHIND");
    const pair = await at.follow([one, stuck]);
    await until(() => pair.code === "CHAIN_PROVIDER_BEHIND");
    expect(pair.detail).toContain(stuck.host);
  });

  it("all of them are three years in the past, or the own clock is wrong: a warning, once, and no ill health", async () => {
    for (const wallSeconds of [() => at.chain.startSeconds + THREE_YEARS, () => 1_000_000]) {
      const followed = await at.follow(await at.trio(), {}, { wallSeconds });
      await until(() => followed.height === 50);
      at.chain.finalised += 10;
      await until(() => followed.height === at.chain.finalised);
      at.chain.finalised = 50;
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
    at.chain.finalised = 400;
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    let refused = 0;
    only.deed = (method, params) => {
      if (method !== "eth_getLogs" || blocksAsked(params) <= 10) return undefined;
      refused++;
      return { error: { code: -32_602, message: "up to a 10 block range" } };
    };
    const followed = await at.follow([only]);
    await until(() => followed.height === 400);
    expect(followed.health).toEqual([{ healthy: true }]);
    expect(followed.logged.filter(({ level }) => level === "warn")).toEqual([]);
    const found = refused;
    expect(found).toBeLessThan(12);
    at.chain.finalised = 800;
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
    at.chain.finalised = 300;
    at.chain.deposit(...Array.from({ length: 300 }, (_, i) => i + 1));
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    let allowed = 60;
    const refill = setInterval(() => {
      allowed = 60;
    }, 60);
    at.stopAfter(() => clearInterval(refill));
    const told: unknown[] = [];
    only.deed = (method, [tag]) => {
      if (allowed-- <= 0) return { status: 429, headers: { "retry-after": "0" }, body: "20 a second" };
      if (method === "eth_getBlockByNumber" && tag !== "finalized") told.push(tag);
      return undefined;
    };
    const followed = await at.follow([only], { chunkBlocks: 300 });
    await until(() => followed.height === 300);
    expect(followed.deposits).toHaveLength(300);
    // Each block is told once: what was told is not asked again but for the ends of ranges, where attempts failed.
    const again = new Set(told.filter((number, i) => told.indexOf(number) < i));
    expect(again.size).toBeLessThan(20);
    expect(told.length).toBeLessThan(400);
  });

  it("more logs than a range may have are refused, and smaller ranges asked for", async () => {
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    only.deed = (method, params) =>
      method === "eth_getLogs" && blocksAsked(params) > 20
        ? { result: Array.from({ length: LOGS_MAX + 1 }, () => 0) }
        : undefined;
    const followed = await at.follow([only]);
    await until(() => followed.height === 50);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("a list of wrong things is refused at the first", async () => {
    const [only] = (await at.providers(1)) as [ScriptedProvider];
    only.deed = answering("eth_getLogs", { result: Array.from({ length: LOGS_MAX }, () => []) });
    const followed = await at.follow([only]);
    await until(() => followed.code === "CHAIN_PROVIDER_FAILED");
    expect(followed.detail.length).toBeLessThan(500);
  });
});
