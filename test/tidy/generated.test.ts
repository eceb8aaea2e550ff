import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GENERATED } from "./generated.ts";
import { ROOT, readSources } from "./sources.ts";

describe("generated documents are fresh (else: npx -y pnpm@12 generate)", () => {
  for (const { path, render } of GENERATED) {
    it(path, () => expect(readFileSync(join(ROOT, path), "utf8")).toBe(render()));
  }
});

/** `P-7`, or in the name of a Solidity test `_P7_`. */
const RULE_ID = /\bP-(\d+)\b|_P(\d+)_/g;

describe("the specification and the code cite each other", () => {
  const protocol = readSources(/^docs\/protocol\.md$/)[0]?.text ?? "";
  const rules = new Set([...protocol.matchAll(/\*\*(P-\d+)\*\*/g)].map((match) => match[1] as string));
  const files = readSources(/^(packages|test)\/.*\.(tsx?|sol)$/);
  const cited = (pattern: RegExp) =>
    new Set(
      files
        .filter(({ path }) => pattern.test(path))
        .flatMap(({ text }) => [...text.matchAll(RULE_ID)].map((match) => `P-${match[1] ?? match[2]}`)),
    );

  it("every rule id in the code is in the specification", () => {
    expect([...cited(/./)].filter((id) => !rules.has(id))).toEqual([]);
  });

  it("every rule is cited by a test", () => {
    const tested = cited(/\.(test|story)\.ts$|\.t\.sol$|\/test\/|testing\//);
    expect([...rules].filter((id) => !tested.has(id))).toEqual([]);
  });
});
