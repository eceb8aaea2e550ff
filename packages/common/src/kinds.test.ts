import { describe, expect, it } from "vitest";
import { type KindMessage, parseRoundKey, roundKey, subjectOf } from "./kinds.ts";

const recipient = `0x${"ab".repeat(20)}` as const;
const rewardsRoot = `0x${"00".repeat(32)}` as const;
const MESSAGES: readonly KindMessage[] = [
  { kind: "RewardClaim", message: { recipient, amount: 1n } },
  { kind: "EpochReport", message: { epoch: 4, rewardsRoot, totalOwed: 0n, activate: [], decommission: [] } },
  { kind: "Contest", message: { epoch: 4 } },
];

describe("rounds (P-71)", () => {
  it("a claim's round is about its recipient; other kinds have one round an epoch", () => {
    expect(MESSAGES.map(subjectOf)).toEqual([recipient, "", ""]);
  });

  it("each kind, epoch and subject has a key of its own, which says what it is the key of", () => {
    const rounds = MESSAGES.flatMap((signed) => {
      return [0, 4].map((epoch) => ({ kind: signed.kind, epoch, subject: subjectOf(signed) }));
    });
    expect(new Set(rounds.map(roundKey)).size).toBe(rounds.length);
    expect(rounds.map((round) => parseRoundKey(roundKey(round)))).toEqual(rounds);
  });
});
