import {
  decodeCatchUpRequest,
  decodeCatchUpResponse,
  decodeGossip,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  Signers,
} from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import {
  headAfter,
  makeRequest,
  makeShare,
  published,
  requestBytes,
  shareBytes,
} from "../../../test/support/cluster.ts";
import { boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";

/** What every agent's ledger says the staker is owed at the close of epoch 2. */
let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

describe("an agent that is behind", () => {
  it("holds request and shares of an epoch it has not closed, then signs and counts them (P-72)", async () => {
    const agent = await boot(1, 2);
    const share = shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount }));
    expect((await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 2)))).verdict).toBe("accept");
    expect((await agent.gossip(share)).verdict).toBe("accept");
    expect(published(agent.effects)).toEqual([]);
    const effects = await agent.feed({ type: "chain", events: [], head: headAfter(3) });
    expect(published(effects)).toHaveLength(1);
    await agent.ask(STAKER, 2);
    expect(agent.claim(STAKER, 2)?.signers).toEqual([1, 7]);
    expect(agent.effects.some(({ type }) => type === "blame")).toBe(false);
  });

  it("abstains while the chain is unhealthy, still forwards, and signs when it is healthy again (P-57, P-73)", async () => {
    const agent = await boot(2);
    await agent.feed({
      type: "chain-health",
      health: { healthy: false, code: "CHAIN_PROVIDERS_DISAGREE", detail: "block 9" },
    });
    expect((await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 2)))).verdict).toBe("accept");
    expect((await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount })))).verdict).toBe(
      "accept",
    );
    expect(published(agent.effects)).toEqual([]);
    const { reply } = await agent.ask(STAKER);
    expect(reply.ok ? "" : reply.refusal.code).toBe("CHAIN_UNHEALTHY");
    expect(published(await agent.feed({ type: "chain-health", health: { healthy: true } }))).toHaveLength(1);
  });
});

