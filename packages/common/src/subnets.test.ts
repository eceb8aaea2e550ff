import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Signers } from "./signers.ts";
import { FLOOD_MAX, isInSubnet, packSigners, subnetBits, subnetOf, unpackSigners } from "./subnets.ts";

describe("P-134: subnets", () => {
  it.each([
    [1, 0],
    [FLOOD_MAX, 0],
    [FLOOD_MAX + 1, 4],
    [256, 4],
    [257, 5],
    [500, 5],
    [2_000, 6],
    [4_096, 6],
    [10_000, 7],
    [65_535, 8],
    [1_000_000, 8],
  ])("a set of %i nodes has subnets of %i bits", (nodes, bits) => {
    expect(subnetBits(nodes)).toBe(bits);
  });

  it("a registration moves nobody until the set has grown fourfold", () => {
    expect(subnetBits(1_025)).toBe(subnetBits(4_096));
    expect(subnetBits(4_097)).toBe(subnetBits(4_096) + 1);
  });

  it("packs any nodes of a subnet, and gives back the same", () => {
    const chosen = fc.record({
      bits: fc.integer({ min: 0, max: 8 }),
      index: fc.integer({ min: 0, max: 255 }),
      places: fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(chosen, ({ bits, index, places }) => {
        const subnet = subnetOf(index, bits);
        const signers = Signers.of(places.map((place) => place * 2 ** bits + subnet.index));
        const packed = packSigners(signers, subnet);
        expect(unpackSigners(packed, subnet).equals(signers)).toBe(true);
        expect(packed.at(-1)).not.toBe(0);
        expect(signers.ids().every((id) => isInSubnet(id, subnet))).toBe(true);
      }),
    );
  });

  it("refuses a node of another subnet, and the bit that would be node 0", () => {
    expect(() => packSigners(Signers.of([5, 6]), { bits: 4, index: 5 })).toThrow("NODE_ID_INVALID");
    expect(() => unpackSigners(Uint8Array.of(1), { bits: 4, index: 0 })).toThrow("NODE_ID_INVALID");
    expect(unpackSigners(Uint8Array.of(1), { bits: 4, index: 3 }).ids()).toEqual([3]);
  });
});
