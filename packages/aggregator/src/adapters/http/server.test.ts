import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAgentClient } from "@quorate/client";
import type { ClaimView } from "@quorate/common";
import { Counter, Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import {
  ALICE,
  BOB,
  COLLECTING,
  LARGE,
  NODE,
  PROOF,
  post,
  READY,
  refused,
  serve,
  servers,
  stopServers,
  testAgent,
} from "../../../test/support/httpServer.ts";
import { until } from "../../../test/support/until.ts";

afterEach(stopServers);

describe("a claim", () => {
  it("is asked for, and comes back with every amount exact", async () => {
    const agent = testAgent();
    const client = createAgentClient({ url: await serve(agent) });
    expect(await client.requestClaim(ALICE)).toEqual(COLLECTING);
    expect(await client.requestClaim(ALICE, 3)).toEqual(COLLECTING);
    expect(await client.claim(ALICE)).toEqual(COLLECTING);
    expect(agent.asked).toEqual([
      [ALICE, null],
      [ALICE, 3],
    ]);
  });

  it("travels with decimal strings, never with numbers that lose digits", async () => {
    const response = await fetch(`${await serve()}/v1/claims`, post(JSON.stringify({ recipient: ALICE })));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      amount: LARGE.toString(),
      disagreements: [{ nodeId: 2, amount: "7" }],
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("an address in EIP-55 mixed case is the same address", async () => {
    const agent = testAgent();
    const mixed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    await createAgentClient({ url: await serve(agent) }).requestClaim(mixed);
    expect(agent.asked[0]?.[0]).toBe(mixed.toLowerCase());
  });

  it("error: the core's refusal comes through with code, values and remedy", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    agent.reply = { ok: false, refusal: { code: "EPOCH_TOO_OLD", values: { epoch: 1, oldest: 4 } } };
    const answer = await refused(`${url}/v1/claims`, post(JSON.stringify({ recipient: ALICE, epoch: 1 })));
    expect(answer).toMatchObject({ status: 409, code: "EPOCH_TOO_OLD", values: { epoch: 1, oldest: 4 } });
    await expect(createAgentClient({ url }).requestClaim(ALICE)).rejects.toMatchObject({
      code: "EPOCH_TOO_OLD",
      values: { oldest: 4 },
    });
    agent.reply = { ok: false, refusal: { code: "BUDGET_EXCEEDED", values: {} } };
    expect(await refused(`${url}/v1/claims`, post(JSON.stringify({ recipient: ALICE })))).toMatchObject({
      status: 429,
    });
  });

  it("error: nobody asked for it here", async () => {
    const url = await serve();
    expect(await refused(`${url}/v1/claims/${BOB}`)).toMatchObject({ status: 404, code: "CLAIM_NOT_FOUND" });
    expect(await refused(`${url}/v1/claims/${BOB}/events`)).toMatchObject({ status: 404, code: "CLAIM_NOT_FOUND" });
    expect(await refused(`${url}/v1/bundles/${BOB}?epoch=3`)).toMatchObject({
      status: 404,
      code: "BUNDLE_NOT_FOUND",
      values: { epoch: 3 },
    });
  });
});

describe("progress", () => {
  it("streams the claim now, then each change, and ends when it is ready", async () => {
    const agent = testAgent();
    const client = createAgentClient({ url: await serve(agent) });
    const seen: ClaimView[] = [];
    for await (const claim of client.watchClaim(ALICE, 3)) {
      seen.push(claim);
      if (seen.length === 1) for (const watcher of agent.watchers) watcher({ ...COLLECTING, signedBps: 6_666 });
      if (seen.length === 2) for (const watcher of agent.watchers) watcher(READY);
    }
    expect(seen.map((claim) => claim.signedBps)).toEqual([3_333, 6_666, 10_000]);
    expect(seen.at(-1)).toEqual(READY);
    expect(agent.watchers.size).toBe(0);
  });

  it("ends at once for a claim that has failed", async () => {
    const agent = testAgent();
    agent.stored = { ...COLLECTING, status: "failed" };
    const watch = createAgentClient({ url: await serve(agent) }).watchClaim(ALICE, 3);
    expect((await watch.next()).value).toMatchObject({ status: "failed" });
    expect((await watch.next()).done).toBe(true);
  });

  it("a burst of changes costs a few events, the last one never lost", async () => {
    const agent = testAgent();
    const client = createAgentClient({ url: await serve(agent) });
    const seen: number[] = [];
    for await (const claim of client.watchClaim(ALICE, 3)) {
      seen.push(claim.signedBps);
      for (const watcher of agent.watchers) {
        if (seen.length === 1) for (let bps = 1; bps <= 500; bps++) watcher({ ...COLLECTING, signedBps: bps });
        if (claim.signedBps === 500) watcher(READY);
      }
    }
    expect(seen).toEqual([3_333, 500, 10_000]);
  });

  it("shows signs of life while nothing changes, and forgets a watcher that leaves", async () => {
    const agent = testAgent();
    const url = await serve(agent, { heartbeatMs: 20 });
    const abort = new AbortController();
    const response = await fetch(`${url}/v1/claims/${ALICE}/events`, { signal: abort.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(": alive")) break;
    }
    abort.abort();
    await until(() => agent.watchers.size === 0);
  });

  it("error: more watchers than there are places, in all and for one client", async () => {
    for (const options of [{ maxClaimWatchers: 2 }, { maxClaimWatchersPerClient: 2 }]) {
      const agent = testAgent();
      const url = await serve(agent, options);
      const abort = new AbortController();
      const open = () => fetch(`${url}/v1/claims/${ALICE}/events`, { signal: abort.signal });
      await Promise.all([open(), open()]);
      const answer = await refused(`${url}/v1/claims/${ALICE}/events`);
      expect(answer).toMatchObject({ status: 503, code: "WATCHERS_EXCEEDED", values: { watchers: 2 } });
      abort.abort();
      await until(() => agent.watchers.size === 0);
      const again = new AbortController();
      expect((await fetch(`${url}/v1/claims/${ALICE}/events`, { signal: again.signal })).status).toBe(200);
      again.abort();
    }
  });

  it("behaviour: the agent restarts while a staker watches", async () => {
    const agent = testAgent();
    const port = Number(new URL(await serve(agent)).port);
    const seen: string[] = [];
    for await (const claim of createAgentClient({ url: `http://127.0.0.1:${port}` }).watchClaim(ALICE, 3)) {
      seen.push(claim.status);
      if (seen.length > 1) continue;
      await servers.splice(0)[0]?.stop();
      agent.stored = READY;
      await serve(agent, { port });
    }
    expect(seen).toEqual(["collecting", "ready"]);
  });
});

describe("reads", () => {
  it("status, nodes, rewards and bundle", async () => {
    const client = createAgentClient({ url: await serve() });
    expect(await client.status()).toMatchObject({
      network: { chainId: "31337", contract: BOB },
      activeStake: 3n * LARGE,
      chain: { healthy: true },
      peerId: "12D3",
    });
    expect(await client.nodes()).toEqual([
      { ...NODE, blsKey: `0x${"01".repeat(96)}`, uptime: "PPM", unlocksAt: null, own: true },
    ]);
    expect(await client.rewards(ALICE)).toEqual({ recipient: ALICE, epoch: 3, amount: LARGE });
    expect(await client.bundle(ALICE)).toEqual(READY.bundle);
    await expect(client.rewards(BOB)).rejects.toMatchObject({ code: "EPOCH_NOT_CLOSED" });
    expect(await client.proof(ALICE)).toEqual(PROOF);
    await expect(client.proof(BOB)).rejects.toMatchObject({ code: "PROOF_NOT_FOUND" });
  });

  it("the node set comes in pages too, by id, each saying where the next begins", async () => {
    const agent = testAgent();
    const client = createAgentClient({ url: await serve(agent) });
    agent.nodeIds = [1, 2, 5, 9];
    const page = async (from: number, count: number) => {
      const { nodes, next } = await client.nodesPage(from, count);
      return [nodes.map(({ id }) => id), next];
    };
    expect(await page(1, 2)).toEqual([[1, 2], 5]);
    expect(await page(3, 2)).toEqual([[5, 9], null]);
    expect(await page(10, 2)).toEqual([[], null]);
    await expect(page(1, 257)).rejects.toMatchObject({ code: "REQUEST_MALFORMED" });
  });

  it("alive and ready are two answers, and not ready says why", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    expect(await createAgentClient({ url }).ready()).toEqual({ ready: true, reasons: [], causes: [] });
    agent.reasons = ["chain: CHAIN_PROVIDER_FAILED"];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await createAgentClient({ url }).ready()).toEqual({
      ready: false,
      reasons: ["chain: CHAIN_PROVIDER_FAILED"],
      causes: [],
    });
  });

  it("metrics are served when there is a registry", async () => {
    const registry = new Registry();
    new Counter({ name: "quorate_test_total", help: "A test", registers: [registry] }).inc(3);
    const response = await fetch(`${await serve(testAgent(), {}, registry)}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(await response.text()).toContain("quorate_test_total 3");
    expect(await refused(`${await serve()}/metrics`)).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND" });
  });
});

describe("the client", () => {
  it("error: nobody answers", async () => {
    const client = createAgentClient({ url: "http://127.0.0.1:1" });
    await expect(client.status()).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
  });

  it("error: something else answers", async () => {
    const url = await serve();
    // An agent's own path, but another answer than the one asked for.
    await expect(createAgentClient({ url: `${url}/healthz?` }).status()).rejects.toMatchObject({
      code: "AGENT_ANSWER_INVALID",
    });
  });

  it.each(["0x12", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"])(
    "error: AGENT_ANSWER_INVALID for %s where an address belongs, not the code for who asked with one",
    async (recipient) => {
      const liar = createServer((_request, response) =>
        response.end(JSON.stringify({ recipient, epoch: 3, amount: "1" })),
      );
      await once(liar.listen(0, "127.0.0.1"), "listening");
      const client = createAgentClient({ url: `http://127.0.0.1:${(liar.address() as AddressInfo).port}` });
      await expect(client.rewards(ALICE)).rejects.toMatchObject({ code: "AGENT_ANSWER_INVALID" });
      liar.closeAllConnections();
      liar.close();
    },
  );

  it("gives up watching when told to", async () => {
    const agent = testAgent();
    const client = createAgentClient({ url: await serve(agent) });
    const abort = new AbortController();
    const watch = client.watchClaim(ALICE, 3, abort.signal);
    expect((await watch.next()).value).toEqual(COLLECTING);
    abort.abort();
    await expect(watch.next()).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    await until(() => agent.watchers.size === 0);
  });
});
