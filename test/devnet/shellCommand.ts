/**
 * A command to copy into a POSIX shell. In: its parts. Out: lines of at most 80 columns where the parts allow it,
 * joined by backslashes. Not its job: what the command does.
 */
import { isAbsolute, relative } from "node:path";
import { COLUMNS } from "../demo/wrap.ts";

/** ` \` at the end of a line that goes on. */
const CONTINUED = " \\";

/** Parts stay whole: a flag beside its value. One that is longer than a line has a line of its own. */
export function shellCommand(parts: readonly string[]): string {
  const [first = "", ...others] = parts;
  const lines = [first];
  for (const part of others) {
    const line = `${lines.at(-1)} ${part}`;
    if (line.length + CONTINUED.length <= COLUMNS) lines[lines.length - 1] = line;
    else lines.push(`  ${part}`);
  }
  return lines.join(`${CONTINUED}\n`);
}

/** The path as one would type it in `directory`: relative below it, absolute elsewhere. */
export function pathFrom(directory: string, path: string): string {
  const below = relative(directory, path);
  return below.startsWith("..") || isAbsolute(below) ? path : below;
}

/** As one word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
