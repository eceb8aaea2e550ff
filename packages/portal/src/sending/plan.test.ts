import type { ReadyCall } from "@quorate/client";
import { quorateError, rewardsInterface } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { followingOutcome, obstacleOf, type Plan } from "./plan.ts";

const ACCOUNT = `0x${"a1".repeat(20)}` as const;
const call: ReadyCall = { what: "contribute", to: ACCOUNT, data: "0x12", from: ACCOUNT, gas: 1_000_000n };
const plan = (more: Partial<Plan>): Plan => ({
  account: ACCOUNT,
  calls: [{ call, gas: 100n, costWei: 200n, refusal: null, isTried: true }],
  gas: 100n,
  feePerGasWei: 2n,
  costWei: 200n,
  haveWei: 200n,
  ...more,
});

describe("P-106: what would happen is known before the wallet is asked", () => {
  it("a call behind others is tried in the state that they leave, with room above what it took", () => {
    expect(followingOutcome(call, { status: "0x1", gasUsed: "0x64" })).toEqual({
      gas: 120n,
      refusal: null,
      isTried: true,
    });
  });

  it("where the chain cannot simulate several, what was measured stands, and that it was not tried is said", () => {
    expect(followingOutcome(call, null)).toEqual({ gas: 1_000_000n, refusal: null, isTried: false });
  });

  it("the contract's own reason is told", () => {
    const data = rewardsInterface().encodeErrorResult("NodeLocked", [7, 1_700_000_000]);
    const { refusal } = followingOutcome(call, { status: "0x0", gasUsed: "0x1", error: { data } });
    expect(refusal).toMatchObject({ code: "TRANSACTION_REVERTED", values: { error: "NodeLocked(7, 1700000000)" } });
    expect(String(refusal?.values["meaning"])).toContain("2023-11-14");
  });

  it("a refusal counts before a lack of ether, and just enough ether is enough", () => {
    const refusal = quorateError("TRANSACTION_REVERTED", { error: "NotStarted()" });
    const calls = [{ call, gas: 100n, costWei: 200n, refusal, isTried: true }];
    expect(obstacleOf(plan({}))).toBeNull();
    expect(obstacleOf(plan({ calls, haveWei: 0n }))).toBe(refusal);
    expect(obstacleOf(plan({ haveWei: 199n }))).toMatchObject({
      code: "ACCOUNT_LACKS_ETHER",
      values: { have: "0.000000000000000199 ether", need: "0.0000000000000002 ether" },
    });
  });
});
