import { describe, expect, it } from "vitest";
import { readPasted } from "./whose.ts";

const LOWER = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
const MIXED = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

describe("what a person pastes", () => {
  it("an address in either case, with spaces around it", () => {
    for (const text of [LOWER, MIXED, ` ${MIXED}\n`])
      expect(readPasted(text)).toEqual({ kind: "address", address: LOWER });
  });

  it("one wrong letter of a checksum is refused, and the error has the right one", () => {
    const wrong = MIXED.replace("dC3", "Dc3").replace("C518", "c518");
    expect(() => readPasted(wrong)).toThrow(expect.objectContaining({ code: "ADDRESS_BAD_CHECKSUM" }));
  });

  it("a name has a dot in it; everything else is a malformed address", () => {
    expect(readPasted("Alice.ETH")).toEqual({ kind: "name", name: "alice.eth" });
    for (const text of ["", "alice", "0x1234", "a b.eth", ".eth", "https://a.example/x"]) {
      expect(() => readPasted(text)).toThrow(expect.objectContaining({ code: "ADDRESS_MALFORMED" }));
    }
  });
});
