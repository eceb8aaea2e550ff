import type { PoolView } from "@quorate/client";
import { describe, expect, it } from "vitest";
import { byOffer, judgeAmount, spaceLeft } from "./contribution.ts";

const TOKEN = 1_000_000_000n;
const bounds = (minimum: bigint, maximum: bigint, leastLeft: bigint) => ({
  bounds: { minimum: minimum * TOKEN, maximum: maximum * TOKEN, leastLeft: leastLeft * TOKEN },
});
const OPEN = bounds(10n, 100n, 5n);

describe("P-46: what a pool takes is known before the wallet opens", () => {
  it("from the least to the most, typed as people do", () => {
    expect(judgeAmount("10", OPEN, null)).toEqual({ amount: 10n * TOKEN });
    expect(judgeAmount(" 100 ", OPEN, null)).toEqual({ amount: 100n * TOKEN });
    expect(judgeAmount("50.000000001", OPEN, null)).toEqual({ amount: 50n * TOKEN + 1n });
    expect(judgeAmount("9.999999999", OPEN, null)).toEqual({ problem: "tooLittle", least: 10n * TOKEN });
    expect(judgeAmount("100.000000001", OPEN, null)).toEqual({ problem: "tooMuch", most: 100n * TOKEN });
  });

  it("what is left is nothing, or enough for one more; the least is always taken", () => {
    expect(judgeAmount("95", OPEN, null)).toEqual({ amount: 95n * TOKEN });
    expect(judgeAmount("96", OPEN, null)).toEqual({
      problem: "leavesTooLittle",
      most: 95n * TOKEN,
      leastLeft: 5n * TOKEN,
    });
    expect(judgeAmount("98", bounds(98n, 100n, 5n), null)).toEqual({ amount: 98n * TOKEN });
  });

  it("what is no amount, what takes nothing, and more than the account has", () => {
    for (const text of ["ten", "-1", "1e3", "1.0000000001", "0x10"]) {
      expect(judgeAmount(text, OPEN, null)).toEqual({ problem: "malformed" });
    }
    expect(judgeAmount("", OPEN, null)).toEqual({ problem: "empty" });
    expect(judgeAmount("10", bounds(0n, 0n, 0n), null)).toEqual({ problem: "nothing" });
    expect(judgeAmount("20", OPEN, 20n * TOKEN - 1n)).toEqual({ problem: "notHeld", have: 20n * TOKEN - 1n });
    expect(judgeAmount("20", OPEN, 20n * TOKEN)).toEqual({ amount: 20n * TOKEN });
  });
});

describe("the order of pools", () => {
  const pool = (address: string, more: Partial<PoolView>): PoolView =>
    ({
      address,
      status: "open",
      feeBps: 500,
      stakingRequirement: 100n,
      total: 25n,
      reservations: [],
      ...more,
    }) as never;

  it("open ones first, then the lower fee, then the larger space; what is reserved is no space", () => {
    const reserved = pool("d", { reservations: [{ addr: "0x00", amount: 70n }] });
    expect(spaceLeft(reserved)).toBe(5n);
    const all = [pool("a", { status: "full", feeBps: 1 }), pool("b", { feeBps: 900 }), reserved, pool("c", {})];
    expect(all.sort(byOffer).map(({ address }) => address)).toEqual(["c", "d", "b", "a"]);
  });
});
