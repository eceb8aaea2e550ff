import { decodeGossip, encodeGossip, MAX_GOSSIP_BYTES, type Share } from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import {
  headAfter,
  makeRequest,
  makeShare,
  NOTHING_RESTORED,
  published,
  publishedShares,
  requestBytes,
  signedFor,
  TestAgent,
} from "../../../test/support/cluster.ts";
import { ledgerOf } from "../../../test/support/ledgerDisk.ts";
import { boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import type { Effect } from "../io.ts";
import { LATE_MAX_MS, ROUNDS_AT_ONCE_MIN } from "../limits.ts";

let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

/** What node 7 says of the staker's amount in three epochs; only that of epoch 2 is what all others say. */
const said = (epoch: number, by = 7): Share => makeShare(node(by), { recipient: STAKER, epoch, amount });
const message = (...shares: readonly Share[]): Uint8Array => encodeGossip({ type: "shares", shares });

/** How many claims' shares each published message carries. */
function sharesIn(effects: readonly Effect[]): number[] {
  return published(effects).flatMap((data) => {
    const decoded = decodeGossip(data);
    return decoded.type === "shares" ? [decoded.shares.filter(({ kind }) => kind === "RewardClaim").length] : [];
  });
}

/** Each of these nodes asks for its own beneficiary. */
async function ask(agent: TestAgent, ids: readonly number[], epoch: number): Promise<void> {
  for (const id of ids) await agent.gossip(requestBytes(makeRequest(node(id), node(id).beneficiary, epoch)));
}

describe("P-158: shares of one node in one message", () => {
  it("what an epoch's end lets it sign together travels together", async () => {
    const agent = await boot(2);
    const ids = [3, 4, 5, 6];
    await ask(agent, ids, 3);
    const effects = await agent.feed({ type: "chain", events: [], head: headAfter(4) });
    expect(sharesIn(effects)).toContain(ROUNDS_AT_ONCE_MIN);
    expect(new Set(signedFor(effects))).toEqual(new Set(ids.map((id) => node(id).beneficiary)));
  });

  it("P-77: a late agent begins several rounds together", async () => {
    const agent = await boot(2);
    const tick = (nowMs: number) => {
      agent.nowMs = nowMs;
      return agent.feed({ type: "timer", timer: "tick", lateMs: LATE_MAX_MS });
    };
    await tick(0);
    const ids = Array.from({ length: 16 }, (_, i) => i + 3);
    await ask(agent, ids, 2);
    for (let nowMs = 250; nowMs < 240_000; nowMs += 250) await tick(nowMs);
    const counts = sharesIn(agent.effects);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ids.length);
    // The first find nobody else waiting.
    const later = counts.slice(ROUNDS_AT_ONCE_MIN);
    expect(later.every((count) => count > 1)).toBe(true);
  });

  it("P-71: after a restart as many messages as the shares need, all of them and each once", async () => {
    const before = await boot(2);
    const ids = Array.from({ length: 16 }, (_, i) => i + 3);
    await ask(before, ids, 2);
    for (let nowMs = 250; nowMs < 60_000; nowMs += 250) await before.tickAt(nowMs);
    const signings = before.records.flatMap((record) => (record.type === "signing" ? [record] : []));
    const restored = { ...NOTHING_RESTORED, ledger: ledgerOf(before.records), signings };
    const effects = await new TestAgent(node(2), restored).feed({ type: "started" });
    expect(publishedShares(effects)).toEqual(publishedShares(before.effects));
    expect(sharesIn(effects).length).toBeLessThan(signings.length / 2);
    for (const data of published(effects)) expect(data.length).toBeLessThanOrEqual(MAX_GOSSIP_BYTES);
  });

  it("each counts for itself; with a bad one the message is rejected, and the good ones count", async () => {
    const agent = await boot(2);
    await agent.ask(STAKER, 2);
    const forged = makeShare(node(7), { recipient: STAKER, epoch: 1, amount, secret: node(8).blsSecret });
    expect(await agent.gossip(message(forged, said(2)))).toMatchObject({
      verdict: "reject",
      code: "SHARE_BAD_SIGNATURE",
    });
    expect(agent.claim(STAKER, 2)?.signers).toContain(7);
  });

  it("P-83: is not forwarded with a share that was not checked: the next agent would blame whoever did", async () => {
    const agent = await boot(2);
    const unread = makeShare(node(7), { recipient: STAKER, epoch: 40, amount, secret: node(8).blsSecret });
    expect(await agent.gossip(message(said(2), unread))).toMatchObject({ verdict: "ignore" });
    expect((await agent.gossip(message(said(2)))).verdict).toBe("accept");
  });

  it("is forwarded while it brings something new, and not as another choice of what is known", async () => {
    const agent = await boot(2);
    expect((await agent.gossip(message(said(2), said(1)))).verdict).toBe("accept");
    expect((await agent.gossip(message(said(1), said(2)))).verdict).toBe("keep");
    expect((await agent.gossip(message(said(2), said(2)))).verdict).toBe("keep");
    // Alone it may have come by catch-up first, to nobody else.
    expect((await agent.gossip(message(said(2)))).verdict).toBe("accept");
  });

  it("with shares of several nodes it is no message", async () => {
    const agent = await boot(2);
    expect(await agent.gossip(message(said(2), said(2, 8)))).toMatchObject({
      verdict: "reject",
      code: "WIRE_MALFORMED",
    });
  });
});
