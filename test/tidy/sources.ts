/**
 * The files the tidy tests read: what git tracks or would track, so that nothing generated or installed is looked at.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Source {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readSources(pattern: RegExp): Source[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const paths = [...new Set(listed.split("\n"))].filter((path) => pattern.test(path)).sort();
  return paths.flatMap((path) => {
    const text = readIfThere(path);
    return text === null ? [] : [{ path, text }];
  });
}

/** The module specifiers a TypeScript file imports or exports from, dynamic imports included. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map((match) => match[1] as string);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  } catch {
    // Deleted in the working tree, not yet in the index.
    return null;
  }
}
