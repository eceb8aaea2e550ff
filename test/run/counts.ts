/**
 * What a test runner says. In: the lines that it printed, of vitest or of Hardhat's Solidity tests. Out: how many tests
 * passed and failed (0 where it said nothing, as when it was killed), and the names of those that failed.
 */
import { stripVTControlCharacters } from "node:util";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** vitest: `Tests  1 failed | 20 passed | 3 skipped (24)`. Hardhat: `20 passing`, `1 failing`. */
export function countsOf(lines: readonly string[]): Counts {
  const counts = { passed: 0, failed: 0 };
  for (const line of lines.map(stripVTControlCharacters)) {
    const vitest = /^\s*Tests\s.*\(\d+\)$/.test(line);
    const pattern = vitest ? /(\d+) (pass|fail)ed/g : /^\s*(\d+) (pass|fail)ing$/g;
    for (const [, count, outcome] of line.matchAll(pattern)) {
      counts[outcome === "pass" ? "passed" : "failed"] += Number(count);
    }
  }
  return counts;
}

/** How many failed tests of a part are named, so that the end of the output stays short. */
const NAMED_MAX = 5;
const LINE_MAX_CHARACTERS = 220;

/**
 * The failed tests, each with the first line of its error; of a part that failed without naming a test, its last lines.
 * vitest: ` FAIL  file > suite > test`, then the error. Hardhat: `1 failing`, then `1) Contract#test` and the error.
 */
export function failuresOf(printed: readonly string[]): string[] {
  const lines = printed.map((line) => stripVTControlCharacters(line).trimEnd()).filter((line) => line !== "");
  const listAt = lines.findIndex((line) => /^\s*\d+ failing$/.test(line));
  const isName = (line: string, at: number): boolean =>
    /^\s*FAIL\s/.test(line) || (listAt >= 0 && at > listAt && /^\s*\d+\) /.test(line));
  const names = lines.flatMap((line, at) => (isName(line, at) ? [at] : []));
  const told = names.slice(0, NAMED_MAX).flatMap((at) => {
    const error = lines[at + 1];
    // Tests that failed with the same error are listed above it, one after the other.
    return error === undefined || isName(error, at + 1) ? [lines[at]] : [lines[at], `  ${error.trim()}`];
  });
  if (names.length > NAMED_MAX) told.push(`and ${names.length - NAMED_MAX} more, above`);
  const said = names.length > 0 ? told : lines.slice(-NAMED_MAX);
  return said.map(
    (line = "") => (line.startsWith("  ") ? "  " : "") + line.trim().replace(/ +/g, " ").slice(0, LINE_MAX_CHARACTERS),
  );
}
