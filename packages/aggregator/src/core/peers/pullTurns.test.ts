import { type CatchUpResponse, encodeCatchUpResponse, type Hex, type NodeId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { makeShare, TestAgent, testNode } from "../../../test/support/cluster.ts";
import { bootInSubnets, EPOCH, identityOf, pullsOf } from "../../../test/support/subnets.ts";
import { node, STAKER } from "../../../test/support/twenty.ts";
import type { Input } from "../io.ts";
import {
  PULL_AFTER_MS,
  PULL_AGAIN_MS,
  PULL_ANSWERED_AGAIN_MS,
  PULL_NEXT_MS,
  PULL_VISITS_MAX,
  TICK_MS,
} from "../limits.ts";

/** When the test agents give a claim up. */
const DEADLINE_MS = 10_000;

const NO_ANSWER: CatchUpResponse = { requests: [], shares: [], partials: [], differs: false };

/** Node 2 with a claim; whom of one subnet it has asked so far. */
async function asking(subnet: number) {
  const agent = await bootInSubnets(2, [9, 10, 18]);
  await agent.ask(STAKER, EPOCH);
  const asked: NodeId[] = [];
  const tickAt = async (atMs: number) => {
    const pulls = pullsOf(await agent.tickAt(atMs));
    asked.push(...pulls.flatMap(({ peer }) => (peer % 8 === subnet ? [peer] : [])));
  };
  return { agent, asked, tickAt };
}

describe("P-137: whom an agent asks, and when", () => {
  it("is asked of the next one when the first has nothing, is not reached, or has had its time", async () => {
    const ends: { readonly nextMs: number; readonly inputs: (peer: Hex) => readonly Input[] }[] = [
      {
        nextMs: 2 * TICK_MS,
        inputs: (from) => [{ type: "catch-up-answered", from, data: encodeCatchUpResponse(NO_ANSWER) }],
      },
      {
        nextMs: 2 * TICK_MS,
        inputs: (peer) => [{ type: "catch-up-failed", peer, code: "NETWORK_PEER_NOT_CONNECTED" }],
      },
      { nextMs: PULL_NEXT_MS, inputs: () => [] },
    ];
    for (const { nextMs, inputs } of ends) {
      const { asked, tickAt, agent } = await asking(3);
      await tickAt(PULL_AFTER_MS);
      await tickAt(PULL_AFTER_MS + TICK_MS);
      for (const input of inputs(identityOf(asked[0] as NodeId))) await agent.feed(input);
      for (let atMs = 2 * TICK_MS; atMs < nextMs; atMs += TICK_MS) await tickAt(PULL_AFTER_MS + atMs);
      expect(asked).toHaveLength(1);
      await tickAt(PULL_AFTER_MS + nextMs);
      expect(asked).toHaveLength(2);
      expect(new Set(asked).size).toBe(2);
    }
  });

  it("is asked of two that answer where few are missing; who had no answer is passed over", async () => {
    // 160 nodes have 16 subnets of ten.
    const all = Array.from({ length: 160 }, (_, i) => testNode(i + 1));
    const agent = await new TestAgent(all[2] as (typeof all)[number]).boot(all, 3);
    await agent.ask(STAKER, EPOCH);
    const message = { recipient: STAKER, epoch: EPOCH, amount: agent.core.owed(STAKER)?.amount ?? 0n };
    const shares = [2, 18, 34, 50, 66, 82, 98, 114].map((id) =>
      makeShare(all[id - 1] as (typeof all)[number], message),
    );
    const from = (all[1] as (typeof all)[number]).identityKey;
    await agent.feed({ type: "catch-up-answered", from, data: encodeCatchUpResponse({ ...NO_ANSWER, shares }) });
    const asked: Hex[] = [];
    for (let atMs = PULL_AFTER_MS; atMs < DEADLINE_MS; atMs += TICK_MS) {
      for (const effect of await agent.tickAt(atMs)) {
        const peer = effect.type === "catch-up-ask" && all.find(({ identityKey }) => identityKey === effect.peer);
        if (!peer || peer.id % 16 !== 2) continue;
        asked.push(peer.identityKey);
        const code = "NETWORK_PEER_NOT_CONNECTED";
        if (asked.length < 3) await agent.feed({ type: "catch-up-failed", peer: peer.identityKey, code });
        else {
          const data = encodeCatchUpResponse(NO_ANSWER);
          await agent.feed({ type: "catch-up-answered", from: peer.identityKey, data });
        }
      }
    }
    expect(asked).toHaveLength(4);
    expect(new Set(asked).size).toBe(4);
  });

  it("is asked of a node that this agent had no room to ask as if it had not been", async () => {
    const { asked, tickAt, agent } = await asking(3);
    await tickAt(PULL_AFTER_MS);
    const [first] = asked as [NodeId];
    await agent.feed({ type: "catch-up-failed", peer: identityOf(first), code: "NETWORK_PEER_BUSY" });
    for (let atMs = PULL_AFTER_MS + TICK_MS; atMs < PULL_AFTER_MS + PULL_AGAIN_MS; atMs += TICK_MS) {
      await tickAt(atMs);
      const code = "NETWORK_PEER_NOT_CONNECTED";
      if (asked.at(-1) !== first)
        await agent.feed({ type: "catch-up-failed", peer: identityOf(asked.at(-1) ?? 0), code });
    }
    expect(asked.filter((id) => id === first)).toHaveLength(2);
    expect(new Set(asked.slice(0, 3)).size).toBe(3);
  });

  it("is asked of few at once that have to be dialled, and each subnet has its turn", async () => {
    const claims = [STAKER, ...[6, 7, 8, 9, 10].map((id) => node(id).beneficiary)];
    const agent = await bootInSubnets(2, []);
    for (const recipient of claims) await agent.ask(recipient, EPOCH);
    const asked: { readonly peer: NodeId; readonly subject: string }[] = [];
    const until = async (endMs: number) => {
      for (let atMs = agent.nowMs + TICK_MS; atMs < endMs; atMs += TICK_MS) {
        for (const { peer, asked: request } of pullsOf(await agent.tickAt(atMs))) {
          for (const { subject } of request.rounds) asked.push({ peer, subject });
        }
      }
    };
    await until(PULL_AFTER_MS + PULL_AGAIN_MS);
    expect(new Set(asked.map(({ peer }) => peer)).size).toBeLessThanOrEqual(PULL_VISITS_MAX);
    await until(DEADLINE_MS);
    for (const subject of claims) {
      const subnets = new Set(asked.filter((one) => one.subject === subject).map(({ peer }) => peer % 8));
      expect(subnets.size).toBe(8);
    }
  });

  it("is asked of the same node again later and later: who is silent stays so", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    const askedAtMs: number[] = [];
    for (let atMs = PULL_AFTER_MS; atMs < DEADLINE_MS; atMs += TICK_MS) {
      for (const { peer } of pullsOf(await agent.tickAt(atMs))) {
        if (peer === 3) askedAtMs.push(atMs);
        await agent.feed({ type: "catch-up-failed", peer: identityOf(peer), code: "NETWORK_PEER_NOT_CONNECTED" });
      }
    }
    const [first = 0, second = 0] = askedAtMs;
    expect(second - first).toBeGreaterThanOrEqual(PULL_AGAIN_MS);
    // The third time would be twice as long after the second.
    expect(DEADLINE_MS - second).toBeLessThan(2 * PULL_AGAIN_MS);
    expect(askedAtMs).toHaveLength(2);
  });

  it("is asked of one that has answered after a longer time: what it learns later it sends by itself", async () => {
    const { asked, tickAt, agent } = await asking(3);
    for (let atMs = PULL_AFTER_MS; atMs < DEADLINE_MS; atMs += TICK_MS) {
      const before = asked.length;
      await tickAt(atMs);
      const data = encodeCatchUpResponse(NO_ANSWER);
      for (const id of asked.slice(before)) await agent.feed({ type: "catch-up-answered", from: identityOf(id), data });
    }
    expect(PULL_AFTER_MS + PULL_ANSWERED_AGAIN_MS).toBeGreaterThan(DEADLINE_MS);
    expect([...asked].sort((a, b) => a - b)).toEqual([3, 11, 19]);
  });
});
