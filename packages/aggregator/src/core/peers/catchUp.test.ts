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
import { CATCH_UP_IDLE_MS, CATCH_UP_SETTLED_MS, TICK_MS } from "../limits.ts";

type Agent = Awaited<ReturnType<typeof boot>>;

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

  it("while the chain is unhealthy abstains and still forwards, and signs afterwards (P-57, P-73)", async () => {
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
    expect(published(effects).map((data) => decodeGossip(data).type)).toEqual(["request", "shares"]);
    expect(late.core.status().sharesAccepted).toBe(10);
    // Only once: whoever knows it already passes nothing on.
    expect(published(await late.feed(answered))).toEqual([]);
  });

  it("behaviour: a request that a partition kept from others is passed on by the first who catches up", async () => {
    const late = await boot(12);
    const request = makeRequest(node(3), STAKER, 2);
    const answered = encodeCatchUpResponse({ requests: [request], shares: [], partials: [], differs: false });
    const effects = await late.feed({ type: "catch-up-answered", from: node(1).identityKey, data: answered });
    expect(published(effects)[0]).toEqual(requestBytes(request));
    const other = await boot(13);
    expect((await other.gossip(requestBytes(request))).verdict).toBe("accept");
    // What came by gossip is forwarded by gossip: nothing but the own share is published.
    expect(published(other.effects).map((data) => decodeGossip(data).type)).toEqual(["shares"]);
  });

  it("shares of rounds that nobody asked for are not handed out: all would send them again and again", async () => {
    const agent = await boot(1);
    const nobodys = { recipient: node(9).beneficiary, epoch: 2, amount: 5n };
    await agent.gossip(shareBytes(makeShare(node(7), nobodys)));
    await agent.gossip(shareBytes(makeShare(node(8), { recipient: STAKER, epoch: 2, amount })));
    const data = encodeCatchUpRequest({ rounds: [], onlyNamed: false, rest: null });
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

  it("P-87: a flood of rounds does not drown what a staker here waits for, nor what the asker names", async () => {
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

    const asked = {
      kind: "RewardClaim",
      epoch: 0,
      subject: STAKER,
      signers: Signers.empty,
      needless: false,
      singles: false,
    } as const;
    const data = encodeCatchUpRequest({ rounds: [asked], onlyNamed: false, rest: null });
    const effects = await agent.feed({ type: "catch-up-asked", handle: 1, from: node(2).identityKey, data });
    const reply = effects.find(({ type }) => type === "catch-up-reply");
    const answer = reply?.type === "catch-up-reply" ? decodeCatchUpResponse(reply.data) : null;
    expect(answer?.shares[0]).toMatchObject({ nodeId: 1, epoch: 0, message: { recipient: STAKER } });
    expect(answer?.requests.slice(0, 2)).toContainEqual(makeRequest(node(4), node(20).beneficiary, 0));
  });

  describe("settled rounds are compared by one sum (P-157)", () => {
    /** What an agent asks at its next exchange. */
    async function asks(agent: Agent, atMs: number) {
      const ask = (await agent.tickAt(atMs)).find((effect) => effect.type === "catch-up-ask");
      return ask?.type === "catch-up-ask" ? { data: ask.data, ...decodeCatchUpRequest(ask.data) } : null;
    }
    async function answers(agent: Agent, data: Uint8Array) {
      const asked = { type: "catch-up-asked", handle: 1, from: node(12).identityKey, data } as const;
      const reply = (await agent.feed(asked)).find(({ type }) => type === "catch-up-reply");
      if (reply?.type !== "catch-up-reply") throw new Error("a catch-up request always gets an answer");
      return { data: reply.data, ...decodeCatchUpResponse(reply.data) };
    }
    /** Two agents that hold the same request and shares, and have looked at them twenty seconds ago. */
    async function settledPair() {
      const pair = [await boot(1), await boot(12)] as const;
      for (const agent of pair) {
        await agent.feed({ type: "peers", connected: [node(agent === pair[0] ? 12 : 1).identityKey] });
        await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 2)));
        for (const id of [1, 2, 3, 12]) {
          await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
        }
        await asks(agent, 20_000);
      }
      return { answerer: pair[0], asker: pair[1] };
    }

    it("names them while they are new, and then only sums them up", async () => {
      const agent = await boot(12);
      await agent.feed({ type: "peers", connected: [node(1).identityKey] });
      await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 2)));
      const early = await asks(agent, 20_000);
      expect(early?.rounds.map(({ subject }) => subject)).toContain(STAKER);
      expect(early?.rest).toBeNull();
      const late = await asks(agent, 20_000 + CATCH_UP_SETTLED_MS);
      expect(late?.rounds).toEqual([]);
      expect(late?.rest).not.toBeNull();
      // A change makes it new again.
      await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount })));
      const changed = await asks(agent, 20_000 + 2 * CATCH_UP_SETTLED_MS);
      expect(changed?.rounds.map(({ subject, signers }) => [subject, signers.has(7)])).toContainEqual([STAKER, true]);
    });

    it("who knows the same answers nothing, whatever it has looked at", async () => {
      const { answerer, asker } = await settledPair();
      const asked = await asks(asker, 20_000 + CATCH_UP_SETTLED_MS);
      expect(asked?.rounds).toEqual([]);
      const answer = await answers(answerer, asked?.data as Uint8Array);
      expect(answer).toMatchObject({ requests: [], shares: [], partials: [], differs: false });
      expect(answer.data).toHaveLength(0);
    });

    it("what is new at the answerer alone is given at once", async () => {
      const { answerer, asker } = await settledPair();
      await answerer.tickAt(20_000 + CATCH_UP_SETTLED_MS);
      const other = node(9).beneficiary;
      await answerer.gossip(requestBytes(makeRequest(node(4), other, 2)));
      const asked = await asks(asker, 20_000 + CATCH_UP_SETTLED_MS);
      const answer = await answers(answerer, asked?.data as Uint8Array);
      expect(answer.requests).toEqual([makeRequest(node(4), other, 2)]);
      expect(answer.differs).toBe(false);
    });

    it("a share that one of them lacks makes the sums differ: all is named, and the share is given", async () => {
      const { answerer, asker } = await settledPair();
      await answerer.gossip(shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount })));
      await answerer.tickAt(20_000 + CATCH_UP_SETTLED_MS);
      const asked = await asks(asker, 20_000 + CATCH_UP_SETTLED_MS);
      const answer = await answers(answerer, asked?.data as Uint8Array);
      expect(answer).toMatchObject({ shares: [], differs: true });
      await asker.feed({ type: "catch-up-answered", from: node(1).identityKey, data: answer.data });
      // At the next tick, long before the next exchange in turn.
      const again = await asks(asker, 20_000 + CATCH_UP_SETTLED_MS + TICK_MS);
      expect(again).toMatchObject({ rest: null, onlyNamed: false });
      expect(again?.rounds.map(({ subject }) => subject)).toContain(STAKER);
      const second = await answers(answerer, again?.data as Uint8Array);
      expect(second.shares.map(({ nodeId }) => nodeId)).toEqual([5]);
      expect(second.differs).toBe(false);
    });

    it("error: a peer that says each time that it differs is asked in full once an exchange, no more", async () => {
      const { asker } = await settledPair();
      const lie = encodeCatchUpResponse({ requests: [], shares: [], partials: [], differs: true });
      const answered = { type: "catch-up-answered", from: node(1).identityKey, data: lie } as const;
      const startMs = 20_000 + CATCH_UP_SETTLED_MS;
      let asked = 0;
      for (let nowMs = startMs; nowMs < startMs + 10 * CATCH_UP_IDLE_MS; nowMs += TICK_MS) {
        if ((await asks(asker, nowMs)) !== null) asked += 1;
        await asker.feed(answered);
        await asker.feed(answered);
      }
      expect(asked).toBe(20);
      // And whoever was asked nothing cannot make it ask.
      const stranger = { ...answered, from: node(7).identityKey };
      await asks(asker, startMs + 10 * CATCH_UP_IDLE_MS);
      await asker.feed(stranger);
      expect(await asks(asker, startMs + 10 * CATCH_UP_IDLE_MS + TICK_MS)).toBeNull();
    });

    it("a restarted agent that has a round without its request gets the request again", async () => {
      const { answerer } = await settledPair();
      const restarted = await boot(7);
      await restarted.feed({ type: "peers", connected: [node(1).identityKey] });
      await restarted.gossip(shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount })));
      const startMs = 20_000 + CATCH_UP_SETTLED_MS;
      await asks(restarted, 20_000);
      await answerer.tickAt(startMs);
      const first = await answers(answerer, (await asks(restarted, startMs))?.data as Uint8Array);
      expect(first).toMatchObject({ requests: [], differs: true });
      await restarted.feed({ type: "catch-up-answered", from: node(1).identityKey, data: first.data });
      const asked = await asks(restarted, startMs + TICK_MS);
      const { requests } = await answers(answerer, asked?.data as Uint8Array);
      expect(requests).toEqual([makeRequest(node(3), STAKER, 2)]);
    });
  });

  it("behaviour: with half of the peers silent, an idle agent is answered well within a deadline", async () => {
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
