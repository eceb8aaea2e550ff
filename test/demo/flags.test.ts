import { QuorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

describe("parseFlags", () => {
  it("is 24 nodes with one silent by default", () => {
    expect(parseFlags([])).toEqual({ nodes: 24, offline: 1, life: false, json: false, help: false });
  });

  it("silences nobody by default below 20 nodes, where 95% is unanimity (P-24)", () => {
    expect(parseFlags(["--nodes", "19"]).offline).toBe(0);
    expect(parseFlags(["--nodes=20"]).offline).toBe(1);
    expect(parseFlags(["--nodes", "19", "--offline", "1"]).offline).toBe(1);
  });

  it("--life silences one node at least, and no more than a quarter, with which payments stop (P-24)", () => {
    expect(parseFlags(["--life", "--nodes", "10"])).toMatchObject({ life: true, nodes: 10, offline: 1 });
    expect(parseFlags(["--life", "--nodes", "10", "--offline", "2"]).offline).toBe(2);
    for (const few of ["--nodes=3", "--offline=0", "--offline=7"]) {
      expect(() => parseFlags(["--life", few])).toThrow(/^FLAG_INVALID/);
    }
  });

  it("accepts the separator that pnpm passes on", () => {
    expect(parseFlags(["--", "--json", "--offline", "2"])).toMatchObject({ json: true, offline: 2 });
  });

  it.each([
    ["--nodes", "0"],
    ["--nodes", "65"],
    ["--nodes", "abc"],
    ["--nodes", "-1"],
    ["--nodes", "2.5"],
    ["--nodes", ""],
    ["--nodes", "1e1"],
    ["--nodes"],
    ["--offline", "24"],
    ["--offline", "25"],
    ["--nodes", "4", "--offline", "4"],
    ["--verbose"],
    ["24"],
  ])("error: %s %s is refused with FLAG_INVALID", (...argv) => {
    const attempt = () => parseFlags(argv);
    expect(attempt).toThrow(QuorateError);
    expect(attempt).toThrow(/^FLAG_INVALID/);
  });
});
