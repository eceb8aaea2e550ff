import { decodeInquiryRequest, decodeInquiryResponse, encodeInquiryResponse, type NotSigned } from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import { makeRequest, makeShare, NOTHING_RESTORED, shareBytes, TestAgent } from "../../../test/support/cluster.ts";
import { bootInSubnets, identityOf, idOf, makePartial, partialBytes } from "../../../test/support/subnets.ts";
import { ALL, boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import type { Effect } from "../io.ts";
import { claimRound } from "../kinds/rewardClaim.ts";
import { INQUIRIES_PER_TICK, INQUIRY_VISITS_MAX, UNSIGNED_CLAIMS_MAX } from "../limits.ts";

let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

type Inquire = Extract<Effect, { type: "inquire" }>;
const inquiries = (effects: readonly Effect[]): Inquire[] => effects.filter((effect) => effect.type === "inquire");

/** The agent of node 1 with an open claim, after gossip had its time: nodes 2 to 10 have signed, 11 to 20 have not. */
async function waiting(): Promise<{ agent: TestAgent; asked: Inquire[] }> {
  const agent = await boot(1);
  await agent.ask(STAKER);
  for (let id = 2; id <= 10; id++)
    await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
  return { agent, asked: inquiries(await agent.tickAt(1_500)) };
}

/** What the agent of a node answers to an inquiry about the staker's claim. */
async function answerOf(agent: TestAgent): Promise<ReturnType<typeof decodeInquiryResponse>> {
  const data = (await waiting()).asked[0]?.data as Uint8Array;
  const reply = (await agent.feed({ type: "inquiry-asked", handle: 1, from: node(1).identityKey, data })).find(
    ({ type }) => type === "inquiry-reply",
  );
  if (reply?.type !== "inquiry-reply") throw new Error("an inquiry always gets an answer");
  return decodeInquiryResponse(reply.data);
}

describe("inquiry (P-89)", () => {
  it("asks exactly those that are missing, directly, after gossip had its time, and not again at once", async () => {
    const { agent, asked } = await waiting();
    expect(asked.map(({ peer }) => peer)).toEqual(Array.from({ length: 10 }, (_, i) => node(11 + i).identityKey));
    expect(decodeInquiryRequest(asked[0]?.data as Uint8Array)).toEqual(makeRequest(node(1), STAKER, 2));
    expect(inquiries(await agent.tickAt(1_750))).toEqual([]);
    // Nodes 11 to 14 were not reached; what the others answer may still come.
    for (const { job } of asked.slice(0, 4)) {
      await agent.feed({ type: "inquiry-failed", job, code: "NETWORK_PEER_NOT_CONNECTED" });
    }
    const again = inquiries(await agent.tickAt(4_750));
    expect(again.map(({ peer }) => peer)).toEqual([11, 12, 13, 14].map((id) => node(id).identityKey));
  });

  it("asks sixteen at a tick about all claims together, and far fewer where the host is late", async () => {
    /** Questions by tick, from five to nine seconds after two claims were asked for that 38 shares are missing of. */
    const askedWhere = async (lateMs: number) => {
      const agent = await boot(1);
      await agent.feed({ type: "peers", connected: ALL.map(({ identityKey }) => identityKey) });
      await agent.ask(STAKER);
      await agent.ask(node(6).beneficiary);
      const byTick: number[] = [];
      for (let nowMs = 250; nowMs <= 9_000; nowMs += 250) {
        agent.nowMs = nowMs;
        byTick.push(inquiries(await agent.feed({ type: "timer", timer: "tick", lateMs })).length);
      }
      return byTick.filter((asked) => asked > 0);
    };
    const inTime = await askedWhere(0);
    expect(inTime.slice(0, 3)).toEqual([INQUIRIES_PER_TICK, INQUIRIES_PER_TICK, 38 - 2 * INQUIRIES_PER_TICK]);
    const late = await askedWhere(1_000);
    expect(late.reduce((sum, asked) => sum + asked, 0)).toBeLessThan(INQUIRIES_PER_TICK + 3);
  });

  it("asks everyone once before anyone again: connected nodes first, the others as dials have room", async () => {
    const agent = await boot(1);
    await agent.feed({ type: "peers", connected: [19, 20].map((id) => node(id).identityKey) });
    const claims = [STAKER, ...[6, 7, 8].map((id) => node(id).beneficiary)];
    for (const recipient of claims) await agent.ask(recipient);
    const askedAt = async (nowMs: number) =>
      inquiries(await agent.tickAt(nowMs)).map(({ job, peer, data }) => {
        const id = ALL.find(({ identityKey }) => identityKey === peer)?.id;
        return { job, id, claim: claims.indexOf(decodeInquiryRequest(data).recipient) };
      });
    const of = (claim: number, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => ({ claim, id: from + i }));
    const ticks = [];
    for (const atMs of [1_500, 1_750, 2_000, 2_250, 2_500]) ticks.push(await askedAt(atMs));
    const first = ticks.flat();
    // Of those that have to be dialled the older claims', and all together as many as dials have room.
    const told = (asked: typeof first) => asked.map(({ claim, id }) => ({ claim, id }));
    const connected = claims.flatMap((_, claim) => of(claim, 19, 20));
    const dialled = [...of(0, 2, 18), ...of(1, 2, 18), ...of(2, 2, 18), ...of(3, 2, 14)];
    expect(dialled).toHaveLength(INQUIRY_VISITS_MAX);
    expect(told(first)).toEqual([...connected, ...dialled]);
    expect(await askedAt(2_750)).toEqual([]);
    const unreached = async (asked: typeof first) => {
      for (const { job } of asked) {
        await agent.feed({ type: "inquiry-failed", job, code: "NETWORK_PEER_NOT_CONNECTED" });
      }
    };
    // Node 2 is down. Before it is asked again, the newest claim asks whom it has not asked yet.
    await unreached(first.filter(({ id }) => id === 2));
    expect(told(await askedAt(7_000))).toEqual(of(3, 15, 18));
    await unreached(first.filter(({ id }) => id === 3));
    // Whom any of them asked longest ago.
    expect(told(await askedAt(7_250))).toEqual(claims.flatMap((_, claim) => of(claim, 2, 2)));
  });

  it("in a set with subnets asks first where fewest aggregators have signed: who sent to them may be well", async () => {
    const agent = await bootInSubnets(
      2,
      ALL.map(({ id }) => id),
    );
    await agent.ask(STAKER);
    // Had node 3 signed, its mates would have its share; those of the other subnets are as silent as it is.
    await agent.feed({ type: "direct", from: identityOf(11), data: partialBytes(makePartial(amount, [11, 19])) });
    const first = inquiries(await agent.tickAt(1_500)).map(({ peer }) => idOf(peer));
    expect(first).toHaveLength(INQUIRIES_PER_TICK);
    expect(first).not.toContain(3);
    // Of the own subnet one has signed, this node.
    expect(new Set(first.slice(-2))).toEqual(new Set([10, 18]));
    expect(inquiries(await agent.tickAt(1_750)).map(({ peer }) => idOf(peer))).toEqual([3]);
  });

  it("shows each missing node's reason, or that it was not reached, and drops it once it has signed", async () => {
    const { agent, asked } = await waiting();
    const jobs = asked.map(({ job }) => job) as [number, number, number];
    const behind = encodeInquiryResponse({ type: "reason", reason: { code: "EPOCH_NOT_CLOSED", closedEpochs: 2 } });
    await agent.feed({ type: "inquiry-answered", job: jobs[0], data: behind });
    await agent.feed({ type: "inquiry-failed", job: jobs[1], code: "NETWORK_PEER_NOT_CONNECTED" });
    const expected: NotSigned[] = [
      { nodeId: 11, code: "EPOCH_NOT_CLOSED", closedEpochs: 2 },
      { nodeId: 12, code: "NETWORK_PEER_NOT_CONNECTED", closedEpochs: null },
    ];
    expect(agent.claim(STAKER)?.reasons).toEqual(expected);
    await agent.gossip(shareBytes(makeShare(node(11), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)?.reasons).toEqual(expected.slice(1));
  });

  it("whoever watches the claim is told of each new reason, and once", async () => {
    const { agent, asked } = await waiting();
    const job = asked[0]?.job as number;
    const told = (effects: readonly Effect[]) =>
      effects.flatMap((effect) => (effect.type === "claim-changed" ? [effect.claim.reasons] : []));
    const reason: NotSigned = { nodeId: 11, code: "NETWORK_PEER_NOT_CONNECTED", closedEpochs: null };
    const failed = { type: "inquiry-failed", code: "NETWORK_PEER_NOT_CONNECTED" } as const;
    expect(told(await agent.feed({ ...failed, job }))).toEqual([[reason]]);
    const again = inquiries(await agent.tickAt(4_500))[0]?.job as number;
    expect(told(await agent.feed({ ...failed, job: again }))).toEqual([]);
  });

  it("a node for which this agent had no room does not count as asked", async () => {
    const { agent, asked } = await waiting();
    for (const [i, { job }] of asked.entries()) {
      await agent.feed({
        type: "inquiry-failed",
        job,
        code: i < 4 ? "NETWORK_PEER_NOT_CONNECTED" : "NETWORK_PEER_BUSY",
      });
    }
    const again = inquiries(await agent.tickAt(4_750)).map(({ peer }) => idOf(peer));
    expect(again).toEqual([15, 16, 17, 18, 19, 20, 11, 12, 13, 14]);
  });

  it("what a node said stands while this agent's own line to it is full", async () => {
    const { agent, asked } = await waiting();
    const code = "EPOCH_NOT_CLOSED";
    const data = encodeInquiryResponse({ type: "reason", reason: { code, closedEpochs: 2 } });
    await agent.feed({ type: "inquiry-answered", job: asked[0]?.job as number, data });
    for (const atMs of [4_500, 7_500]) {
      const [again] = inquiries(await agent.tickAt(atMs));
      await agent.feed({ type: "inquiry-failed", job: again?.job as number, code: "NETWORK_PEER_BUSY" });
      expect(agent.claim(STAKER)?.reasons).toEqual([{ nodeId: 11, code, closedEpochs: 2 }]);
    }
  });

  it("the operator sees the newest claims that lack shares, with each node's reason and both amounts where they differ", async () => {
    const { agent, asked } = await waiting();
    await agent.feed({ type: "inquiry-failed", job: asked[0]?.job as number, code: "NETWORK_PEER_NOT_CONNECTED" });
    await agent.gossip(shareBytes(makeShare(node(12), { recipient: STAKER, epoch: 2, amount: amount + 1n })));
    expect(agent.core.unsigned()).toMatchObject([
      {
        recipient: STAKER,
        epoch: 2,
        amount,
        reasons: [{ nodeId: 11, code: "NETWORK_PEER_NOT_CONNECTED", closedEpochs: null }],
        disagreements: [{ nodeId: 12, amount: amount + 1n }],
      },
    ]);
    // One of which nothing is known yet, then as many as are shown (P-88).
    await agent.ask(node(6).beneficiary);
    expect(agent.core.unsigned()).toHaveLength(1);
    const others = ALL.slice(6, 6 + UNSIGNED_CLAIMS_MAX).map(({ beneficiary }) => beneficiary);
    for (const recipient of others) {
      await agent.ask(recipient);
      await agent.gossip(shareBytes(makeShare(node(12), { recipient, epoch: 2, amount: 1n })));
    }
    expect(agent.core.unsigned().map(({ recipient }) => recipient)).toEqual(others.reverse());
  });

  it("takes a share for an answer, checked like any other", async () => {
    const { agent, asked } = await waiting();
    const share = makeShare(node(11), { recipient: STAKER, epoch: 2, amount });
    await agent.feed({
      type: "inquiry-answered",
      job: asked[0]?.job as number,
      data: encodeInquiryResponse({ type: "share", share }),
    });
    expect(agent.claim(STAKER)?.signers).toContain(11);
    const forged = makeShare(node(13), { recipient: STAKER, epoch: 2, amount, id: 12 });
    await agent.feed({
      type: "inquiry-answered",
      job: asked[1]?.job as number,
      data: encodeInquiryResponse({ type: "share", share: forged }),
    });
    expect(agent.claim(STAKER)?.signers).not.toContain(12);
    expect(agent.effects).toContainEqual({ type: "blame", peer: node(12).identityKey, code: "SHARE_BAD_SIGNATURE" });
  });

  it("P-79 error: garbage is blamed, another node's share is not; an empty answer is a refusal", async () => {
    const { agent, asked } = await waiting();
    const other = encodeInquiryResponse({
      type: "share",
      share: makeShare(node(15), { recipient: STAKER, epoch: 2, amount }),
    });
    const answers = [other, new Uint8Array([9, 9]), new Uint8Array()];
    for (const [i, data] of answers.entries())
      await agent.feed({ type: "inquiry-answered", job: asked[i]?.job as number, data });
    const blamed = agent.effects.flatMap((effect) => (effect.type === "blame" ? [effect.peer] : []));
    expect(blamed).toEqual([node(12).identityKey]);
    // It is a share like any other; the reason tells the two operators, or the one.
    expect(agent.claim(STAKER)?.signers).toContain(15);
    expect(agent.claim(STAKER)?.reasons).toEqual([
      { nodeId: 11, code: "NODE_ELSEWHERE", closedEpochs: null },
      { nodeId: 13, code: "NETWORK_REQUEST_REFUSED", closedEpochs: null },
    ]);
  });

  it("a node that missed the request signs because of the inquiry, and answers with its share next time", async () => {
    const agent = await boot(11);
    expect(await answerOf(agent)).toEqual({ type: "reason", reason: { code: "SHARE_PENDING", closedEpochs: 3 } });
    const second = await answerOf(agent);
    expect(second.type === "share" && second.share.nodeId).toBe(11);
  });

  it("says why not: behind, chain in disagreement, nothing owed", async () => {
    expect(await answerOf(await boot(11, 2))).toEqual({
      type: "reason",
      reason: { code: "EPOCH_NOT_CLOSED", closedEpochs: 2 },
    });
    const abstaining = await boot(11);
    await abstaining.feed({
      type: "chain-health",
      health: { healthy: false, code: "CHAIN_PROVIDERS_DISAGREE", detail: "" },
    });
    expect(await answerOf(abstaining)).toEqual({
      type: "reason",
      reason: { code: "CHAIN_PROVIDERS_DISAGREE", closedEpochs: 3 },
    });
    expect(await answerOf(await boot(11, 9))).toEqual({
      type: "reason",
      reason: { code: "EPOCH_TOO_OLD", closedEpochs: 9 },
    });
  });

  it("says that it withholds when its own record contradicts its ledger (P-71)", async () => {
    const signed = { kind: "RewardClaim", message: { recipient: STAKER, amount: amount + 5n } } as const;
    const signings = [{ id: claimRound(STAKER, 2), digest: `0x${"ab".repeat(32)}` as const, signed }];
    const agent = await new TestAgent(node(11), { ...NOTHING_RESTORED, signings }).boot(ALL, 3);
    expect(await answerOf(agent)).toEqual({ type: "reason", reason: { code: "SHARE_WITHHELD", closedEpochs: 3 } });
  });
});
