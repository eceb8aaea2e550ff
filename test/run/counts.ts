/**
 * What a test runner says it counted. In: the lines that it printed, of vitest or of Hardhat's Solidity tests. Out:
 * tests that passed and that failed; 0 where it said nothing, as when it was killed.
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
