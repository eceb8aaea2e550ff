import { describe, expect, it } from "vitest";
import { KEYS_MAX, KeyTable } from "./keyTable.ts";

const key = (n: number): Uint8Array => {
  const bytes = new Uint8Array(96);
  new DataView(bytes.buffer).setUint32(40, n);
  return bytes;
};
const read = (keys: SharedArrayBuffer, slot: number | undefined) => new Uint8Array(keys, (slot ?? 0) * 96, 96);

describe("KeyTable", () => {
  it("writes each key once, known by its bytes", () => {
    const table = new KeyTable();
    const first = table.place([key(1), key(2), key(1)]);
    const again = table.place([Uint8Array.from(key(2)), key(3)]);
    expect([...first.slots, ...again.slots]).toEqual([0, 1, 0, 1, 2]);
    expect(again.keys).toBe(first.keys);
    expect(read(again.keys, again.slots[1])).toEqual(key(3));
  });

  it("begins anew when full (P-88): jobs under way keep the keys they named", () => {
    const table = new KeyTable();
    const full = table.place(Array.from({ length: KEYS_MAX }, (_, n) => key(n)));
    expect(table.place([key(0), key(KEYS_MAX - 1)]).keys).toBe(full.keys);
    const next = table.place([key(5), key(KEYS_MAX)]);
    expect(next.keys).not.toBe(full.keys);
    expect([...next.slots].map((slot) => read(next.keys, slot))).toEqual([key(5), key(KEYS_MAX)]);
    expect(read(full.keys, full.slots[KEYS_MAX - 1])).toEqual(key(KEYS_MAX - 1));
  });
});
