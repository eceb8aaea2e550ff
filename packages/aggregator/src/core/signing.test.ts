import { decodeInquiryResponse, encodeInquiryRequest } from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  headAfter,
  makeRequest,
  NOTHING_RESTORED,
  pool,
  requestBytes,
  started,
  TestAgent,
} from "../../test/support/cluster.ts";
import { ALL, node, STAKER } from "../../test/support/twenty.ts";
import type { Effect, RestoredState } from "./io.ts";

/** A store from a copy, opened at the head of `epochs` closed epochs, read in pieces of one epoch each. */
async function catchUp(epochs: number, restored: RestoredState): Promise<TestAgent> {
  const agent = new TestAgent(node(2), restored, { trees: true });
  await agent.feed({ type: "started" });
  await agent.feed({ type: "chain-health", health: { healthy: true } });
  const targetSeconds = headAfter(epochs).timestamp;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const events = epoch === 1 ? [...ALL.map(({ registered }) => registered), pool, started] : [];
    await agent.feed({ type: "chain", events, head: headAfter(epoch), targetSeconds });
  }
  return agent;
}

const FROM_COPY: RestoredState = { ...NOTHING_RESTORED, fromCopy: { untilSeconds: null } };
const epochsSigned = (effects: readonly { type: string }[]): number[] =>
  (effects as readonly Effect[]).flatMap((effect) => {
    const records = effect.type === "persist" ? effect.records : [];
    return records.flatMap((record) => (record.type === "signing" ? [record.id.epoch] : []));
  });
const asked = (epoch: number) =>
  ({ type: "gossip", handle: 1, from: "0xfe", data: requestBytes(makeRequest(node(1), STAKER, epoch)) }) as const;

describe("P-108: a store that was taken over from a copy", () => {
  it("signs nothing of epochs that ended before, however slowly the chain is read, and goes on with the next", async () => {
    const agent = await catchUp(4, FROM_COPY);
    await agent.feed(asked(2));
    await agent.feed(asked(3));
    expect(epochsSigned(agent.effects)).toEqual([]);
    expect(agent.records).toContainEqual({ type: "restored", untilSeconds: headAfter(4).timestamp });

    const next = await agent.feed({ type: "chain", events: [], head: headAfter(5) });
    const claim = await agent.feed(asked(4));
    expect([...epochsSigned(next), ...epochsSigned(claim)]).toEqual([4, 4]);
  });

  it("says so to whoever asks for its share (P-89)", async () => {
    const agent = await catchUp(3, FROM_COPY);
    const data = encodeInquiryRequest(makeRequest(node(1), STAKER, 2));
    const effects = await agent.feed({ type: "inquiry-asked", handle: 1, from: node(1).identityKey, data });
    const reply = effects.find(({ type }) => type === "inquiry-reply");
    if (reply?.type !== "inquiry-reply") throw new Error("an inquiry always gets an answer");
    expect(decodeInquiryResponse(reply.data)).toMatchObject({ type: "reason", reason: { code: "STORE_RESTORED" } });
  });

  it("keeps the moment over restarts: one that had been fixed is not moved", async () => {
    const untilSeconds = headAfter(2).timestamp;
    const agent = await catchUp(4, { ...NOTHING_RESTORED, fromCopy: { untilSeconds } });
    expect([...new Set(epochsSigned(agent.effects))]).toEqual([2, 3]);
    expect(agent.records.some(({ type }) => type === "restored")).toBe(false);
  });

  it("signs again what the copy has a record of: the same digest (P-71)", async () => {
    const first = await catchUp(3, NOTHING_RESTORED);
    const signings = first.records.flatMap((record) => (record.type === "signing" ? [record] : []));
    expect(signings.length).toBeGreaterThan(0);
    const agent = await catchUp(3, { ...FROM_COPY, signings });
    expect(agent.effects.filter(({ type }) => type === "sign")).toHaveLength(signings.length);
    expect(epochsSigned(agent.effects)).toEqual([]);
  });

  it("a store of its own has no such moment", async () => {
    const agent = await catchUp(3, NOTHING_RESTORED);
    expect([...new Set(epochsSigned(agent.effects))].length).toBeGreaterThan(0);
  });
});
