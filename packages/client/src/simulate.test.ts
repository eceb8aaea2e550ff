import { distributorInterface } from "@quorate/common";
import type { ChainProviders } from "@quorate/common/chain";
import { describe, expect, it } from "vitest";
import { claimPartCall, onlyRecords } from "./readyCall.ts";
import { simulateCalls, simulatedRefusal } from "./simulate.ts";

const ACCOUNT = `0x${"a1".repeat(20)}` as const;
const call = claimPartCall(`0x${"d1".repeat(20)}`, ACCOUNT, 300n);
const answering = (answer: unknown) => ({ send: async () => answer }) as unknown as ChainProviders;

describe("P-147: calls that build on each other, before any is sent", () => {
  it("the contract's own reason is told, in plain words too; what goes through has none", () => {
    const data = distributorInterface().encodeErrorResult("ClaimLimitExceeded", [300n, 200n]);
    const refusal = simulatedRefusal({ status: "0x0", gasUsed: "0x1", error: { data } });
    expect(refusal).toEqual({
      error: "ClaimLimitExceeded(300, 200)",
      meaning: expect.stringContaining("claim a part, or all of it in the next cycle"),
    });
    expect(simulatedRefusal({ status: "0x1", gasUsed: "0x1" })).toBeNull();
  });

  it("an answer for fewer calls than were asked is none, and so is a provider's no", async () => {
    const done = { status: "0x1", gasUsed: "0x64" };
    const asked = [call, call];
    expect(await simulateCalls(answering([{ calls: [done, done] }]), ACCOUNT, asked)).toEqual([done, done]);
    for (const answer of [[{ calls: [done] }], [], null, Promise.reject(new Error("no such method"))]) {
      expect(await simulateCalls(answering(answer), ACCOUNT, asked)).toBeNull();
    }
  });

  it("what pays is told from what only records", () => {
    expect([call.what, onlyRecords(call.what), onlyRecords("updateRewardsBalance")]).toEqual([
      "claimRewards",
      false,
      true,
    ]);
  });
});
