/**
 * Functions of a TypeScript file and how long they are. In: formatted text, where a block ends with a brace at the
 * column where its first line begins. Out: each function with a body of its own lines. A suite of tests (`describe`) is
 * no function here: it only holds some.
 */

export interface FoundFunction {
  /** From 1. */
  readonly line: number;
  readonly lines: number;
  readonly head: string;
}

const NO_FUNCTION =
  /^\s*(?:\} )?(?:if|for|while|switch|catch|else|do|try|finally|describe|class|interface|namespace)\b/;
const OPENS = /=> \{$|\bfunction\b.*\{$|\)(?:: .+)? \{$/;

export function functionsOf(text: string): FoundFunction[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    if (!OPENS.test(line)) return [];
    const indent = indentOf(line);
    const start = /^\s*[)}\]]/.test(line) ? headOf(lines, i, indent) : i;
    const head = lines[start] as string;
    if (NO_FUNCTION.test(head)) return [];
    const length = lines.slice(i + 1).findIndex((later) => indentOf(later) === indent && /^\s*\}/.test(later));
    return length === -1 ? [] : [{ line: start + 1, lines: i + length + 2 - start, head: head.trim() }];
  });
}

/**
 * The first line of a head that takes several: the nearest one above that begins at the same column and closes nothing.
 */
function headOf(lines: readonly string[], end: number, indent: number): number {
  for (let i = end - 1; i >= 0; i--) {
    const line = lines[i] as string;
    if (line !== "" && indentOf(line) === indent && !/^\s*[)}\]]/.test(line)) return i;
  }
  return end;
}

function indentOf(line: string): number {
  return line === "" ? Number.NaN : line.length - line.trimStart().length;
}
