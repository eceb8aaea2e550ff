// The branch trees beside the Solidity tests: each file of tests has one, every leaf names the tests that reach it, and
// every test stands in the tree of its file. A leaf is a line under which there is none: `what happens · test_one,
// test_two`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageDir } from "../src/artifacts.ts";

const directory = join(packageDir, "test", "solidity");
const files = readdirSync(directory);
const suites = files.filter((name) => name.endsWith(".t.sol")).map((name) => name.slice(0, -".t.sol".length));
const read = (name: string): string => readFileSync(join(directory, name), "utf8");
const testsOf = (suite: string): string[] =>
  [...read(`${suite}.t.sol`).matchAll(/^ {4}function ((?:test|testFuzz|invariant)_\w+)\(/gm)].map(
    ([, name]) => name as string,
  );
const everyTest = new Set(suites.flatMap(testsOf));

/** The leaves of a tree: lines that no deeper line follows. */
function leavesOf(tree: string): string[] {
  const lines = tree.trimEnd().split("\n");
  const depth = (line: string | undefined): number => (line === undefined ? 0 : line.search(/[^\s│├└─]/));
  return lines.filter((line, i) => depth(lines[i + 1]) <= depth(line));
}

/** The tests that a leaf names. */
const namesOf = (leaf: string): string[] => leaf.split(" · ")[1]?.split(", ") ?? [];

test("every file of tests has a tree, and every tree its tests", () => {
  const trees = files.filter((name) => name.endsWith(".tree")).map((name) => name.slice(0, -".tree".length));
  expect(trees.toSorted()).toEqual(suites.toSorted());
});

describe.each(suites)("%s.tree", (suite) => {
  test("every leaf names tests that exist", () => {
    const leaves = leavesOf(read(`${suite}.tree`));
    expect(leaves.length).toBeGreaterThan(0);
    expect(leaves.filter((leaf) => !namesOf(leaf).some((name) => everyTest.has(name)))).toEqual([]);
    expect(leaves.flatMap(namesOf).filter((name) => !everyTest.has(name))).toEqual([]);
  });

  test("every test of the file stands in it", () => {
    const named = new Set(leavesOf(read(`${suite}.tree`)).flatMap(namesOf));
    expect(testsOf(suite).length).toBeGreaterThan(0);
    expect(testsOf(suite).filter((name) => !named.has(name))).toEqual([]);
  });
});
