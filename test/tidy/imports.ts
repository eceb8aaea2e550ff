/**
 * Who imports whom among our own files. Enters: sources. Leaves: a graph, its circles, and what nothing leads to.
 * Imports of types count like any other: whoever reads one file of a circle has to read all of it.
 */
import { posix } from "node:path";
import { importsOf, type Source } from "./sources.ts";

/** From each file to the files it imports; paths from the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function importGraph(sources: readonly Source[]): ImportGraph {
  const known = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, text }) => {
      const targets = importsOf(text)
        .filter((target) => target.startsWith("."))
        .map((target) => posix.join(posix.dirname(path), target));
      return [path, targets.filter((target) => known.has(target))];
    }),
  );
}

/** Files that reach each other: one sorted list a circle. */
export function circlesOf(graph: ImportGraph): string[][] {
  const reachable = new Map([...graph.keys()].map((path) => [path, reachableFrom(graph, [path])]));
  const circles = new Map<string, string[]>();
  for (const [path, targets] of reachable) {
    if (!targets.has(path)) continue;
    const members = [...targets].filter((target) => reachable.get(target)?.has(path)).sort();
    circles.set(members.join(), members);
  }
  return [...circles.values()];
}

/** Everything the imports of `from` lead to. */
export function reachableFrom(graph: ImportGraph, from: readonly string[]): Set<string> {
  const found = new Set<string>();
  const next = [...from];
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    for (const target of graph.get(path) ?? []) {
      if (found.has(target)) continue;
      found.add(target);
      next.push(target);
    }
  }
  return found;
}
