/**
 * Whether a store's file is all there, before anything is opened for writing. Enters: a path. Leaves: findings, or a
 * refusal. Changes nothing: a file that is refused stays as it is, its log included.
 *
 * Each commit counts up a number in the file. That number stands in three places: in the file itself as of the last
 * checkpoint, in the log over it, and beside both in `<path>-last` with the file's inode and a name drawn when it was
 * made. What misses commits shows by their differences.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { quorateError } from "@quorate/common";
import { inodeOf } from "./paths.ts";
import { openToRead, openWithoutLog, query } from "./sqlite.ts";

/** What a file should hold. */
export interface FileForm {
  readonly schema: string;
  /** Kept in `user_version`. */
  readonly version: number;
  /** First rows, in the transaction that makes the tables. */
  fill?(db: DatabaseSync): void;
  /** What is noted in a file that was copied here, in the transaction that takes it over. */
  takeOver?(db: DatabaseSync): void;
}

/** In every store file, whatever else it holds. */
export const STORE_FILE_SCHEMA = `
  -- \`open\` while an agent writes it: then the file is not complete without its log. \`backup\`: made by a backup.
  CREATE TABLE store_file (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'backup')),
    commits INTEGER NOT NULL,
    -- Drawn anew for each file that is made or restored: inodes are used again.
    drawn TEXT NOT NULL
  ) STRICT;
  INSERT INTO store_file VALUES (1, 'closed', 0, hex(randomblob(8)));
`;

export type FileState = "open" | "closed" | "backup";

export interface Findings {
  readonly state: FileState;
  /** Counted through the log. */
  readonly commits: number;
  readonly drawn: string;
  /** Not the file that an agent wrote last at this place. */
  readonly copied: boolean;
}

export function lastPath(real: string): string {
  return `${real}-last`;
}

export function logPath(real: string): string {
  return `${real}-wal`;
}

/**
 * @throws STORE_CORRUPT, STORE_WRONG_VERSION, STORE_WITHOUT_SCHEMA, STORE_IS_BACKUP, STORE_COPY_INCOMPLETE,
 * STORE_LOG_FOREIGN
 */
export function inspectFile(path: string, real: string, form: Pick<FileForm, "version">): Findings {
  const alone = readRow(path, real, form, openWithoutLog);
  if (alone.state === "backup") throw quorateError("STORE_IS_BACKUP", { path });
  const inLog = commitsInLog(logPath(real));
  const whole = inLog === 0 ? alone : readRow(path, real, form, openToRead);
  const { commits, drawn } = whole;
  const follows = alone.drawn === drawn && alone.commits <= commits && alone.commits >= commits - inLog;
  if (inLog > 0 && !follows) {
    throw quorateError("STORE_LOG_FOREIGN", {
      path,
      log: logPath(real),
      commitsInFile: alone.commits,
      commitsInLog: `${commits - inLog + 1} to ${commits}`,
    });
  }
  const last = lastCommit(real, drawn);
  if (last === null && whole.state === "open") {
    throw quorateError("STORE_COPY_INCOMPLETE", {
      path,
      commits,
      reason: `an agent was writing it, and ${lastPath(real)} does not belong to this file`,
    });
  }
  if (last !== null && commits < last) {
    throw quorateError("STORE_COPY_INCOMPLETE", { path, commits, missing: last - commits, log: logPath(real) });
  }
  return { state: whole.state, commits, drawn, copied: last === null && commits > 0 };
}

interface FileRow {
  readonly state: FileState;
  readonly commits: number;
  readonly drawn: string;
}

function readRow(
  path: string,
  real: string,
  { version }: Pick<FileForm, "version">,
  open: (path: string) => DatabaseSync,
): FileRow {
  if (statSync(real).size === 0) throw quorateError("STORE_WITHOUT_SCHEMA", { path, bytes: 0 });
  const db = open(real);
  try {
    const found = query<{ user_version: number }>(db, "PRAGMA user_version")[0]?.user_version ?? 0;
    const tables = query<{ name: string }>(db, "SELECT name FROM sqlite_schema").map(({ name }) => name);
    if (tables.length === 0) throw quorateError("STORE_WITHOUT_SCHEMA", { path, bytes: statSync(real).size });
    if (found !== version) throw quorateError("STORE_WRONG_VERSION", { path, found, expected: version });
    const row = tables.includes("store_file") ? query<FileRow>(db, "SELECT * FROM store_file")[0] : undefined;
    if (row === undefined) throw quorateError("STORE_WITHOUT_SCHEMA", { path, missing: "store_file" });
    return row;
  } finally {
    db.close();
  }
}

/** Which file a number of commits is about: 37 characters. */
export function fileMark(real: string, drawn: string): string {
  return `${drawn}-${(inodeOf(real) ?? "").padStart(20, "0")}`;
}

/** The last commit of the agent that wrote this very file; null when that is not said. */
function lastCommit(real: string, drawn: string): number | null {
  let text: string;
  try {
    text = readFileSync(lastPath(real), "latin1");
  } catch {
    return null;
  }
  const [whose, commits] = text.trim().split(" ");
  return whose === fileMark(real, drawn) && /^[0-9]{16}$/.test(commits ?? "") ? Number(commits) : null;
}

/** Sizes of the log's parts, https://www.sqlite.org/fileformat2.html#the_write_ahead_log. */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;

/** Commits in the log, counted by its frames; 0 without one. Whether their sums are right, SQLite sees. */
export function commitsInLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < LOG_HEADER + FRAME_HEADER) return 0;
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(LOG_HEADER);
    readSync(file, header, 0, LOG_HEADER, 0);
    const frameBytes = FRAME_HEADER + header.readUInt32BE(8);
    const frame = Buffer.alloc(FRAME_HEADER);
    let commits = 0;
    for (let at = LOG_HEADER; at + frameBytes <= size; at += frameBytes) {
      readSync(file, frame, 0, FRAME_HEADER, at);
      // Frames of the log before it was begun anew carry other salts.
      if (frame.compare(header, 16, 24, 8, 16) !== 0) break;
      if (frame.readUInt32BE(4) > 0) commits += 1;
    }
    return commits;
  } finally {
    closeSync(file);
  }
}
