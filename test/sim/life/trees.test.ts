import { type Address, buildRewardsTree, EMPTY_ROOT } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { AgentTrees, BuiltRoots } from "./trees.ts";

const a: Address = `0x${"0a".repeat(20)}`;
const b: Address = `0x${"0b".repeat(20)}`;

describe("trees of many agents", () => {
  it("are the real ones, epoch by epoch, and begin anew when they were lost", () => {
    const trees = new AgentTrees(new BuiltRoots());
    expect(trees.apply({ epoch: 0, first: true, changes: [] })).toEqual({ root: EMPTY_ROOT, totalOwed: 0n });
    expect(trees.apply({ epoch: 1, first: false, changes: [[a, 5n]] }).root).toBe(buildRewardsTree([[a, 5n]]).root);
    const both = buildRewardsTree([
      [a, 5n],
      [b, 7n],
    ]);
    expect(trees.apply({ epoch: 2, first: false, changes: [[b, 7n]] })).toEqual({ root: both.root, totalOwed: 12n });
    expect(trees.apply({ epoch: 4, first: true, changes: [[b, 9n]] }).root).toBe(buildRewardsTree([[b, 9n]]).root);
  });

  it("are built once for those who ask for the same, and never shared by those who do not", () => {
    const built = new BuiltRoots();
    let builds = 0;
    const get = built.get.bind(built);
    built.get = (history, build) =>
      get(history, () => {
        builds += 1;
        return build();
      });
    const one = new AgentTrees(built);
    const same = new AgentTrees(built);
    const other = new AgentTrees(built);
    for (const trees of [one, same, other]) trees.apply({ epoch: 1, first: true, changes: [[a, 5n]] });
    expect(builds).toBe(1);
    const right = one.apply({ epoch: 2, first: false, changes: [[b, 7n]] });
    expect(same.apply({ epoch: 2, first: false, changes: [[b, 7n]] })).toBe(right);
    expect(builds).toBe(2);
    expect(other.apply({ epoch: 2, first: false, changes: [[b, 8n]] }).root).not.toBe(right.root);
    // The same changes on top of a difference are still a difference.
    const later = { epoch: 3, first: false, changes: [[a, 9n]] as const };
    expect(other.apply(later).root).not.toBe(one.apply(later).root);
  });
});
