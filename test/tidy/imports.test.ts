import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { circlesOf, importGraph, reachableFrom } from "./imports.ts";
import { readSources } from "./sources.ts";

const sources = readSources(/^(packages|test)\/.*\.(tsx?|mjs)$/);
const graph = importGraph(sources);
const file = (path: string, text = "") => ({ path, text });

/** Circles that were there before the guard. None may join them. */
const KNOWN: readonly string[] = [
  ["deploy", "verifyDeployment", "verifyTimelock"].map((name) => `packages/contracts/src/${name}.ts`).join(","),
  "packages/contracts/test/compare.ts,packages/contracts/test/history.ts",
];

describe("import circles", () => {
  it("the guard finds one, type-only imports included, however long it is", () => {
    const made = importGraph([
      file("packages/x/a.ts", 'import { b } from "./b.ts";'),
      file("packages/x/b.ts", 'import type { C } from "./deep/c.ts";'),
      file("packages/x/deep/c.ts", 'export { a } from "../a.ts";'),
      file("packages/x/d.ts", 'import { a } from "./a.ts";'),
    ]);
    expect(circlesOf(made)).toEqual([["packages/x/a.ts", "packages/x/b.ts", "packages/x/deep/c.ts"]]);
  });

  it("there is none but those known", () => {
    expect(graph.size).toBeGreaterThan(100);
    expect(circlesOf(graph).filter((circle) => !KNOWN.includes(circle.join()))).toEqual([]);
  });
});

describe("dead files", () => {
  const exported = readSources(/^packages\/\w+\/package\.json$/).flatMap(({ path, text }) => {
    const { exports = {}, bin = {} } = JSON.parse(text) as { exports?: object; bin?: object };
    return [...Object.values(exports), ...Object.values(bin)].map((target) => posix.join(posix.dirname(path), target));
  });
  /** What is started by name: by a script of a package.json, the pipeline, a page. */
  const started = readSources(/(^|\/)package\.json$|^\.ci\/|\/index\.html$/)
    .map(({ text }) => text)
    .join("\n");
  /** Names of files in strings that are no import: workers, children, setup files. */
  const named = new Set(
    [...sources, ...readSources(/^vitest\.config\.ts$/)].flatMap(({ text }) =>
      [...withoutImports(text).matchAll(/["`/]([\w.-]+\.(?:ts|mjs))["`]/g)].map(([, name]) => name as string),
    ),
  );

  const isEntry = (path: string): boolean =>
    /\.(test|story)\.ts$|\/(hardhat[\w.]*|vite)\.config\.ts$/.test(path) ||
    exported.includes(path) ||
    started.includes(path.replace(/^packages\/[^/]+\//, "")) ||
    named.has(posix.basename(path));

  it("every file is an entry, or an entry leads to it", () => {
    const entries = sources.map(({ path }) => path).filter(isEntry);
    const alive = new Set([...entries, ...reachableFrom(graph, entries)]);
    expect(alive.size).toBeGreaterThan(100);
    expect(sources.map(({ path }) => path).filter((path) => !alive.has(path))).toEqual([]);
  });
});

function withoutImports(text: string): string {
  return text.replace(/(?:from|import)\s*\(?\s*"[^"]+"/g, "");
}