describe("catch-up (P-87)", () => {
  it("gives a late agent the request and every share it lacks, and it signs", async () => {
    const early = await boot(1);
    await early.ask(STAKER);
    for (let id = 2; id <= 10; id++)
      await early.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    const late = await boot(12);
    await late.feed({ type: "peers", connected: [node(1).identityKey] });
    const ask = (await late.tickAt(20_000)).find((effect) => effect.type === "catch-up-ask");
    if (ask?.type !== "catch-up-ask") throw new Error("the late agent asks");
    const reply = (
      await early.feed({ type: "catch-up-asked", handle: 1, from: node(12).identityKey, data: ask.data })
    ).find(({ type }) => type === "catch-up-reply");
    if (reply?.type !== "catch-up-reply") throw new Error("the early agent answers");
    const answered = { type: "catch-up-answered", from: node(1).identityKey, data: reply.data } as const;
    const effects = await late.feed(answered);
    expect(published(effects).map((data) => decodeGossip(data).type)).toEqual(["request", "share"]);
    expect(late.core.status().sharesAccepted).toBe(10);
    // Only once: whoever knows it already passes nothing on.
    expect(published(await late.feed(answered))).toEqual([]);
  });

  it("behaviour: a request that a partition kept from the others is passed on by the first who catches up", async () => {
    const late = await boot(12);
    const request = makeRequest(node(3), STAKER, 2);
    const answered = encodeCatchUpResponse({ requests: [request], shares: [], partials: [] });
    const effects = await late.feed({ type: "catch-up-answered", from: node(1).identityKey, data: answered });
    expect(published(effects)[0]).toEqual(requestBytes(request));
    const other = await boot(13);
    expect((await other.gossip(requestBytes(request))).verdict).toBe("accept");
    // What came by gossip is forwarded by gossip: nothing but the own share is published.
    expect(published(other.effects).map((data) => decodeGossip(data).type)).toEqual(["share"]);
  });

  it("shares of rounds that nobody asked for are not handed out: one node could make all others send them again and again", async () => {
    const agent = await boot(1);
    const nobodys = { recipient: node(9).beneficiary, epoch: 2, amount: 5n };
    await agent.gossip(shareBytes(makeShare(node(7), nobodys)));
    await agent.gossip(shareBytes(makeShare(node(8), { recipient: STAKER, epoch: 2, amount })));
    const data = encodeCatchUpRequest({ rounds: [], onlyNamed: false });
    const ask = { type: "catch-up-asked", handle: 1, from: node(12).identityKey, data } as const;
    const answered = async () => {
      const reply = (await agent.feed(ask)).find(({ type }) => type === "catch-up-reply");
      if (reply?.type !== "catch-up-reply") throw new Error("a catch-up request always gets an answer");
      return decodeCatchUpResponse(reply.data).shares.map(({ nodeId }) => nodeId);
    };
    expect(await answered()).toEqual([]);
    await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 2)));
    expect(await answered()).toEqual([8, 1]);
  });

  it("P-87: one node's flood of rounds does not drown what a staker here waits for, nor what the asker names", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER, 0);
    for (const epoch of [1, 2]) {
      for (let id = 1; id <= 20; id++) {
        await agent.gossip(requestBytes(makeRequest(node(9), node(id).beneficiary, epoch)));
      }
    }
    await agent.gossip(requestBytes(makeRequest(node(4), node(20).beneficiary, 0)));
    await agent.feed({ type: "peers", connected: [node(2).identityKey] });
    const ask = (await agent.tickAt(1_000)).find((effect) => effect.type === "catch-up-ask");
    const named = ask?.type === "catch-up-ask" ? decodeCatchUpRequest(ask.data).rounds : [];
    const claims = named.filter(({ kind }) => kind === "RewardClaim");
    expect(claims[0]).toMatchObject({ epoch: 0, subject: STAKER });
    expect(claims.slice(1, 3)).toContainEqual(expect.objectContaining({ epoch: 0, subject: node(20).beneficiary }));

    const asked = { kind: "RewardClaim", epoch: 0, subject: STAKER, signers: Signers.empty, needless: false } as const;
    const data = encodeCatchUpRequest({ rounds: [asked], onlyNamed: false });
    const effects = await agent.feed({ type: "catch-up-asked", handle: 1, from: node(2).identityKey, data });
    const reply = effects.find(({ type }) => type === "catch-up-reply");
    const answer = reply?.type === "catch-up-reply" ? decodeCatchUpResponse(reply.data) : null;
    expect(answer?.shares[0]).toMatchObject({ nodeId: 1, epoch: 0, message: { recipient: STAKER } });
    expect(answer?.requests.slice(0, 2)).toContainEqual(makeRequest(node(4), node(20).beneficiary, 0));
  });

  it("behaviour: with half of the peers silent, an idle agent is still answered well within a claim's deadline", async () => {
    const agent = await boot(12);
    const peers = Array.from({ length: 10 }, (_, i) => node(i + 1).identityKey);
    await agent.feed({ type: "peers", connected: peers });
    const asked = new Set<string>();
    for (let nowMs = 0; nowMs <= 15_000; nowMs += 250) {
      for (const effect of await agent.tickAt(nowMs)) if (effect.type === "catch-up-ask") asked.add(effect.peer);
    }
    // Half of the 30 s asks every one of ten peers, so no five silent ones stand in the way.
    expect([...asked].sort()).toEqual([...peers].sort());
  });

  it("error: garbage from a peer is blamed and answered with nothing", async () => {
    const agent = await boot(1);
    const effects = await agent.feed({
      type: "catch-up-asked",
      handle: 5,
      from: node(3).identityKey,
      data: new Uint8Array([1, 2, 3]),
    });
    expect(effects).toContainEqual({ type: "catch-up-reply", handle: 5, data: new Uint8Array() });
    expect(effects.some(({ type }) => type === "blame")).toBe(true);
    const answered = await agent.feed({
      type: "catch-up-answered",
      from: node(3).identityKey,
      data: new Uint8Array([255]),
    });
    expect(answered.some(({ type }) => type === "blame")).toBe(true);
  });
});
