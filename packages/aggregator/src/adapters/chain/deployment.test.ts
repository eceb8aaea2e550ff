/** P-66 and P-67: whether a provider serves the deployment that is configured, and all of its events. */
import { describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import type { ScriptedProvider } from "./testing/scriptedChain.ts";
import { Situation } from "./testing/situation.ts";

const at = new Situation();

describe("P-66: a provider serves the configured deployment", () => {
  it("chain.pool is another contract: both addresses are named", async () => {
    at.chain.pool = `0x${"ab".repeat(20)}`;
    const followed = await at.follow(await at.providers(1));
    await until(() => followed.code === "CHAIN_WRONG_POOL");
    expect(followed.detail).toMatch(/configured: 0xe2e2.*found: 0xabab/);
    expect(followed.heads).toEqual([]);
  });

  it("chain.deployBlock is above the deployment: the field is named, nothing is read", async () => {
    at.chain.deployedAt = 5;
    const followed = await at.follow(await at.providers(1), { deployBlock: 15 });
    await until(() => followed.code === "CHAIN_DEPLOY_BLOCK_TOO_HIGH");
    expect(followed.detail).toMatch(/deployBlock: 15, presentAt: 14/);
    expect(followed.heads).toEqual([]);
    const right = await at.follow(await at.providers(1), { deployBlock: 5 });
    await until(() => right.height === 50 && right.code === "healthy");
  });

  it("a provider without the state of back then cannot tell, and is believed otherwise", async () => {
    const all = await at.providers(1);
    const [only] = all as [ScriptedProvider];
    only.deed = (method, [, tag]) =>
      method === "eth_getCode" && tag !== "latest"
        ? { error: { code: -32_000, message: "missing trie node" } }
        : undefined;
    const followed = await at.follow(all, { deployBlock: 15 });
    await until(() => followed.height === 50 && followed.code === "healthy");
  });
});

describe("P-67: the contract counts its nodes", () => {
  it("registrations that no event tells of, and nothing after them: the agent abstains, and goes on with the truth", async () => {
    at.chain.nextId = 3;
    const followed = await at.follow(await at.providers(1), {}, { registered: () => 0 });
    await until(() => followed.code === "CHAIN_EVENTS_MISSING");
    expect(followed.detail).toContain("nextIdOfContract: 3, nextIdByEvents: 1");
    expect(followed.heads).toEqual([]);
    at.chain.nextId = 1;
    await until(() => followed.code === "healthy");
  });

  it("where no provider has the state, and where one of three lies about it, the events count", async () => {
    const [one, two, liar] = await at.trio();
    at.chain.nextId = 1;
    const wrong = `0x${"9".padStart(64, "0")}`;
    liar.deed = (method, [, tag]) => (method === "eth_call" && tag !== "latest" ? { result: wrong } : undefined);
    const followed = await at.follow([one, two, liar], {}, { registered: () => 0 });
    await until(() => followed.height === 50);
    at.chain.nextId = null;
    at.chain.finalised = 60;
    await until(() => followed.height === 60);
    expect(followed.health).toEqual([{ healthy: true }]);
  });

  it("one that is silent about the count holds up nobody", async () => {
    const [one, two, third] = await at.trio();
    at.chain.nextId = 1;
    third.deed = (method, [, tag]) => (method === "eth_call" && tag !== "latest" ? "silence" : undefined);
    const followed = await at.follow([third, one, two], { timeoutMs: 600_000 }, { registered: () => 0 });
    await until(() => followed.height === 50);
    at.chain.finalised = 60;
    await until(() => followed.height === 60);
    expect(followed.health).toEqual([{ healthy: true }]);
  });
});
