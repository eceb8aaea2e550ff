import { describe, expect, it } from "vitest";
import { readFlags, readWords, SWITCH, TEXT } from "./flags.ts";

const flags = { nodes: TEXT, json: SWITCH };

describe("command lines of the tools", () => {
  it.each([
    [["gas", "--nodes", "20", "--json"]],
    [["--json", "--nodes=20", "gas"]],
    [["--", "--nodes", "20", "gas", "--json"]],
  ])("%j is a word and two flags, in any order", (argv) => {
    expect(readWords(argv, flags)).toEqual({ values: { nodes: "20", json: true }, words: ["gas"] });
  });

  it("error: FLAG_INVALID for what is no flag, has no value, or is a word where there is none", () => {
    for (const argv of [["--bogus"], ["--nodes"], ["--json=1"]])
      expect(() => readWords(argv, flags)).toThrow(/^FLAG_INVALID/);
    expect(() => readFlags(["gas"], flags)).toThrow(/^FLAG_INVALID/);
    expect(readFlags(["--", "--json"], flags)).toEqual({ json: true });
  });
});
