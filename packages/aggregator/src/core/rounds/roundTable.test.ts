import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { ROUNDS_MAX, UNREQUESTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { RoundTable } from "./roundTable.ts";

const recipient = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;

describe("RoundTable (P-88)", () => {
  it("bounds the rounds one node can open with shares alone; others are not affected", () => {
    const table = new RoundTable();
    for (let i = 0; i < UNREQUESTED_ROUNDS_PER_NODE_MAX; i++) expect(table.forShare(recipient(i), 1, 7)).not.toBeNull();
    expect(table.mayShare(recipient(9_999), 1, 7)).toBe(false);
    expect(table.forShare(recipient(9_999), 1, 7)).toBeNull();
    expect(table.mayShare(recipient(3), 1, 7)).toBe(true);
    expect(table.forShare(recipient(9_999), 1, 8)).not.toBeNull();
  });

  it("gives the budget back when a round is asked for or leaves the window", () => {
    const table = new RoundTable();
    for (let i = 0; i < UNREQUESTED_ROUNDS_PER_NODE_MAX; i++) table.forShare(recipient(i), i === 0 ? 5 : 1, 7);
    table.request(recipient(0), 5, null);
    expect(table.mayShare(recipient(500), 1, 7)).toBe(true);
    table.prune(5);
    expect(table.size).toBe(1);
    for (let i = 0; i < UNREQUESTED_ROUNDS_PER_NODE_MAX; i++) expect(table.forShare(recipient(i), 6, 7)).not.toBeNull();
  });

  it("when full, a requested round displaces the oldest unrequested one, never a requested one", () => {
    const table = new RoundTable();
    table.forShare(recipient(1), 1, 7);
    for (let i = 0; i < ROUNDS_MAX - 1; i++) table.request(recipient(10 + i), 1, null);
    expect(table.size).toBe(ROUNDS_MAX);
    expect(table.request(recipient(2), 1, null)).not.toBeNull();
    expect(table.get(recipient(1), 1)).toBeUndefined();
    expect(table.request(recipient(3), 1, null)).toBeNull();
    expect(table.size).toBe(ROUNDS_MAX);
  });
});
