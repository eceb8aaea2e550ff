/**
 * Copies of store files: taken while an agent writes, put back so that nothing is signed twice (P-108), looked at.
 * Enters: paths. Leaves: files that are whole. Not its job: running on any of them.
 */
import { copyFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isQuorateError, QuorateError, quorateError } from "@quorate/common";
import { place, removeFile, requireNoLog, temporaryName } from "./createFile.ts";
import { commitsInLog, type FileForm, type FileState, inspectFile, logPath } from "./inspectFile.ts";
import { inodeOf, realFile, requireFilePath } from "./paths.ts";
import { openDatabase, openToRead, query, storeError, transact } from "./sqlite.ts";
import { isHeld } from "./storeFile.ts";

export interface CopyForm extends Pick<FileForm, "version"> {
  /** Tables that can be made again, and must be when the copy may be torn. */
  readonly derived: readonly string[];
}

/** An agent that begins its log anew between two looks at it makes both look wrong: looked again, this often. */
const LOOKS_MAX = 5;
/** Milliseconds between two looks. */
const LOOK_AGAIN_MS = 50;

/**
 * Copies a store file, also while an agent writes it, to a file that is not there yet. The copy is one moment's.
 * @throws STORE_NOT_FOUND, STORE_EXISTS, STORE_PATH_INVALID, STORE_OPEN_FAILED, and what inspectFile throws
 */
export async function backUpFile(from: string, to: string, form: CopyForm): Promise<void> {
  await coded(from, async () => {
    const [source, target] = sourceAndTarget(from, to);
    await inspectAgain(from, source, form);
    const made = temporaryName(target);
    try {
      const reader = openToRead(source);
      try {
        reader.prepare("VACUUM INTO ?").run(made);
      } finally {
        reader.close();
      }
      finish(made, to, "backup");
      placeNew(made, target, to);
    } finally {
      removeFile(made);
    }
  });
}

export interface RestoredFile {
  /** Whether the copy was known to be whole; if not, what can be made again was left out. */
  readonly whole: boolean;
}

/**
 * Puts a copy in place as a store file that is not there yet. The agent that opens it takes it over as a copy (P-108).
 * @throws STORE_NOT_FOUND, STORE_EXISTS, STORE_LOCKED, STORE_CORRUPT, STORE_WRONG_VERSION, STORE_WITHOUT_SCHEMA
 */
export async function restoreFile(from: string, to: string, form: CopyForm): Promise<RestoredFile> {
  return await coded(from, async () => {
    const [source, target] = sourceAndTarget(from, to);
    requireNoLog(target);
    if (isHeld(source)) throw quorateError("STORE_LOCKED", { path: from });
    const { whole, log } = look(from, source, form);
    const made = temporaryName(target);
    try {
      copyFileSync(source, made);
      if (log) copyFileSync(logPath(source), logPath(made));
      finish(made, from, "closed", whole ? [] : form.derived);
      placeNew(made, target, to);
    } finally {
      removeFile(made);
    }
    return { whole };
  });
}

/** A look at a store file or a backup, which may be in use. */
export function readFileState(path: string): { readonly state: FileState; readonly commits: number } {
  const db = openToRead(realFile(path));
  try {
    const row = query<{ state: FileState; commits: number }>(db, "SELECT state, commits FROM store_file")[0];
    if (row === undefined) throw quorateError("STORE_WITHOUT_SCHEMA", { path });
    return row;
  } finally {
    db.close();
  }
}

function sourceAndTarget(from: string, to: string): [string, string] {
  requireFilePath(from);
  requireFilePath(to);
  const [source, target] = [realFile(from), realFile(to)];
  if (inodeOf(source) === null) throw quorateError("STORE_NOT_FOUND", { path: from });
  if (inodeOf(target) !== null) throw quorateError("STORE_EXISTS", { path: to });
  return [source, target];
}

async function inspectAgain(path: string, real: string, form: CopyForm): Promise<void> {
  for (let looks = 1; ; looks++) {
    try {
      inspectFile(path, real, form);
      return;
    } catch (error) {
      const mayPass = isQuorateError(error, "STORE_LOG_FOREIGN", "STORE_COPY_INCOMPLETE");
      if (!mayPass || looks === LOOKS_MAX) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

interface Look {
  /** False where pages of different moments may stand beside each other, or commits are missing. */
  readonly whole: boolean;
  /** Whether the log beside it belongs to it. */
  readonly log: boolean;
}

function look(path: string, real: string, form: CopyForm): Look {
  const log = commitsInLog(logPath(real)) > 0;
  try {
    inspectFile(path, real, form);
    return { whole: true, log };
  } catch (error) {
    if (isQuorateError(error, "STORE_IS_BACKUP")) return { whole: true, log: false };
    if (isQuorateError(error, "STORE_COPY_INCOMPLETE")) return { whole: false, log };
    if (isQuorateError(error, "STORE_LOG_FOREIGN")) return { whole: false, log: false };
    throw error;
  }
}

/** One file without a log, checked page by page, that says what it is. */
function finish(made: string, path: string, state: FileState, leftOut: readonly string[] = []): void {
  const db = openDatabase(made);
  try {
    db.exec("PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;");
    const findings = query<{ integrity_check: string }>(db, "PRAGMA integrity_check(3)").map(
      (row) => row.integrity_check,
    );
    if (findings.join() !== "ok") throw quorateError("STORE_CORRUPT", { path, findings });
    transact(db, () => {
      for (const table of leftOut) db.exec(`DELETE FROM ${table}`);
      // At least one: a file without any commit would be taken for one that was just made.
      const sql = "UPDATE store_file SET state = ?, drawn = hex(randomblob(8)), commits = max(commits, 1)";
      db.prepare(sql).run(state);
    });
  } finally {
    db.close();
  }
}

function placeNew(made: string, target: string, to: string): void {
  place(made, target);
  // Somebody else made it meanwhile: theirs stays.
  if (inodeOf(made) !== null && inodeOf(made) !== inodeOf(target)) throw quorateError("STORE_EXISTS", { path: to });
}

async function coded<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof QuorateError ? error : storeError(error, path, "STORE_OPEN_FAILED");
  }
}
