import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { TestAgent } from "../../../test/support/cluster.ts";
import { makeRequest, makeShare, requestBytes, shareBytes, signedFor } from "../../../test/support/cluster.ts";
import { boot, node } from "../../../test/support/twenty.ts";
import { LATE_MAX_MS, ROUNDS_AT_ONCE_MIN } from "../limits.ts";

/** Node 9 asks for the rounds of these nodes' beneficiaries. */
async function ask(agent: TestAgent, ids: readonly number[]): Promise<Address[]> {
  const before = agent.effects.length;
  for (const id of ids) {
    const request = requestBytes(makeRequest(node(9), node(id).beneficiary, 2));
    expect(await agent.gossip(request)).toMatchObject({ verdict: "accept" });
  }
  return signedFor(agent.effects.slice(before));
}

function shareOf(agent: TestAgent, signer: number, recipient: Address): Uint8Array {
  return shareBytes(makeShare(node(signer), { recipient, epoch: 2, amount: agent.core.owed(recipient)?.amount ?? 0n }));
}

describe("turns of what others ask for (P-77)", () => {
  it("P-77: agents that hear of the same rounds in another order sign the same ones next", async () => {
    const next = async (ids: readonly number[]) => {
      const agent = await boot(2);
      await ask(agent, ids);
      // Two others have begun with the rounds of nodes 12 and 15.
      for (const [signer, id] of [
        [4, 12],
        [5, 12],
        [4, 15],
      ] as const) {
        await agent.gossip(shareOf(agent, signer, node(id).beneficiary));
      }
      const before = agent.effects.length;
      for (let nowMs = 250; nowMs < 12_000; nowMs += 250) await agent.tickAt(nowMs);
      return signedFor(agent.effects.slice(before)).slice(0, 2);
    };
    const upwards = await next([1, 3, 4, 5, 6, 7, 12, 13, 15]);
    const downwards = await next([7, 6, 5, 4, 3, 1, 15, 13, 12]);
    expect(upwards).toEqual([node(12).beneficiary, node(15).beneficiary]);
    expect(downwards).toEqual(upwards);
  });

  it("P-77: a round that is not settled makes room after three seconds, and later on a full host", async () => {
    /** Rounds signed by then; nobody else signs, so none is settled. */
    const signedBy = async (untilMs: number, lateMs: number) => {
      const agent = await boot(2);
      const all = Array.from({ length: 19 }, (_, i) => i + 1);
      await agent.feed({ type: "timer", timer: "tick", lateMs });
      await ask(agent, all);
      for (let nowMs = 250; nowMs <= untilMs; nowMs += 250) {
        agent.nowMs = nowMs;
        await agent.feed({ type: "timer", timer: "tick", lateMs });
      }
      return signedFor(agent.effects).length;
    };
    // The last place is kept for others.
    expect(await signedBy(2_750, 0)).toBe(ROUNDS_AT_ONCE_MIN - 1);
    expect(await signedBy(3_000, 0)).toBeGreaterThan(ROUNDS_AT_ONCE_MIN - 1);
    expect(await signedBy(10_000, LATE_MAX_MS)).toBe(ROUNDS_AT_ONCE_MIN - 1);
  });

  it("P-77: whose ticks come late begins fewer rounds, until it is in time again", async () => {
    /** Rounds signed in 4 seconds, and in the end; the others sign what this agent does. */
    const signed = async (lateMs: number) => {
      const agent = await boot(2);
      let recipients = await ask(
        agent,
        Array.from({ length: 19 }, (_, i) => i + 1),
      );
      const tick = async (nowMs: number) => {
        for (const recipient of recipients) {
          for (let id = 3; id <= 18; id++) await agent.gossip(shareOf(agent, id, recipient));
        }
        agent.nowMs = nowMs;
        recipients = signedFor(await agent.feed({ type: "timer", timer: "tick", lateMs }));
      };
      for (let nowMs = 250; nowMs <= 4_000; nowMs += 250) await tick(nowMs);
      const early = signedFor(agent.effects).length;
      for (let nowMs = 4_250; nowMs < 160_000; nowMs += 250) await tick(nowMs);
      return [early, signedFor(agent.effects).length];
    };
    const [inTime, all] = await signed(0);
    const [late, allLate] = await signed(10_000);
    expect(late).toBeLessThan(inTime ?? 0);
    expect([all, allLate]).toEqual([19, 19]);
  });
});
