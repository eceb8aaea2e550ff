import {
  type Address,
  decodeInquiryResponse,
  encodeCatchUpResponse,
  encodeGossip,
  encodeInquiryRequest,
  type Share,
} from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import {
  headAfter,
  makeRequest,
  makeShare,
  requestBytes,
  shareBytes,
  signedFor,
  TestAgent,
} from "../../../test/support/cluster.ts";
import { ALL, boot, node, owedToStaker, PENDING, STAKER } from "../../../test/support/twenty.ts";
import type { Effect, PeerKey } from "../io.ts";
import {
  OFFERED_MESSAGES_MAX,
  OTHERS_PER_NODE_MAX,
  ROUND_INTERVAL_MIN_MS,
  ROUNDS_AT_ONCE_MIN,
  SILENCING_BLAMES,
  UNWANTED_ROUNDS_PER_NODE_MAX,
} from "../limits.ts";

const ENEMY: PeerKey = node(9).identityKey;
const HONEST: PeerKey = node(3).identityKey;

let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

const blamed = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === "blame" ? [effect.peer] : []));

/** The requests of one node for the beneficiaries of others in an epoch. */
async function flood(
  agent: TestAgent,
  of: number,
  epochs: readonly number[],
  last = 19,
  first = 1,
): Promise<Address[]> {
  const before = agent.effects.length;
  for (const epoch of epochs) {
    for (let id = first; id <= last; id++) {
      const data = requestBytes(makeRequest(node(of), node(id).beneficiary, epoch));
      expect(await agent.gossip(data, ENEMY)).toMatchObject({ verdict: "accept" });
    }
  }
  return signedFor(agent.effects.slice(before));
}

describe("one node asks for everything at once (P-77)", () => {
  it("P-77: few of its rounds are signed at a time; another node's request is signed at once", async () => {
    const agent = await boot(2);
    expect(await flood(agent, 9, [2])).toHaveLength(ROUNDS_AT_ONCE_MIN - 1);
    const before = agent.effects.length;
    await agent.gossip(requestBytes(makeRequest(node(4), PENDING.beneficiary, 2)), HONEST);
    await agent.gossip(requestBytes(makeRequest(node(4), node(20).beneficiary, 2)), HONEST);
    expect(signedFor(agent.effects.slice(before))).toEqual([node(20).beneficiary]);
  });

  it("P-77: a staker of this agent waits for nobody", async () => {
    const agent = await boot(2);
    await flood(agent, 9, [2]);
    expect(signedFor((await agent.ask(node(20).beneficiary)).effects)).toEqual([node(20).beneficiary]);
    // Nor does one whose round the flood has asked for before.
    expect(signedFor((await agent.ask(STAKER, 2)).effects)).toEqual([STAKER]);
  });

  it("P-77: who asks for others' rounds first does not keep them waiting when their own agents ask", async () => {
    const agent = await boot(2);
    await flood(agent, 9, [2]);
    const last = node(19).beneficiary;
    const before = agent.effects.length;
    await agent.gossip(requestBytes(makeRequest(node(4), last, 2)), HONEST);
    expect(signedFor(agent.effects.slice(before))).toEqual([last]);
  });

  it("P-77: nothing that waits is lost: all of it is signed in time, in turns of those who asked", async () => {
    const agent = await boot(2);
    await flood(agent, 9, [1, 2], 10);
    await flood(agent, 8, [1], 19, 11);
    const order: Address[] = [];
    for (let nowMs = 250; nowMs < 30_000; nowMs += 250) order.push(...signedFor(await agent.tickAt(nowMs)));
    const all = signedFor(agent.effects);
    expect(all.filter((recipient) => recipient === node(7).beneficiary)).toHaveLength(2);
    expect(all).toHaveLength(2 * 10 + 9);
    // Node 8 asked last, and for those above node 10: as long as both wait every other turn is its.
    const theirs = order.slice(0, 8).map((recipient) => Number(recipient) > 10);
    expect(theirs).toEqual([true, false, true, false, true, false, true, false].map((is) => is === theirs[0]));
  });

  it("P-77: a round that most have signed makes room for the next", async () => {
    const agent = await boot(2);
    const signed = await flood(agent, 9, [2]);
    expect(signed).toHaveLength(ROUNDS_AT_ONCE_MIN - 1);
    const first = signed[0] as Address;
    const owed = agent.core.owed(first)?.amount ?? 0n;
    const before = agent.effects.length;
    for (let id = 1; id <= 20; id++) {
      if (id !== 2) await agent.gossip(shareBytes(makeShare(node(id), { recipient: first, epoch: 2, amount: owed })));
    }
    // As early as the next may begin, and long before the first would make room by itself.
    await agent.tickAt(2 * ROUND_INTERVAL_MIN_MS);
    expect(signedFor(agent.effects.slice(before)).length).toBeGreaterThanOrEqual(1);
  });

  it("P-77: held requests wait for their epoch, and then for their turn; P-72", async () => {
    const agent = await boot(2);
    expect(await flood(agent, 9, [3])).toEqual([]);
    const closing = await agent.feed({ type: "chain", events: [], head: headAfter(4) });
    expect(signedFor(closing)).toHaveLength(ROUNDS_AT_ONCE_MIN - 1);
    const effects: Effect[] = [];
    for (let nowMs = 250; nowMs < 20_000; nowMs += 250) effects.push(...(await agent.tickAt(nowMs)));
    expect(signedFor(effects)).toHaveLength(19 - (ROUNDS_AT_ONCE_MIN - 1));
  });

  it("P-77: who inquires about a round that waits is told so (P-89)", async () => {
    const agent = await boot(2);
    await flood(agent, 9, [2]);
    const data = encodeInquiryRequest(makeRequest(node(9), node(19).beneficiary, 2));
    const effects = await agent.feed({ type: "inquiry-asked", handle: 7, from: ENEMY, data });
    const reply = effects.find(({ type }) => type === "inquiry-reply");
    expect(reply?.type === "inquiry-reply" && decodeInquiryResponse(reply.data)).toMatchObject({
      type: "reason",
      reason: { code: "SHARE_WAITS_TURN" },
    });
  });
});

