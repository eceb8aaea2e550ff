import type { NodeState } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { LifeTable, rangesOf } from "./lifeTable.ts";

const plain = (_format: unknown, text: string): string => text;
const node = (id: number, state: NodeState, uptime: string) => ({ id, state, uptime });

describe("the table of nodes by epoch", () => {
  it("shows who signed which epoch's report, with nodes of one history on one line (P-59)", () => {
    const table = new LifeTable();
    table.look({
      closedEpoch: 3,
      nodes: [node(1, "active", "UPP"), node(2, "active", "UPP"), node(3, "active", "UPM")],
    });
    const [header, together, apart] = table.lines(plain);
    expect(header).toBe("  epoch           0  1  2");
    expect(together).toBe("  nodes 1–2       ·  ●  ●  active");
    expect(apart).toBe("  node 3          ·  ●  ○  active");
  });

  it("keeps the way of each node's state, and epochs that an agent has forgotten", () => {
    const table = new LifeTable();
    table.look({ closedEpoch: 1, nodes: [node(1, "active", "M")] });
    table.look({ closedEpoch: 2, nodes: [node(1, "decommissioned", "M")] });
    table.look({ closedEpoch: 3, nodes: [node(1, "active", "P")] });
    const [header, row] = table.lines(plain);
    expect(header).toBe("  epoch           0  1  2");
    expect(row).toBe("  node 1          ○  ○  ●  active → decommissioned → active");
  });

  it("shows the last epochs when there are more than fit", () => {
    const table = new LifeTable();
    table.look({ closedEpoch: 30, nodes: [node(1, "active", "P".repeat(24))] });
    const [header, row] = table.lines(plain);
    expect(header?.trim().split(/\s+/).slice(1)).toEqual(Array.from({ length: 14 }, (_, i) => String(16 + i)));
    expect(row?.match(/●/g)).toHaveLength(14);
  });

  it("fits 80 columns: where states need more room they stand below", () => {
    const table = new LifeTable();
    const states: NodeState[] = ["pending", "active", "decommissioned", "active", "exited"];
    for (const [i, state] of states.entries()) table.look({ closedEpoch: 20 + i, nodes: [node(1, state, "P")] });
    const lines = table.lines(plain);
    expect(lines[2]).toBe(`${" ".repeat(18)}pending → active → decommissioned → active → exited`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  });

  it("is there before any epoch has closed", () => {
    const table = new LifeTable();
    table.look({ closedEpoch: null, nodes: [node(1, "active", "")] });
    expect(table.lines(plain)[1]).toBe("  node 1          ·  active");
  });

  it.each([
    [[4], "node 4"],
    [[1, 2, 3], "nodes 1–3"],
    [[1, 3, 4, 9], "nodes 1, 3–4, 9"],
  ])("names %j as %s", (ids, text) => expect(rangesOf(ids)).toBe(text));
});
