import type { Hex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { PendingShare } from "./verification.ts";
import { WaitingLimits } from "./waitingLimits.ts";

const peer = (byte: string): Hex => `0x${byte.repeat(32)}`;

/** A share of node 7; by catch-up where it has no handle. */
function share(from: string, signature: number, handle: number | null = null): PendingShare {
  const message = { recipient: `0x${"aa".repeat(20)}`, amount: 5n } as const;
  return {
    ...{ type: "share", from: peer(from), handle, opens: false, publicKey: new Uint8Array(96) },
    signed: { kind: "RewardClaim", message, nodeId: 7, epoch: 3, signature: new Uint8Array(192).fill(signature) },
    digest: { hex: peer("dd"), bytes: new Uint8Array(32) },
  };
}

describe("what waits to be checked (P-97)", () => {
  it("is not queued again when another peer's catch-up brings the same bytes, until it was checked", () => {
    const limits = new WaitingLimits();
    const first = share("01", 1, 9);
    expect(limits.enter(first)).toBe(true);
    expect(limits.enter(share("02", 1))).toBe(false);
    limits.leave(first);
    expect(limits.enter(share("02", 1))).toBe(true);
  });

  it("keeps out nobody's other signature: a forged copy does not stand for the honest one", () => {
    const limits = new WaitingLimits();
    expect(limits.enter(share("01", 2))).toBe(true);
    expect(limits.enter(share("02", 1))).toBe(true);
  });

  it("is taken each time that gossip brings it: each of its messages needs a verdict", () => {
    const limits = new WaitingLimits();
    expect(limits.enter(share("01", 1))).toBe(true);
    expect(limits.enter(share("02", 1, 4))).toBe(true);
    expect(limits.enter(share("03", 1, 5))).toBe(true);
  });
});
