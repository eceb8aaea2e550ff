// Reading and showing line coverage. In: an lcov file. Out: a table by contract, with the lines that no test reaches.
import { isAbsolute, relative } from "node:path";

/** The lines of one source that have code. */
export interface CoveredFile {
  readonly path: string;
  readonly lines: number;
  /** Ascending. */
  readonly missing: readonly number[];
}

/** Reads an lcov file. Lines named more than once count as reached when one of their entries is. */
export function parseLcov(text: string, root: string): CoveredFile[] {
  return text
    .split("end_of_record")
    .filter((record) => record.includes("SF:"))
    .map((record) => {
      const source = /^SF:(.*)$/m.exec(record)?.[1]?.trim() ?? "";
      const hits = new Map<number, number>();
      for (const [, line, count] of record.matchAll(/^DA:(\d+),(\d+)/gm)) {
        hits.set(Number(line), (hits.get(Number(line)) ?? 0) + Number(count));
      }
      const missing = [...hits].filter(([, count]) => count === 0).map(([line]) => line);
      return {
        path: isAbsolute(source) ? relative(root, source) : source,
        lines: hits.size,
        missing: missing.sort((a, b) => a - b),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The sum over all files. */
export function linesCovered(files: readonly CoveredFile[]): { reached: number; lines: number; percent: number } {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const reached = lines - files.reduce((sum, file) => sum + file.missing.length, 0);
  return { reached, lines, percent: lines === 0 ? 0 : (100 * reached) / lines };
}

/** A table: contract, lines reached of lines, percent, and the lines that are missing. */
export function formatCoverage(files: readonly CoveredFile[]): string {
  const row = (name: string, part: { reached: number; lines: number; percent: number }, missing: string): string =>
    [
      name.padEnd(52),
      `${part.reached}/${part.lines}`.padStart(9),
      `${part.percent.toFixed(2).padStart(6)}%  ${missing}`,
    ].join(" ");
  const rows = files.map((file) => row(file.path, linesCovered([file]), ranges(file.missing)));
  return [...rows, row("all", linesCovered(files), "")].map((line) => line.trimEnd()).join("\n");
}

/** 3, 5-7 for 3, 5, 6, 7. */
function ranges(lines: readonly number[]): string {
  const groups: [number, number][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else groups.push([line, line]);
  }
  return groups.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}
