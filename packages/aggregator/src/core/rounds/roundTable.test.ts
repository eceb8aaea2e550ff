import type { RoundId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { ROUNDS_MAX, UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { RoundTable } from "./roundTable.ts";

/** The round of the n-th recipient. */
const round = (n: number, epoch: number): RoundId => ({
  kind: "RewardClaim",
  epoch,
  subject: `0x${n.toString(16).padStart(40, "0")}`,
});

describe("RoundTable (P-88)", () => {
  it("bounds the rounds one node can open with shares alone; others are not affected", () => {
    const table = new RoundTable();
    for (let i = 0; i < UNWANTED_ROUNDS_PER_NODE_MAX; i++) expect(table.forShare(round(i, 1), 7)).not.toBeNull();
    expect(table.mayShare(round(9_999, 1), 7)).toBe(false);
    expect(table.forShare(round(9_999, 1), 7)).toBeNull();
    expect(table.mayShare(round(3, 1), 7)).toBe(true);
    expect(table.forShare(round(9_999, 1), 8)).not.toBeNull();
  });

  it("gives the budget back when a round is asked for or leaves the window", () => {
    const table = new RoundTable();
    for (let i = 0; i < UNWANTED_ROUNDS_PER_NODE_MAX; i++) table.forShare(round(i, i === 0 ? 5 : 1), 7);
    table.want(round(0, 5), null);
    expect(table.mayShare(round(500, 1), 7)).toBe(true);
    table.prune(5);
    expect(table.size).toBe(1);
    for (let i = 0; i < UNWANTED_ROUNDS_PER_NODE_MAX; i++) expect(table.forShare(round(i, 6), 7)).not.toBeNull();
  });

  it("when full, a wanted round displaces the oldest unwanted one, never a wanted one", () => {
    const table = new RoundTable();
    table.forShare(round(1, 1), 7);
    for (let i = 0; i < ROUNDS_MAX - 1; i++) table.want(round(10 + i, 1), null);
    expect(table.size).toBe(ROUNDS_MAX);
    expect(table.want(round(2, 1), null)).not.toBeNull();
    expect(table.get(round(1, 1))).toBeUndefined();
    expect(table.want(round(3, 1), null)).toBeNull();
    expect(table.size).toBe(ROUNDS_MAX);
  });
});
