import { type NodeId, parseBundle, type Share, Signers } from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  headAfter,
  makeRequest,
  makeShare,
  NOTHING_RESTORED,
  requestBytes,
  shareBytes,
  TestAgent,
} from "../../../test/support/cluster.ts";
import {
  BITS,
  blamesOf,
  bootInSubnets,
  directOf,
  EPOCH,
  FLOOD_MAX,
  identityOf,
  makePartial,
  partialBytes,
  partialsOf,
  sendShare,
} from "../../../test/support/subnets.ts";
import { ALL, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import type { Effect } from "../io.ts";
import { PARTIAL_AFTER_MS } from "../limits.ts";

const amount = await owedToStaker();
const request = requestBytes(makeRequest(node(5), STAKER, EPOCH));
/** All nodes by their subnets. */
const SUBNETS = Array.from({ length: 2 ** BITS }, (_, index) =>
  Array.from({ length: 20 }, (_, i) => i + 1).filter((id) => id % 2 ** BITS === index),
);

const isOfClaim = ({ kind }: Share): boolean => kind === "RewardClaim";

/** Node 2, connected to its mates and others, has heard node 5's request from node 9. */
async function asked(connected = [9, 10, 11, 18], from = 9) {
  const agent = await bootInSubnets(2, connected);
  const effects = [...(await agent.gossip(request, identityOf(from)).then(() => agent.effects))];
  return { agent, effects };
}

describe("P-134: a share in a set with subnets", () => {
  it("goes to the aggregators of its subnet alone, over their streams", async () => {
    const { effects } = await asked();
    const sent = directOf(effects).filter(({ message }) => message.type === "shares");
    expect(sent.map(({ to }) => [...to].sort((a, b) => a - b))).toEqual([[10, 18]]);
    expect(effects.filter(({ type }) => type === "publish")).toEqual([]);
  });

  it("goes to those that are connected: one that is down takes nobody's place", async () => {
    const { effects } = await asked([9, 18]);
    expect(directOf(effects).map(({ to }) => to)).toEqual([[18]]);
  });

  it("goes to an aggregator that connects later, too, and once for each connection", async () => {
    const { agent } = await asked([9, 18]);
    const connect = (ids: readonly NodeId[]) => agent.feed({ type: "peers", connected: ids.map(identityOf) });
    const sharesTo = (effects: readonly Effect[]) =>
      directOf(effects).map(({ to, message }) => ({ to, of: message.type === "shares" && message.shares[0]?.nodeId }));
    expect(sharesTo(await connect([9, 10, 18]))).toEqual([{ to: [10], of: 2 }]);
    expect(sharesTo(await connect([9, 10, 11, 18]))).toEqual([]);
    expect(sharesTo(await connect([9, 11, 18]))).toEqual([]);
    expect(sharesTo(await connect([9, 10, 11, 18]))).toEqual([{ to: [10], of: 2 }]);
  });

  it("goes out again after a restart, when there is somebody to take it", async () => {
    const { agent } = await asked([]);
    expect(directOf(agent.effects)).toEqual([]);
    const records = agent.effects.flatMap((effect) => (effect.type === "persist" ? effect.records : []));
    const signings = records.flatMap((record) => (record.type === "signing" ? [record] : []));
    const restored = { ...NOTHING_RESTORED, signings };
    const restarted = await new TestAgent(node(2), restored, { floodMax: FLOOD_MAX }).boot(ALL, 3);
    expect(directOf(restarted.effects)).toEqual([]);
    const sent = directOf(await restarted.feed({ type: "peers", connected: [10, 18].map(identityOf) }));
    const claims = sent.filter(({ message }) => message.type === "shares" && message.shares.some(isOfClaim));
    expect(claims.flatMap(({ to }) => to).sort((a, b) => a - b)).toEqual([10, 18]);
  });

  it("is ignored when it comes by gossip, and blamed on its sender when it is another's", async () => {
    const { agent } = await asked();
    const share = shareBytes(makeShare(node(10), { recipient: STAKER, epoch: EPOCH, amount }));
    expect(await agent.gossip(share, identityOf(9))).toMatchObject({ verdict: "ignore", code: "SHARE_NOT_GOSSIPED" });
    expect(blamesOf(await agent.feed({ type: "direct", from: identityOf(10), data: share }))).toEqual([]);
    expect(blamesOf(await agent.feed({ type: "direct", from: identityOf(18), data: share }))).toEqual([
      "18 SHARE_NOT_SENDERS",
    ]);
    expect(blamesOf(await agent.feed({ type: "direct", from: identityOf(9), data: request }))).toEqual([
      "9 REQUEST_NOT_GOSSIPED",
    ]);
  });

  it("the agent names its mates to the network", async () => {
    const agent = await bootInSubnets(2, []);
    const mates = agent.effects.findLast(({ type }) => type === "mates");
    expect(mates).toEqual({ type: "mates", identities: new Set([identityOf(10), identityOf(18)]) });
  });
});

describe("P-135, P-136: a partial", () => {
  it("is sent at once when the subnet is complete, the way the request came", async () => {
    const { agent } = await asked();
    expect(partialsOf(await sendShare(agent, 10, amount))).toEqual([]);
    expect(partialsOf(await sendShare(agent, 18, amount))).toEqual([{ to: [9], signers: [2, 10, 18] }]);
  });

  it("is sent after a while with those that are there, and again with one more", async () => {
    const { agent } = await asked();
    await sendShare(agent, 10, amount);
    agent.nowMs = PARTIAL_AFTER_MS;
    expect(partialsOf(await agent.feed({ type: "timer", timer: "partials" }))).toEqual([{ to: [9], signers: [2, 10] }]);
    expect(partialsOf(await sendShare(agent, 18, amount))).toEqual([{ to: [9], signers: [2, 10, 18] }]);
  });

  it("goes straight to the origin where it is connected, and to nobody when the way back is gone", async () => {
    const direct = await asked([5, 9, 10, 18]);
    await sendShare(direct.agent, 10, amount);
    expect(partialsOf(await sendShare(direct.agent, 18, amount))).toEqual([{ to: [5], signers: [2, 10, 18] }]);
    const { agent } = await asked();
    await agent.feed({ type: "peers", connected: [10, 18].map(identityOf) });
    await sendShare(agent, 10, amount);
    const effects = await sendShare(agent, 18, amount);
    expect(partialsOf(effects)).toEqual([]);
    expect(effects.filter(({ type }) => type === "publish")).toEqual([]);
  });

  it("goes to a mate of the origin as well, which is connected to it", async () => {
    // Node 13 is in node 5's subnet.
    const { agent } = await asked([9, 10, 13, 18]);
    await sendShare(agent, 10, amount);
    expect(partialsOf(await sendShare(agent, 18, amount))).toEqual([{ to: [9, 13], signers: [2, 10, 18] }]);
  });

  it("of another subnet is checked and passed on, and one that adds nothing is not even checked", async () => {
    const { agent } = await asked();
    const whole = partialBytes(makePartial(amount, [3, 11, 19]));
    expect(partialsOf(await agent.feed({ type: "direct", from: identityOf(11), data: whole }))).toEqual([
      { to: [9], signers: [3, 11, 19] },
    ]);
    const again = await agent.feed({
      type: "direct",
      from: identityOf(10),
      data: partialBytes(makePartial(amount, [3, 19])),
    });
    expect(again.filter(({ type }) => type === "verify" || type === "direct")).toEqual([]);
    expect(blamesOf(again)).toEqual([]);
  });

  it("that leaves a node out does not keep out the one that has it", async () => {
    const { agent } = await asked();
    const subset = partialBytes(makePartial(amount, [3, 19]));
    expect(partialsOf(await agent.feed({ type: "direct", from: identityOf(11), data: subset }))).toHaveLength(1);
    const whole = partialBytes(makePartial(amount, [3, 11, 19]));
    expect(partialsOf(await agent.feed({ type: "direct", from: identityOf(10), data: whole }))).toEqual([
      { to: [9], signers: [3, 11, 19] },
    ]);
  });

  it("error: a wrong sum is blamed on the peer that sent it here, and goes no further", async () => {
    const { agent } = await asked();
    const wrong = partialBytes(makePartial(amount, [3, 11, 19], [3, 11]));
    const effects = await agent.feed({ type: "direct", from: identityOf(11), data: wrong });
    expect(partialsOf(effects)).toEqual([]);
    expect(blamesOf(effects)).toEqual(["11 SHARE_BAD_SIGNATURE"]);
  });

  it("of a round that nobody asked for, over another amount or of other subnets is passed over without blame", async () => {
    const unasked = await bootInSubnets(2, [9, 10, 11, 18]);
    const { agent } = await asked();
    const whole = makePartial(amount, [3, 11, 19]);
    const cases = [
      { to: unasked, partial: whole, code: "PARTIAL_UNASKED" },
      { to: agent, partial: makePartial(amount + 1n, [3, 11, 19]), code: "PARTIAL_DISAGREES" },
      { to: agent, partial: { ...whole, subnet: { bits: 1, index: 1 } }, code: "PARTIAL_OTHER_SUBNETS" },
      { to: agent, partial: { ...whole, signers: Signers.of([3, 11, 83]) }, code: "SHARE_UNKNOWN_NODE" },
    ];
    for (const { to, partial, code } of cases) {
      const effects = await to.feed({ type: "direct", from: identityOf(11), data: partialBytes(partial) });
      expect(effects).toContainEqual(expect.objectContaining({ type: "observe", code }));
      expect(effects.filter(({ type }) => ["verify", "direct", "blame"].includes(type))).toEqual([]);
    }
  });

  it("a second node that asks gets what is known, the way its request came", async () => {
    const { agent } = await asked();
    await sendShare(agent, 10, amount);
    await sendShare(agent, 18, amount);
    const whole = partialBytes(makePartial(amount, [3, 11, 19]));
    await agent.feed({ type: "direct", from: identityOf(10), data: whole });
    const before = agent.effects.length;
    await agent.gossip(requestBytes(makeRequest(node(6), STAKER, EPOCH)), identityOf(11));
    expect(partialsOf(agent.effects.slice(before))).toEqual([
      { to: [11], signers: [3, 11, 19] },
      { to: [11], signers: [2, 10, 18] },
    ]);
  });
});

describe("P-135: the agent that was asked", () => {
  it("adds up the partials of all subnets to a bundle that verifies", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    for (const ids of SUBNETS) {
      await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, ids)) });
    }
    const claim = agent.claim(STAKER);
    expect(claim?.status).toBe("ready");
    expect(claim?.signers).toHaveLength(20);
    expect(parseBundle(claim?.bundle ?? {}).signers.count).toBe(20);
  });

  it("counts a partial and a share of one of its nodes once", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    await sendShare(agent, 10, amount);
    await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, [2, 10, 18])) });
    await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, [3, 11])) });
    await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, [11, 19])) });
    expect(agent.claim(STAKER)?.signers).toEqual([2, 3, 10, 11, 18]);
  });

  it("P-85: quorum is recounted when a node leaves while the round runs, and its signature stays", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    // Nodes 3 and 11 are missing: 18 of 20.
    for (const ids of SUBNETS.filter((_, index) => index !== 3)) {
      await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, ids)) });
    }
    await sendShare(agent, 19, amount);
    expect(agent.claim(STAKER)?.status).toBe("collecting");
    const exits = [3, 10].map((id, logIndex) => ({
      ...{ type: "node-exited" as const, id, blockNumber: 104, logIndex },
      timestamp: headAfter(3).timestamp + 1,
    }));
    const head = { ...headAfter(3), number: 104, timestamp: headAfter(3).timestamp + 2 };
    await agent.feed({ type: "chain", events: exits, head });
    const claim = agent.claim(STAKER);
    expect(claim?.status).toBe("collecting");
    await agent.feed({ type: "direct", from: identityOf(9), data: partialBytes(makePartial(amount, [11])) });
    expect(agent.claim(STAKER)?.status).toBe("ready");
    expect(agent.claim(STAKER)?.bundle?.extraSigners).toEqual(["10"]);
  });
});
