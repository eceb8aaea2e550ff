import { describe, expect, it } from "vitest";
import type { Effect } from "./core/io.ts";
import { Observations } from "./observations.ts";

const told = (code: string, values: Record<string, string | number> = {}): Effect => ({
  type: "observe",
  level: "info",
  code,
  values,
});
const refused = (code: "BUDGET_EXCEEDED" | "NO_REWARDS"): Effect => ({
  type: "claim-reply",
  handle: 1,
  reply: { ok: false, refusal: { code, values: {} } },
});

describe("what is counted of the agent's work", () => {
  it("P-86: a claim is counted once, by how it ended; one that waits for its turn is not", () => {
    const counted = new Observations(() => 0);
    const effects = [
      told("CLAIM_READY", { quorumAfterMs: 400 }),
      told("CLAIM_READY", { quorumAfterMs: 3_000 }),
      told("QUORUM_NOT_REACHED", { missing: "1,2" }),
      // P-109: the first names the signatures that did not add up, the second ends the claim, the third is a report's.
      told("AGGREGATE_INVALID", { dropped: "1" }),
      told("AGGREGATE_INVALID", { missing: "1" }),
      told("AGGREGATE_INVALID", { key: "report" }),
      refused("NO_REWARDS"),
      refused("BUDGET_EXCEEDED"),
      { type: "blame", peer: "p", code: "NO_REWARDS" } as unknown as Effect,
    ];
    for (const effect of effects) counted.effect(effect);
    const { claims, codes, quorum } = counted.view();
    expect(claims).toEqual({ ready: 2, failed: 2, refused: 1 });
    expect(codes).toEqual({ CLAIM_READY: 2, QUORUM_NOT_REACHED: 1, AGGREGATE_INVALID: 3 });
    expect(quorum).toMatchObject({ count: 2, sumSeconds: 3.4 });
    expect(quorum.atMost[quorum.boundsSeconds.indexOf(0.5)]).toBe(1);
  });

  it("counts the time of each check of signatures, also of one that fails", async () => {
    let nowMs = 0;
    const counted = new Observations(() => nowMs);
    const verifier = counted.timed({
      verify: async (groups) => {
        nowMs += 50;
        if (groups.length === 0) throw new Error("no groups");
        return [[true]];
      },
      close: async () => {},
    });
    expect(await verifier.verify([{ digest: new Uint8Array(32), shares: [] } as never])).toEqual([[true]]);
    await expect(verifier.verify([])).rejects.toThrow("no groups");
    expect(counted.view().verify).toMatchObject({ count: 2, sumSeconds: 0.1 });
  });
});
