import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TURN_MAX_MS } from "../limits.ts";
import { turnMs, turnOf } from "./turns.ts";

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("turns to send (P-91)", () => {
  it("gives turn 0 to one node, turn 1 to two, turn 2 to four, whatever is wanted", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 300 }), (wanted, count) => {
        const turns = ids(count).map((id) => Math.floor(turnOf(wanted, id, ids(count))));
        const sizes = Array.from({ length: Math.max(...turns) + 1 }, (_, t) => turns.filter((one) => one === t).length);
        sizes.forEach((size, t) => {
          expect(size).toBe(t === sizes.length - 1 ? count - (2 ** t - 1) : 2 ** t);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("begins with another node for each wish: 300 reports of 20 nodes begin with each of them, none more than 30 times", () => {
    const first = new Map<number, number>();
    for (let epoch = 0; epoch < 300; epoch++) {
      const id = ids(20).find((one) => turnOf(`report:${epoch}`, one, ids(20)) === 0) as number;
      first.set(id, (first.get(id) ?? 0) + 1);
    }
    expect(first.size).toBe(20);
    expect(Math.max(...first.values())).toBeLessThanOrEqual(30);
  });

  it("the nodes of a turn follow each other evenly", () => {
    const turns = ids(15).map((id) => turnOf("report:7", id, ids(15)));
    expect(turns.sort((a, b) => a - b)).toEqual([
      0, 1, 1.5, 2, 2.25, 2.5, 2.75, 3, 3.125, 3.25, 3.375, 3.5, 3.625, 3.75, 3.875,
    ]);
  });

  it("2,000 nodes have 11 turns, of at most a minute; all of them take a quarter of an epoch at most", () => {
    expect(Math.max(...ids(2_000).map((id) => Math.floor(turnOf("report:7", id, ids(2_000)))))).toBe(10);
    expect(turnMs(3_600, 2_000)).toBe(TURN_MAX_MS);
    expect(turnMs(600, 2_000)).toBe(Math.floor(150_000 / 11));
    expect(turnMs(20, 1)).toBe(5_000);
  });
});
