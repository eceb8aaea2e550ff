/**
 * Signed transactions in an SQLite file of their own. Enters: a transaction, before it is sent. Leaves: all that were
 * not forgotten, after a crash too. Not its job: knowing what became of them.
 *
 * Durability: `synchronous = FULL`, so a row is on disk when `put` returns. One process a file: the connection keeps
 * SQLite's exclusive lock, which the operating system frees when the process dies, however it dies.
 */
import type { DatabaseSync } from "node:sqlite";
import { type ErrorCode, type Hex, QuorateError, quorateError } from "@quorate/common";
import { openDatabase, query, storeError } from "../sqlite/sqlite.ts";
import type { StoredTransaction, SubmissionStore } from "./interface.ts";

const SCHEMA_VERSION = 1;

/** Two versions of a key with different nonces could both land: the file itself refuses that. */
const SCHEMA = `
  CREATE TABLE submission (
    position INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    raw TEXT NOT NULL,
    not_after INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX submission_key ON submission (key);
  CREATE TRIGGER one_nonce_a_key BEFORE INSERT ON submission
    WHEN EXISTS (SELECT 1 FROM submission WHERE key = NEW.key AND nonce <> NEW.nonce)
    BEGIN SELECT RAISE(ABORT, 'a key has one nonce'); END;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens the file at `path`, making it if it is not there.
 * @throws STORE_OPEN_FAILED, STORE_LOCKED, STORE_CORRUPT, STORE_WRONG_VERSION
 */
export function sqliteSubmissions(path: string): SubmissionStore {
  let db: DatabaseSync | undefined;
  try {
    db = openDatabase(path);
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;");
    // The first write takes the lock, and exclusive mode keeps it.
    db.exec("BEGIN EXCLUSIVE");
    prepare(db, path);
    db.exec("COMMIT");
    return new SqliteSubmissions(path, db);
  } catch (error) {
    db?.close();
    throw coded(error, path, "STORE_OPEN_FAILED");
  }
}

function prepare(db: DatabaseSync, path: string): void {
  const version = query<{ user_version: number }>(db, "PRAGMA user_version")[0]?.user_version ?? 0;
  const tables = query<{ n: number }>(db, "SELECT count(*) AS n FROM sqlite_schema")[0]?.n ?? 0;
  if (version === 0 && tables === 0) db.exec(SCHEMA);
  else if (version !== SCHEMA_VERSION) {
    throw quorateError("STORE_WRONG_VERSION", { path, found: version, expected: SCHEMA_VERSION });
  }
  const findings = query<{ quick_check: string }>(db, "PRAGMA quick_check(3)").map((row) => row.quick_check);
  if (findings.join() !== "ok") throw quorateError("STORE_CORRUPT", { path, findings });
}

interface Row {
  readonly key: string;
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly not_after: number;
}

class SqliteSubmissions implements SubmissionStore {
  readonly #path: string;
  readonly #db: DatabaseSync;

  constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
  }

  load(): StoredTransaction[] {
    return this.#run("STORE_OPEN_FAILED", () =>
      query<Row>(this.#db, "SELECT * FROM submission ORDER BY position").map((row) => ({
        key: row.key,
        nonce: row.nonce,
        hash: row.hash as Hex,
        raw: row.raw as Hex,
        notAfter: row.not_after,
      })),
    );
  }

  put({ key, nonce, hash, raw, notAfter }: StoredTransaction): void {
    const sql = "INSERT INTO submission (key, nonce, hash, raw, not_after) VALUES (?, ?, ?, ?, ?)";
    this.#run("STORE_WRITE_FAILED", () => this.#db.prepare(sql).run(key, nonce, hash, raw, notAfter));
  }

  forget(key: string): void {
    this.#run("STORE_WRITE_FAILED", () => this.#db.prepare("DELETE FROM submission WHERE key = ?").run(key));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #run<T>(otherwise: ErrorCode, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw coded(error, this.#path, otherwise);
    }
  }
}

function coded(error: unknown, path: string, otherwise: ErrorCode): QuorateError {
  return error instanceof QuorateError ? error : storeError(error, path, otherwise);
}
