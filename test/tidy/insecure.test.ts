import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, readSources } from "./sources.ts";

/** Tests, the fuzzer and the simulator: they make no signature that anyone relies on. */
const MAY_IMPORT = /^test\/(sim|fuzz|equivocation)\/|\.test\.ts$|\/testing\/|^packages\/\w+\/test\//;

describe("the insecure linear model of BLS", () => {
  const importers = readSources(/^(packages|test)\/.*\.(ts|mjs)$/).filter(({ path, text }) =>
    importsOf(text)
      .map((target) => (target.startsWith(".") ? posix.join(posix.dirname(path), target) : target))
      .some((target) => /insecure-linear|packages\/common\/src\/bls\/linear/.test(target)),
  );

  it("is used by the simulator and by tests alone (P-9)", () => {
    expect(importers.map(({ path }) => path)).toContain("test/sim/run.ts");
    expect(importers.map(({ path }) => path).filter((path) => !MAY_IMPORT.test(path))).toEqual([]);
  });

  it("and no source of a package imports the simulator", () => {
    const reaching = readSources(/^packages\/.*\.ts$/).filter(({ text }) =>
      importsOf(text).some((to) => /test\/sim/.test(to)),
    );
    expect(reaching.map(({ path }) => path)).toEqual([]);
  });
});
