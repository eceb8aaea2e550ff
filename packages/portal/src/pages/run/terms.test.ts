import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { boundsOf, feeBpsOf, judgeTerms } from "./terms.ts";

const TOKEN = 1_000_000_000n;
const STAKE = 100n * TOKEN;
const OPERATOR: Address = `0x${"a1".repeat(20)}`;
const [ONE, TWO] = ["b2", "c3"].map((pair): Address => `0x${pair.repeat(20)}`) as [Address, Address];
const judge = (amount: string, reserved = "") => judgeTerms({ amount, reserved }, OPERATOR, STAKE);

describe("a pool's terms are checked before its contract is made", () => {
  it("P-27: the operator pays a quarter at least, others a twentieth, each rounded up", () => {
    expect(boundsOf(STAKE)).toEqual({ least: 25n * TOKEN, leastPart: 5n * TOKEN });
    expect(boundsOf(3n)).toEqual({ least: 1n, leastPart: 1n });
    expect(judge("25")).toEqual({ amount: 25n * TOKEN, reserved: [] });
    expect(judge("24.999999999")).toEqual({ problem: "tooLittle", least: 25n * TOKEN });
    expect(judge("100")).toMatchObject({ amount: STAKE });
    expect(judge("100.1")).toEqual({ problem: "tooMuch", most: STAKE });
    expect(judge("96")).toEqual({ problem: "leavesTooLittle", leastLeft: 5n * TOKEN });
    expect(judge("much")).toEqual({ problem: "amount" });
  });

  it("P-45: places are kept for others, each once, each large enough, within the stake", () => {
    expect(judge("25", `${ONE} 5\n\n ${TWO}=12.5 `)).toEqual({
      amount: 25n * TOKEN,
      reserved: [
        { addr: ONE, amount: 5n * TOKEN },
        { addr: TWO, amount: (25n * TOKEN) / 2n },
      ],
    });
    expect(judge("25", `${ONE} 80`)).toEqual({ problem: "tooMuch", most: 20n * TOKEN });
    expect(judge("25", `${ONE} 5\n${ONE} 5`)).toEqual({ problem: "placeTwice", line: 2 });
    expect(judge("25", `${OPERATOR} 5`)).toEqual({ problem: "placeTwice", line: 1 });
    expect(judge("25", `${ONE} 4`)).toEqual({ problem: "placeTooSmall", line: 1, least: 5n * TOKEN });
    for (const line of ["me 5", `${ONE}`, `${ONE} 5 6`, `${ONE} five`]) {
      expect(judge("25", line)).toEqual({ problem: "place", line: 1 });
    }
    const ten = Array.from({ length: 10 }, (_, i) => `0x${String(i + 1).padStart(40, "0")} 5`).join("\n");
    expect(judge("25", ten)).toEqual({ problem: "tooManyPlaces" });
  });

  it("fees are per cent with two decimals at most", () => {
    expect(["5", "7.25", "0", "100", "0.5"].map(feeBpsOf)).toEqual([500, 725, 0, 10_000, 50]);
    for (const text of ["", "-1", "100.01", "1.234", "5%", "101"]) expect(feeBpsOf(text)).toBeNull();
  });
});
