import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { judgeBeneficiary } from "./beneficiary.ts";

const SOMEBODY: Address = `0x${"a1".repeat(20)}`;
const REWARDS: Address = `0x${"b2".repeat(20)}`;
const judge = (code: string, address = SOMEBODY) => judgeBeneficiary(address, code, [REWARDS]);

describe("P-26: who sends the claim is paid, so a beneficiary has to be able to send one", () => {
  it("accounts can, those that lend a contract's code too (EIP-7702)", () => {
    expect(judge("0x")).toBe("account");
    expect(judge(`0xef0100${"cc".repeat(20)}`)).toBe("account");
  });

  it("a contract that calls others may be able to; its owner has to know", () => {
    expect(judge("0x6000f1")).toBe("contract");
    expect(judge("0x363d3d373d3d3d363d73bebebebebebebebebebebebebebebebebebebebe5af43d82803e903d91602b57fd5bf3")).toBe(
      "contract",
    );
  });

  it("a contract without any call never claims: bytes that are pushed are no calls", () => {
    expect(judge("0x60f15000")).toBe("callsNothing");
    expect(judge(`0x7f${"f1".repeat(32)}00`)).toBe("callsNothing");
    expect(judge("0x60")).toBe("callsNothing");
  });

  it("neither the network's own contracts nor nobody", () => {
    expect(judge("0x6000f1", REWARDS)).toBe("network");
    expect(judge("0x", `0x${"00".repeat(20)}`)).toBe("zero");
  });
});
