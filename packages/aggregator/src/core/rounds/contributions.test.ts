import { type NodeId, Signers } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PARTIALS_KEPT_MAX } from "../limits.ts";
import { disjointParts, type Group, isOfUse, keepPartial, newGroup, signersOf } from "./contributions.ts";

const MESSAGE = { kind: "Contest", message: { epoch: 1 } } as const;
const partial = (ids: readonly NodeId[], subnet = 0) => ({
  subnet,
  signers: Signers.of(ids),
  signature: new Uint8Array(1),
});

function groupOf(shares: readonly NodeId[], ...partials: readonly (readonly NodeId[])[]): Group {
  const group = newGroup(MESSAGE);
  for (const id of shares) group.shares.set(id, new Uint8Array(1));
  for (const ids of partials) if (isOfUse(group, partial(ids))) keepPartial(group, partial(ids));
  return group;
}

const idsOf = (group: Group) => signersOf(group).ids();

describe("P-135: contributions", () => {
  it("of partials that overlap the one with more signers counts, and single shares of the others", () => {
    expect(idsOf(groupOf([], [1, 2, 3], [3, 4]))).toEqual([1, 2, 3]);
    expect(idsOf(groupOf([4], [1, 2, 3], [3, 4]))).toEqual([1, 2, 3, 4]);
  });

  it("of partials that overlap those count that say most together", () => {
    const both = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(idsOf(groupOf([], [1, 2, 3, 4], [5, 6, 7, 8, 9], [2, 3, 4, 5, 6, 7]))).toEqual(both);
    expect(idsOf(groupOf([], [2, 3, 4, 5, 6, 7], [1, 2, 3, 4], [5, 6, 7, 8, 9]))).toEqual(both);
  });

  it("what is within a new partial stays while it adds to another", () => {
    expect(idsOf(groupOf([], [4], [5, 6], [4, 5]))).toEqual([4, 5, 6]);
    expect(groupOf([], [4], [5, 6], [4, 5, 6]).partials.map(({ signers }) => signers.ids())).toEqual([[4, 5, 6]]);
  });

  it("what completes a partial is kept, whatever overlaps it", () => {
    const large = [
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 7],
      [1, 2, 3, 4, 6, 7],
      [1, 2, 3, 5, 6, 7],
    ];
    const group = groupOf([], ...large);
    const rest = partial([7, 8]);
    expect(isOfUse(group, rest)).toBe(true);
    keepPartial(group, rest);
    expect(group.partials).toHaveLength(PARTIALS_KEPT_MAX);
    expect(idsOf(group)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("a partial that leaves a node out never keeps out one that has it", () => {
    const liars = [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ].map((ids) => ids);
    const group = groupOf([], ...liars);
    expect(group.partials).toHaveLength(PARTIALS_KEPT_MAX);
    const whole = partial([1, 2, 3, 4, 5, 6, 7]);
    expect(isOfUse(group, whole)).toBe(true);
    keepPartial(group, whole);
    expect(group.partials).toEqual([whole]);
  });

  it("what is within a partial, or among the single shares, is of no use", () => {
    expect(isOfUse(groupOf([], [1, 2, 3]), partial([1, 3]))).toBe(false);
    expect(isOfUse(groupOf([1, 2]), partial([1, 2]))).toBe(false);
    expect(isOfUse(groupOf([1, 2]), partial([1, 2, 3]))).toBe(true);
    expect(isOfUse(undefined, partial([1]))).toBe(true);
  });

  it("a full subnet takes a partial only for a smaller one, and other subnets have room of their own", () => {
    const group = groupOf([], [1, 2], [3, 4], [5, 6], [7, 8]);
    expect(isOfUse(group, partial([9, 10]))).toBe(false);
    expect(isOfUse(group, partial([9, 10, 11]))).toBe(true);
    expect(isOfUse(group, partial([9, 10], 1))).toBe(true);
    keepPartial(group, partial([9, 10, 11]));
    expect(group.partials).toHaveLength(PARTIALS_KEPT_MAX);
  });

  it("whatever came, parts are disjoint and of allowed nodes, and every single share is in", () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
    const world = fc.record({ shares: ids, partials: fc.array(ids, { maxLength: 12 }), allowed: ids });
    fc.assert(
      fc.property(world, ({ shares, partials, allowed }) => {
        const group = groupOf(shares, ...partials);
        for (const some of [Signers.of([...shares, ...partials.flat()]), Signers.of(allowed)]) {
          const isAllowed = (id: NodeId) => some.has(id);
          const taken = disjointParts(group, some).flatMap((part) => part.ids);
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.every(isAllowed)).toBe(true);
          expect(shares.filter(isAllowed).every((id) => taken.includes(id))).toBe(true);
        }
        expect(group.partials.length).toBeLessThanOrEqual(PARTIALS_KEPT_MAX);
        // Nobody takes away what others gave.
        let counted = shares.length;
        const growing = groupOf(shares);
        for (const one of partials) {
          if (isOfUse(growing, partial(one))) keepPartial(growing, partial(one));
          const all = idsOf(growing).length;
          expect(all).toBeGreaterThanOrEqual(Math.max(counted, new Set([...shares, ...one]).size));
          counted = all;
        }
      }),
    );
  });
});
