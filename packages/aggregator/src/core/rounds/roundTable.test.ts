import { type RoundId, roundKey, type SignedClaimRequest } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { ROUNDS_MAX, UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { RoundTable } from "./roundTable.ts";

/** The round of the n-th recipient. */
const round = (n: number, epoch: number): RoundId => ({
  kind: "RewardClaim",
  epoch,
  subject: `0x${n.toString(16).padStart(40, "0")}`,
});

/** What the table looks at of a request. */
const request = (nodeId: number): SignedClaimRequest => ({
  recipient: `0x${"00".repeat(20)}`,
  epoch: 1,
  nodeId,
  identitySignature: new Uint8Array(64),
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

  it("when full, a wanted round displaces the oldest unwanted one first", () => {
    const table = new RoundTable();
    table.forShare(round(1, 1), 7);
    for (let i = 0; i < ROUNDS_MAX - 1; i++) table.want(round(10 + i, 1), request(i % 100));
    expect(table.size).toBe(ROUNDS_MAX);
    expect(table.want(round(2, 1), request(7))).not.toBeNull();
    expect(table.get(round(1, 1))).toBeUndefined();
    expect(table.get(round(10, 1))).toBeDefined();
    expect(table.size).toBe(ROUNDS_MAX);
  });
});

describe("rounds shared out by who asked (P-78)", () => {
  /** A table that node 66 has filled but for what others asked for before: node 1 for round 1. */
  function flooded(): RoundTable {
    const table = new RoundTable();
    table.want(round(1, 1), request(1));
    for (let i = 0; i < ROUNDS_MAX - 1; i++) table.want(round(10 + i, 1), request(66));
    return table;
  }

  it("P-78: one node fills the table: others still get rounds, at the cost of its oldest, and keep theirs", () => {
    const table = flooded();
    for (let i = 0; i < 50; i++) expect(table.want(round(20_000 + i, 1), request(2 + i))).not.toBeNull();
    expect(table.size).toBe(ROUNDS_MAX);
    expect(table.get(round(1, 1))).toBeDefined();
    expect(Array.from({ length: 51 }, (_, i) => table.get(round(10 + i, 1)) === undefined)).toEqual([
      ...Array(50).fill(true),
      false,
    ]);
    // Its own next one costs it another of its own.
    expect(table.want(round(30_000, 1), request(66))).not.toBeNull();
    expect(table.get(round(60, 1))).toBeUndefined();
    expect(table.get(round(20_000, 1))).toBeDefined();
  });

  it("P-78: who asks for others' rounds first does not fill its own part with them", () => {
    const table = flooded();
    table.want(round(10, 1), request(5));
    expect(table.get(round(10, 1))?.origin).toBe(5);
    for (let i = 0; i < 50; i++) table.want(round(20_000 + i, 1), request(2));
    expect(table.get(round(10, 1))).toBeDefined();
    expect(table.get(round(11, 1))).toBeUndefined();
  });

  it("P-78: a round that a staker of this agent waits for is never dropped, nor one of another kind", () => {
    const table = flooded();
    const awaited = roundKey(round(10, 1));
    table.keep((key) => key === awaited);
    const report = { kind: "EpochReport", epoch: 1, subject: "" } as const;
    expect(table.want(report, null)?.turn).toBe(true);
    for (let i = 0; i < 5; i++) table.want(round(20_000 + i, 1), request(2));
    expect(table.get(round(10, 1))).toBeDefined();
    expect(table.get(report)).toBeDefined();
    table.keep(() => true);
    expect(table.want(round(30_000, 1), request(3))).toBeNull();
  });
});
