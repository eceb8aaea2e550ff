/**
 * One SQLite file that one process owns: made whole or not at all, opened by one process at a time whatever name it is
 * opened by, refused when it misses commits (P-71, ADR 17). Enters: a path and the tables it should have. Leaves: an
 * open connection. Not its job: what the tables mean (store.ts, submitter/store.ts).
 *
 * The lock is SQLite's own, on the file's inode: whoever opens it has to be alone for a moment (an exclusive lock) and
 * keeps a shared one from then on, so that readers come and go but no second process is ever alone. It takes no file
 * of its own, and ends with the process.
 */
import { closeSync, constants, fsyncSync, openSync, writeSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { QuorateError, quorateError } from "@quorate/common";
import { createFile } from "./createFile.ts";
import { commitsInLog, type FileForm, type Findings, fileMark, inspectFile, lastPath, logPath } from "./inspectFile.ts";
import { inodeOf, realFile, requireFilePath } from "./paths.ts";
import { hookCommits, openDatabase, openToRead, query, storeError, transact } from "./sqlite.ts";

/**
 * Pages of the log that are copied into the file at once, in the transaction that fills it: a megabyte, a few
 * milliseconds.
 */
const CHECKPOINT_PAGES = 250;
/** Milliseconds that a start waits for readers (a backup, `sqlite3`) to go. An agent would not go. */
const ALONE_WAIT_MS = 1_000;

export interface StoreFile {
  readonly db: DatabaseSync;
  /** Whether it was put here by somebody else than the agent that wrote it: what was signed since is not in it. */
  readonly copied: boolean;
  /** Marks the file as complete by itself. */
  close(): void;
}

/**
 * Opens the file at `path`, making it if it is not there.
 * @throws STORE_PATH_INVALID, STORE_OPEN_FAILED, STORE_LOCKED, STORE_CORRUPT, STORE_WRONG_VERSION,
 * STORE_WITHOUT_SCHEMA, STORE_IS_BACKUP, STORE_COPY_INCOMPLETE, STORE_LOG_FOREIGN
 */
export function openStoreFile(path: string, form: FileForm): StoreFile {
  requireFilePath(path);
  try {
    const real = realFile(path);
    if (inodeOf(real) === null) createFile(real, form);
    return own(path, real, form, inspectUnlessHeld(path, real, form));
  } catch (error) {
    throw error instanceof QuorateError ? error : storeError(error, path, "STORE_OPEN_FAILED");
  }
}

/** While another process owns the file, what looks wrong with it may be that process at work. */
function inspectUnlessHeld(path: string, real: string, form: FileForm): Findings {
  try {
    return inspectFile(path, real, form);
  } catch (error) {
    if (isHeld(real)) throw quorateError("STORE_LOCKED", { path }, { cause: error });
    throw error;
  }
}

/** Whether some process has the file open, by whatever name. What is no database nobody has. */
export function isHeld(real: string): boolean {
  let db: DatabaseSync | undefined;
  try {
    db = openDatabase(real);
    beAlone(db, 0);
    shareAgain(db);
    return false;
  } catch (error) {
    return storeError(error, real, "STORE_OPEN_FAILED").code === "STORE_LOCKED";
  } finally {
    if (db !== undefined) closeWithoutCheckpoint(db, real);
  }
}

function own(path: string, real: string, form: FileForm, found: Findings): StoreFile {
  const db = openDatabase(real);
  let last: number | undefined;
  try {
    db.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`);
    db.exec("PRAGMA journal_mode = WAL");
    beAlone(db, ALONE_WAIT_MS);
    const findings = query<{ quick_check: string }>(db, "PRAGMA quick_check(3)").map((row) => row.quick_check);
    if (findings.join() !== "ok") throw quorateError("STORE_CORRUPT", { path, findings });
    // Somebody else was faster, and has ended already.
    if (commitsIn(db) !== found.commits) throw quorateError("STORE_LOCKED", { path });
    // Not truncated: until the first commit it says what the agent before wrote last.
    last = openSync(lastPath(real), constants.O_RDWR | constants.O_CREAT, 0o600);
    keepLast(db, last, fileMark(real, found.drawn));
    transact(db, () => {
      db.exec("UPDATE store_file SET state = 'open'");
      if (found.copied) form.takeOver?.(db);
    });
    fsyncSync(last);
    // From here on a copy of the file alone says that it is not complete.
    db.exec("PRAGMA wal_checkpoint(RESTART)");
    shareAgain(db);
    return { db, copied: found.copied, close: closing(db, last) };
  } catch (error) {
    if (last !== undefined) closeSync(last);
    closeWithoutCheckpoint(db, real);
    throw error;
  }
}

/** The number of the last commit, beside the file: whoever takes the log away cannot take this along unnoticed. */
function keepLast(db: DatabaseSync, last: number, mark: string): void {
  const count = db.prepare("UPDATE store_file SET commits = commits + 1 RETURNING commits");
  let commits = 0;
  hookCommits(db, {
    within: () => {
      commits = (count.get() as { commits: number }).commits;
    },
    // Not synced: it is for logs that are lost while the machine runs, and after a power failure it may be behind.
    after: () => writeSync(last, `${mark} ${String(commits).padStart(16, "0")}\n`, 0),
  });
}

function closing(db: DatabaseSync, last: number): () => void {
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    try {
      transact(db, () => db.exec("UPDATE store_file SET state = 'closed'"));
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A disk that refuses this leaves the file as a crash does: its log is taken at the next start.
    }
    closeQuietly(db);
    closeSync(last);
  };
}

/** Takes SQLite's exclusive lock on the file's inode. @throws when any other connection is there */
function beAlone(db: DatabaseSync, waitMs: number): void {
  // The first read opens the log in shared mode, so that the lock can be given back without closing.
  query(db, "SELECT 1 FROM sqlite_schema LIMIT 1");
  db.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;`);
}

/** From the exclusive lock to a shared one, without a moment between. */
function shareAgain(db: DatabaseSync): void {
  db.exec("PRAGMA locking_mode = NORMAL; BEGIN IMMEDIATE; COMMIT; PRAGMA busy_timeout = 0;");
}

function commitsIn(db: DatabaseSync): number {
  return query<{ commits: number }>(db, "SELECT commits FROM store_file")[0]?.commits ?? -1;
}

/**
 * The last connection to go copies the log into the file and deletes it, unless it cannot: a file that is refused
 * stays as it is, log and all.
 */
function closeWithoutCheckpoint(db: DatabaseSync, real: string): void {
  let reader: DatabaseSync | undefined;
  try {
    if (commitsInLog(logPath(real)) === 0) return closeQuietly(db);
    if (db.isTransaction) db.exec("ROLLBACK");
    shareAgain(db);
    reader = openToRead(real);
    query(reader, "SELECT 1 FROM sqlite_schema LIMIT 1");
  } catch {
    // What cannot be read has no log that could be copied.
  }
  closeQuietly(db);
  closeQuietly(reader);
}

export function closeQuietly(db: DatabaseSync | undefined): void {
  try {
    db?.close();
  } catch {
    // Closed already, or never open: either way it is closed now.
  }
}
