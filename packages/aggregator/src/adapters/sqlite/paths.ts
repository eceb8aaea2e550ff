/**
 * Names of store files: which paths may be one, which file a path means, and which inode that is. Not its job: opening
 * any.
 */
import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { quorateError } from "@quorate/common";

/** Links that follow each other to a file that is not there yet; the operating system stops at 40 too. */
const LINKS_MAX = 40;

/** @throws STORE_PATH_INVALID for what SQLite takes for something else than a file that stays */
export function requireFilePath(path: string): void {
  const reason =
    path === ":memory:" || path.trim() === ""
      ? "a database in memory forgets what was signed when the agent stops"
      : /^file:/i.test(path)
        ? "a file: URL can change how the file is opened and locked"
        : path.includes("\0")
          ? "it holds a zero byte"
          : null;
  if (reason !== null) throw quorateError("STORE_PATH_INVALID", { path, reason });
}

/** The file behind all links, whether it is there or not: log and lock are beside the file, not beside a link. */
export function realFile(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < LINKS_MAX; links++) {
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    at = resolve(dirname(at), readlinkSync(at));
  }
  return join(realpathSync(dirname(at)), basename(at));
}

/** Null where no file is. @throws STORE_OPEN_FAILED for a directory, a device or a pipe */
export function inodeOf(real: string): string | null {
  const found = statSync(real, { throwIfNoEntry: false, bigint: true });
  if (found === undefined) return null;
  if (!found.isFile()) throw quorateError("STORE_OPEN_FAILED", { path: real, reason: "not a regular file" });
  return found.ino.toString();
}
