/**
 * The end of `test`: a line for each part, what failed and why, and a line that sums up. In: results. Out: text. Who
 * kept only the last lines of a long output still reads which test failed.
 */
import type { PartResult } from "./parts.ts";

/** The last line is `N passed, N failed`. */
export function report(results: readonly PartResult[]): string {
  const rows = results.map(({ name, failure, seconds, passed, failed, again }) => [
    failure === null ? "passed" : "FAILED",
    name,
    `${passed} passed, ${failed} failed`,
    `${seconds.toFixed(1)} s`,
    failure ?? "",
    `again: ${again}`,
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const sum = (of: "passed" | "failed"): number => results.reduce((total, result) => total + result[of], 0);
  const failures = results.flatMap(({ name, failures }) => failures.map((line) => `${name} │ ${line}`));
  if (failures.length > 0) lines.push("", ...failures);
  return `\n${lines.join("\n")}\n\n${sum("passed")} passed, ${sum("failed")} failed\n`;
}
