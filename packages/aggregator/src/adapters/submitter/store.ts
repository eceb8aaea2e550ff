/**
 * Signed transactions in an SQLite file of their own. Enters: a transaction, before it is sent. Leaves: all that were
 * not forgotten, after a crash too. Not its job: knowing what became of them.
 *
 * Durability: `synchronous = FULL`, so a row is on disk when `put` returns. One process a file, made whole or not at
 * all, refused when it misses commits: sqlite/storeFile.ts.
 */
import type { DatabaseSync } from "node:sqlite";
import { type ErrorCode, type Hex, QuorateError } from "@quorate/common";
import { query, storeError, transact } from "../sqlite/sqlite.ts";
import { openStoreFile, type StoreFile } from "../sqlite/storeFile.ts";
import type { StoredTransaction, SubmissionStore } from "./interface.ts";

export const SUBMISSIONS_VERSION = 2;

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
`;

/**
 * Opens the file at `path`, making it if it is not there.
 * @throws what openStoreFile throws
 */
export function sqliteSubmissions(path: string): SubmissionStore {
  return new SqliteSubmissions(path, openStoreFile(path, { schema: SCHEMA, version: SUBMISSIONS_VERSION }));
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
  readonly #file: StoreFile;
  readonly #db: DatabaseSync;

  constructor(path: string, file: StoreFile) {
    this.#path = path;
    this.#file = file;
    this.#db = file.db;
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
    this.#write(() => this.#db.prepare(sql).run(key, nonce, hash, raw, notAfter));
  }

  forget(key: string): void {
    this.#write(() => this.#db.prepare("DELETE FROM submission WHERE key = ?").run(key));
  }

  close(): void {
    this.#file.close();
  }

  #write(work: () => void): void {
    this.#run("STORE_WRITE_FAILED", () => transact(this.#db, work));
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
