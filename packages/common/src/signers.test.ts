import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_SIGNERS_BITS, MAX_SIGNERS_BYTES, Signers } from "./signers.ts";
import { thrownCode } from "./testing/index.ts";

const id = fc.integer({ min: 1, max: MAX_SIGNERS_BITS - 1 });
const smallSet = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });

describe("Signers", () => {
  it("bit i is node id i, least significant bit first, without trailing zeros", () => {
    expect(Signers.of([1]).toHex()).toBe("0x02");
    expect(Signers.of([8, 1, 8]).toHex()).toBe("0x0201");
    expect(Signers.of([15, 16]).toHex()).toBe("0x008001");
    expect(Signers.empty.toHex()).toBe("0x");
    expect(Signers.of([65_535]).toBytes()).toHaveLength(MAX_SIGNERS_BYTES);
  });

  it("goes through bytes and hex and back", () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 50 }), (ids) => {
        const signers = Signers.of(ids);
        const sorted = ids.toSorted((a, b) => a - b);
        expect(signers.ids()).toEqual(sorted);
        expect(signers.count).toBe(ids.length);
        expect(Signers.fromBytes(signers.toBytes()).ids()).toEqual(sorted);
        expect(Signers.fromHex(signers.toHex()).equals(signers)).toBe(true);
      }),
    );
  });

  it("is a set: add, has, union, without, isSuperset, isDisjoint", () => {
    fc.assert(
      fc.property(smallSet, smallSet, (a, b) => {
        const [left, right] = [new Set(a), new Set(b)];
        const [signersA, signersB] = [a.reduce((s, i) => s.add(i), Signers.empty), Signers.of(b)];
        const ascending = (ids: number[]) => [...new Set(ids)].sort((x, y) => x - y);
        expect(signersA.union(signersB).ids()).toEqual(ascending([...a, ...b]));
        expect(signersB.without(signersA).ids()).toEqual(ascending(b.filter((i) => !left.has(i))));
        expect(signersA.isSuperset(signersB)).toBe(b.every((i) => left.has(i)));
        expect(signersA.isDisjoint(signersB)).toBe(!a.some((i) => right.has(i)));
        for (const i of a) expect(signersB.has(i)).toBe(right.has(i));
      }),
    );
  });

  it("never changes, and hands out copies", () => {
    const signers = Signers.of([3]);
    signers.add(4);
    signers.toBytes().fill(255);
    expect(signers.ids()).toEqual([3]);
    expect(signers.add(3)).toBe(signers);
    const bytes = Uint8Array.of(0x02);
    const fromBytes = Signers.fromBytes(bytes);
    bytes[0] = 0x04;
    expect(fromBytes.ids()).toEqual([1]);
  });

  it.each([0, -1, 1.5, MAX_SIGNERS_BITS, Number.NaN, 2 ** 32 + 1])("error: %d is no node id", (bad) => {
    expect(thrownCode(() => Signers.of([bad]))).toBe("NODE_ID_INVALID");
    expect(thrownCode(() => Signers.empty.add(bad))).toBe("NODE_ID_INVALID");
    expect(Signers.of([1]).has(bad)).toBe(false);
  });

  it("error: encodings that are not canonical", () => {
    for (const hex of ["0x00", "0x0200", "0x01", "0x0302", `0x${"01".repeat(MAX_SIGNERS_BYTES + 1)}`]) {
      expect(thrownCode(() => Signers.fromHex(hex))).toBe("SIGNERS_MALFORMED");
    }
  });
});