describe("5,000 requests with bad identity signatures (P-79)", () => {
  it("P-79: ten are checked; then nothing of their sender is looked at, and one line tells of it", async () => {
    const agent = await boot(2);
    const good = makeRequest(node(9), STAKER, 2);
    const verdicts = new Map<string, number>();
    for (let i = 0; i < 5_000; i++) {
      const identitySignature = good.identitySignature.slice();
      new DataView(identitySignature.buffer).setUint32(0, i);
      const data = encodeGossip({ type: "request", request: { ...good, identitySignature } });
      const { code } = await agent.gossip(data, ENEMY);
      verdicts.set(code, (verdicts.get(code) ?? 0) + 1);
    }
    expect([...verdicts]).toEqual([
      ["IDENTITY_BAD_SIGNATURE", SILENCING_BLAMES],
      ["PEER_SILENCED", 5_000 - SILENCING_BLAMES],
    ]);
    const warnings = agent.effects.filter((effect) => effect.type === "observe" && effect.level === "warn");
    expect(warnings).toHaveLength(SILENCING_BLAMES + 1);
    // Others bring what it said well.
    expect(await agent.gossip(requestBytes(good), HONEST)).toMatchObject({ verdict: "accept" });
  });

  it("P-79: a silenced peer gets empty answers, and what it answers is not read", async () => {
    const agent = await boot(2);
    for (let i = 0; i < SILENCING_BLAMES; i++) await agent.gossip(new Uint8Array([i, 1]), ENEMY);
    const data = encodeInquiryRequest(makeRequest(node(9), STAKER, 2));
    const asked = await agent.feed({ type: "inquiry-asked", handle: 1, from: ENEMY, data });
    expect(asked).toEqual([{ type: "inquiry-reply", handle: 1, data: new Uint8Array() }]);
    const shares = [makeShare(node(5), { recipient: STAKER, epoch: 2, amount })];
    const answered = encodeCatchUpResponse({ requests: [], shares, partials: [], differs: false });
    expect(await agent.feed({ type: "catch-up-answered", from: ENEMY, data: answered })).toEqual([]);
  });
});

