import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { recordsOf } from "./records.ts";

const [ONE, TWO] = ["a1", "b2"].map((pair): Address => `0x${pair.repeat(20)}`) as [Address, Address];

describe("an operator's record", () => {
  it("its nodes of any state, and the epochs in which they were judged; one without nodes has an empty record", () => {
    const nodes = [
      { id: 1, operator: ONE, state: "active", uptime: "PPMU" },
      { id: 2, operator: ONE, state: "exited", uptime: "" },
    ] as const;
    expect(recordsOf(nodes, [ONE, TWO])).toEqual({
      [ONE]: {
        nodes: [
          { id: 1, state: "active", uptime: "PPMU" },
          { id: 2, state: "exited", uptime: "" },
        ],
        judged: 3,
        present: 2,
      },
      [TWO]: { nodes: [], judged: 0, present: 0 },
    });
  });
});
