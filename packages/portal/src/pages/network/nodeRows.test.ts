import type { NodeAnswer } from "@quorate/common/http";
import { describe, expect, it } from "vitest";
import { epochAt } from "./epochs.ts";
import { byState, filterNodes, sortNodes, uptimeOf } from "./nodeRows.ts";

const node = (id: number, more: Partial<NodeAnswer> = {}): NodeAnswer => ({
  ...{ id, operator: `0x${String(id % 3).repeat(40)}`, state: "active", silent: false, stake: 25n, feeBps: 0 },
  ...{ blsKey: "0x", identityKey: "0x", identityValid: true, contributors: [], uptime: "PPPP" },
  ...more,
});
const ids = (nodes: readonly NodeAnswer[]) => nodes.map(({ id }) => id);

describe("the node list", () => {
  const nodes = [node(1), node(2, { state: "pending" }), node(3, { uptime: "PMMP" }), node(12, { uptime: "UUU" })];

  it("is filtered by state, by an id as a whole, by a part of an operator's address", () => {
    expect(ids(filterNodes(nodes, { state: "pending", text: "" }))).toEqual([2]);
    expect(ids(filterNodes(nodes, { state: "all", text: " 2 " }))).toEqual([2]);
    expect(ids(filterNodes(nodes, { state: "all", text: "0X0000" }))).toEqual([3, 12]);
  });

  it("is sorted by uptime, where never judged comes before every verdict, and by id where nothing else tells", () => {
    expect(ids(sortNodes(nodes, { by: "uptime", isDescending: false }))).toEqual([12, 3, 1, 2]);
    expect(ids(sortNodes(nodes, { by: "stake", isDescending: true }))).toEqual([1, 2, 3, 12]);
    expect(ids(sortNodes(nodes, { by: "state", isDescending: false }))).toEqual([1, 3, 12, 2]);
  });

  it("P-60: uptime counts epochs that were judged only", () => {
    expect(uptimeOf("UUPPM")).toEqual({ present: 2, missed: 1, presentBps: 6_666 });
    expect(uptimeOf("UU").presentBps).toBeNull();
  });

  it("adds up by state", () => {
    expect(byState(nodes)).toMatchObject({ active: { count: 3, stake: 75n }, pending: { count: 1, stake: 25n } });
  });
});

it("P-51: an epoch closes at its last second's end; before genesis there is none", () => {
  const clock = { genesis: 1_000, epochSeconds: 20 };
  expect(epochAt(clock, 999)).toBeNull();
  expect(epochAt(clock, 1_000)).toEqual({ epoch: 0, closesAt: 1_020, secondsLeft: 20 });
  expect(epochAt(clock, 1_020)).toMatchObject({ epoch: 1, secondsLeft: 20 });
});