describe("8,000 valid shares of one node over other amounts (P-97)", () => {
  it("P-97: a few are checked, their sender is blamed for more and silenced; others' shares come through", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    const codes = new Map<string, number>();
    // The signature need not be right: what is too much is not looked at.
    const junk = makeShare(node(9), { recipient: STAKER, epoch: 2, amount: 1n }).signature;
    for (let i = 1; i <= 8_000; i++) {
      const share = { recipient: STAKER, epoch: 2, amount: amount + BigInt(i) };
      const signed =
        i <= OTHERS_PER_NODE_MAX ? makeShare(node(9), share) : makeShare(node(9), { ...share, signature: junk });
      const { code } = await agent.gossip(shareBytes(signed), ENEMY);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const ignored = OFFERED_MESSAGES_MAX - OTHERS_PER_NODE_MAX;
    expect([...codes]).toEqual([
      ["OK", OTHERS_PER_NODE_MAX],
      ["SHARE_TOO_MANY_MESSAGES", ignored + SILENCING_BLAMES],
      ["PEER_SILENCED", 8_000 - OFFERED_MESSAGES_MAX - SILENCING_BLAMES],
    ]);
    expect(new Set(blamed(agent.effects))).toEqual(new Set([ENEMY]));
    const honest = shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount }));
    expect(await agent.gossip(honest, HONEST)).toMatchObject({ verdict: "accept" });
    expect(agent.claim(STAKER)?.signers).toEqual([1, 7]);
  });

  it("P-79: an honest agent that forwards what it took of them is not blamed, not even after a restart", async () => {
    const receiver = await boot(1);
    for (const life of [0, 1]) {
      const forwarder = await boot(3);
      for (let i = 0; i < 20; i++) {
        const share = makeShare(node(9), { recipient: STAKER, epoch: 2, amount: amount + BigInt(100 * life + i) });
        const { verdict } = await forwarder.gossip(shareBytes(share), node(10 + (i % 8)).identityKey);
        if (verdict === "accept") await receiver.gossip(shareBytes(share), HONEST);
      }
    }
    expect(blamed(receiver.effects)).toEqual([]);
  });

  it("P-97: the same few messages again and again, in gossip and in catch-up, are no offers of others", async () => {
    const agent = await boot(1);
    const shares: Share[] = [1n, 2n, 3n].map((more) =>
      makeShare(node(9), { recipient: STAKER, epoch: 2, amount: amount + more }),
    );
    for (let i = 0; i < 50; i++) {
      await agent.feed({
        type: "catch-up-answered",
        from: HONEST,
        data: encodeCatchUpResponse({ requests: [], shares, partials: [], differs: false }),
      });
      for (const share of shares) await agent.gossip(shareBytes(share), HONEST);
    }
    expect(blamed(agent.effects)).toEqual([]);
  });
});

describe("valid shares of one node for thousands of rounds that nobody asked for (P-97)", () => {
  it("P-97: no more wait than may be opened; the rest is ignored before it is checked", async () => {
    const { core } = await boot(1);
    const codes = new Map<string, number>();
    const count = (effects: readonly Effect[]) => {
      for (const effect of effects) {
        if (effect.type === "verdict") codes.set(effect.code, (codes.get(effect.code) ?? 0) + 1);
      }
      return effects;
    };
    const { signature } = makeShare(node(9), { recipient: STAKER, epoch: 2, amount });
    for (let i = 0; i < 1_000; i++) {
      const recipient: Address = `0x${(9_000 + i).toString(16).padStart(40, "0")}`;
      const data = shareBytes(makeShare(node(9), { recipient, epoch: 2, amount, signature }));
      count(core.handle({ type: "gossip", handle: i, from: ENEMY, data }, 0));
    }
    expect([...codes]).toEqual([["BUDGET_EXCEEDED", 1_000 - UNWANTED_ROUNDS_PER_NODE_MAX]]);
    // What another peer brings of that node is not kept out by it.
    const data = shareBytes(makeShare(node(9), { recipient: node(8).beneficiary, epoch: 2, amount: 5n }));
    expect(count(core.handle({ type: "gossip", handle: 2_000, from: HONEST, data }, 0))).toEqual([]);
  });

  it("P-97: one share thousands of times in an answer of catch-up is checked once", async () => {
    const { core } = await boot(1);
    const share = makeShare(node(5), { recipient: STAKER, epoch: 2, amount });
    const data = encodeCatchUpResponse({
      requests: [],
      shares: Array(3_000).fill(share),
      partials: [],
      differs: false,
    });
    core.handle({ type: "catch-up-answered", from: ENEMY, data }, 0);
    const [job] = core.handle({ type: "timer", timer: "verify" }, 0).filter((effect) => effect.type === "verify");
    expect(job?.groups.map(({ items }) => items.length)).toEqual([1]);
    const next = core.handle({ type: "verified", job: job?.job ?? 0, results: [[true]] }, 0);
    expect(next.filter(({ type }) => type === "verify")).toEqual([]);
    expect(core.status().sharesAccepted).toBe(1);
  });
});

