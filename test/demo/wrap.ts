/** Lines that fit a terminal. In: text with or without colour codes. Out: the same, broken between words. */
import { stripVTControlCharacters } from "node:util";

/** What most terminals have at least, and what is assumed of what is no terminal. */
export const COLUMNS = 80;

/** Continued lines begin `indent` columns from the left. A word that is longer than a line keeps one of its own. */
export function wrap(text: string, indent: number, columns: number = COLUMNS): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, indent, columns))
    .join("\n");
}

export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function wrapLine(line: string, indent: number, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const lines: string[] = [];
  // What is between words stays: columns of a table stand in it.
  let current = "";
  let isEmpty = true;
  for (const piece of line.split(/(?<=\S)(?=\s)/)) {
    if (isEmpty || widthOf(current) + widthOf(piece) <= columns) current += piece;
    else {
      lines.push(current);
      current = " ".repeat(indent) + piece.trimStart();
    }
    isEmpty = false;
  }
  return [...lines, current].join("\n");
}
