/**
 * How commands print: aligned fields for people on standard output, progress on standard error. Nothing here decides
 * anything.
 */

/** Aligned `name  value` lines. */
export function printFields(fields: Readonly<Record<string, string | number | null>>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, value] of Object.entries(fields)) process.stdout.write(`${name.padEnd(width)}  ${value ?? "–"}\n`);
}

/** One JSON line, bigints as decimal strings. */
export function printJson(value: unknown): void {
  process.stdout.write(
    `${JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part))}\n`,
  );
}

/** A line of progress; standard output stays for the result. */
export function printProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Seconds since 1970 as people read them, to the second; null stays null. */
export function dateText(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

const BAR_WIDTH = 20;

/** `████████████████████░ 95.00%` */
export function bar(bps: number): string {
  const full = Math.floor((bps * BAR_WIDTH) / 10_000);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${(bps / 100).toFixed(2)}%`;
}

const UPTIME_MARKS: Readonly<Record<string, string>> = { P: "●", M: "○", U: "·" };

/** `●●○· 1 of 4 epochs missed`: oldest first; a dot is an epoch that was not judged. */
export function uptimePicture(uptime: string): string {
  if (uptime === "") return "no epoch judged yet";
  const marks = [...uptime].map((mark) => UPTIME_MARKS[mark] ?? "?");
  return `${marks.join("")} ${[...uptime].filter((mark) => mark === "M").length} of ${marks.length} epochs missed`;
}