describe("what waits when its sender is silenced (P-79)", () => {
  it("P-79: every share that is dropped has its verdict: no handle stays open", async () => {
    const { core } = await boot(1);
    const open = new Set<number>();
    const run = (input: Parameters<typeof core.handle>[0]): Effect[] => {
      if (input.type === "gossip") open.add(input.handle);
      const effects = core.handle(input, 0);
      for (const effect of effects) if (effect.type === "verdict") open.delete(effect.handle);
      return effects;
    };
    for (let id = 1; id <= 20; id++) {
      const data = shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount, id: (id % 20) + 1 }));
      run({ type: "gossip", handle: id, from: ENEMY, data });
    }
    expect(open.size).toBe(20);
    const [job] = run({ type: "timer", timer: "verify" }).filter((effect) => effect.type === "verify");
    for (let id = 1; id <= 20; id++) {
      const data = shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 1, amount, id: (id % 20) + 1 }));
      run({ type: "gossip", handle: 100 + id, from: ENEMY, data });
    }
    const results = job?.groups.map(({ items }) => items.map(() => false)) ?? [];
    const effects = run({ type: "verified", job: job?.job ?? 0, results });
    expect(open.size).toBe(0);
    expect(blamed(effects)).toHaveLength(SILENCING_BLAMES);
    expect(effects.filter(({ type }) => type === "verify")).toEqual([]);
  });

  it("P-83: a check that failed by this agent's own fault blames nobody, and the next goes on", async () => {
    const { core } = await boot(1);
    const data = shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount }));
    core.handle({ type: "gossip", handle: 1, from: HONEST, data }, 0);
    const [job] = core.handle({ type: "timer", timer: "verify" }, 0).filter((effect) => effect.type === "verify");
    const effects = core.handle({ type: "verified", job: job?.job ?? 0, results: null }, 0);
    expect(effects).toContainEqual({ type: "verdict", handle: 1, verdict: "ignore", code: "VERIFY_FAILED" });
    expect(blamed(effects)).toEqual([]);
    core.handle({ type: "gossip", handle: 2, from: HONEST, data }, 0);
    expect(core.handle({ type: "timer", timer: "verify" }, 0).some(({ type }) => type === "verify")).toBe(true);
  });
});

describe("a node registered under a victim's identity key (P-8, P-79)", () => {
  const VICTIM = node(7);
  const registered = {
    ...PENDING.registered,
    identityKey: VICTIM.identityKey,
    identitySignature: `0x${"11".repeat(64)}` as const,
    seeded: true,
  } as typeof PENDING.registered;
  const impostor = { ...PENDING, registered };
  const bootBeside = (id: number) => new TestAgent(node(id)).boot([...ALL.slice(0, 20), impostor], 3);

  it("P-79: nobody is asked about it, its reason says so, and the victim is not blamed", async () => {
    const agent = await bootBeside(1);
    await agent.ask(STAKER);
    for (let id = 2; id <= 10; id++) {
      const owed = agent.core.owed(STAKER)?.amount ?? 0n;
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount: owed })));
    }
    const asked: Effect[] = [];
    for (const atMs of [1_500, 4_500, 7_500]) asked.push(...(await agent.tickAt(atMs)));
    const peers = asked.flatMap((effect) => (effect.type === "inquire" ? [effect.peer] : []));
    expect(new Set(peers)).toEqual(new Set(ALL.slice(10, 20).map(({ identityKey }) => identityKey)));
    expect(agent.claim(STAKER)?.reasons).toContainEqual({
      nodeId: 21,
      code: "NODE_IDENTITY_INVALID",
      closedEpochs: null,
    });
    expect(blamed(agent.effects)).toEqual([]);
  });

  it("P-74: a request in its name is ignored before its signature is checked; its shares count", async () => {
    const agent = await bootBeside(1);
    const request = makeRequest(impostor, STAKER, 2);
    expect(await agent.gossip(requestBytes(request), HONEST)).toMatchObject({
      verdict: "ignore",
      code: "NODE_IDENTITY_INVALID",
    });
    await agent.ask(STAKER);
    const owed = agent.core.owed(STAKER)?.amount ?? 0n;
    await agent.gossip(shareBytes(makeShare(impostor, { recipient: STAKER, epoch: 2, amount: owed })));
    expect(agent.claim(STAKER)?.signers).toEqual([1, 21]);
  });

  it("P-74: its own agent says why it takes no claims", async () => {
    const own = await new TestAgent(impostor).boot([...ALL.slice(0, 20), impostor], 3);
    const { reply } = await own.ask(STAKER);
    expect(reply).toMatchObject({ ok: false, refusal: { code: "NODE_IDENTITY_INVALID", values: { nodeId: 21 } } });
  });
});
