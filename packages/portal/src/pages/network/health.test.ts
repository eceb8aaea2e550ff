import { hasMoneyQuorum } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { healthOf, nodesThatMayFail } from "./health.ts";

const STAKE = 25_000_000_000_000n;
const stakes = (active: bigint, decommissioned = 0n) => ({
  activeStake: active,
  decommissionedStake: decommissioned,
});
const signedBut = (missing: bigint, { activeStake, decommissionedStake }: ReturnType<typeof stakes>) => ({
  ...{ activeStake, decommissionedStake },
  signedActive: activeStake - missing,
  signedFloor: activeStake - missing,
});

describe("P-24: the stake that may still fail", () => {
  it("is the most that may be missing: one atomic unit more, and the contract refuses", () => {
    for (const all of [
      stakes(2_000n * STAKE),
      stakes(101n * STAKE + 7n),
      stakes(80n * STAKE, 25n * STAKE),
      stakes(1n),
      stakes(100n * STAKE, 33n * STAKE + 1n),
    ]) {
      const { mayFail } = healthOf(all);
      expect(hasMoneyQuorum(signedBut(mayFail, all))).toBe(true);
      expect(hasMoneyQuorum(signedBut(mayFail + 1n, all))).toBe(false);
    }
  });

  it("is bounded by the floor once decommissioned stake is a fifth of the whole and more", () => {
    expect(healthOf(stakes(100n * STAKE, 26n * STAKE)).by).toBe("active");
    expect(healthOf(stakes(100n * STAKE, 27n * STAKE)).by).toBe("floor");
  });

  it("is nothing where the active nodes alone do not reach the floor", () => {
    expect(healthOf(stakes(70n * STAKE, 30n * STAKE))).toEqual({ mayFail: 0n, by: "floor", isShort: true });
    expect(healthOf(stakes(75n * STAKE, 25n * STAKE))).toMatchObject({ mayFail: 0n, isShort: false });
  });

  it("in nodes it is how many may fail whichever they are", () => {
    expect(nodesThatMayFail(Array(2_000).fill(STAKE), healthOf(stakes(2_000n * STAKE)).mayFail)).toBe(100);
    expect(nodesThatMayFail([1n, 1n, 1n, 5n], 6n)).toBe(2);
    expect(nodesThatMayFail([1n, 1n, 5n], 4n)).toBe(0);
  });
});
