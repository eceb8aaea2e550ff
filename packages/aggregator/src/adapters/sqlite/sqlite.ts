/**
 * The door to `node:sqlite`: opens database files and turns SQLite's failures into coded errors. Not its job: what
 * the tables mean.
 *
 * The module is fetched by name so that its "experimental" warning, which an operator can do nothing about, is kept
 * off the terminal; every other warning passes.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { type ErrorCode, type QuorateError, quorateError } from "@quorate/common";

type Sqlite = typeof import("node:sqlite");

let loaded: Sqlite | undefined;

function sqlite(): Sqlite {
  if (loaded !== undefined) return loaded;
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === "ExperimentalWarning" && String(warning).includes("SQLite")) return;
    (emitWarning as (...all: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  return loaded;
}

/** Opens or makes the file at `path`; a lock held by another connection fails at once instead of waiting. */
export function openDatabase(path: string): DatabaseSync {
  return new (sqlite().DatabaseSync)(path, { timeout: 0 });
}

/** Opens a file that an agent may be writing, to read alone. */
export function openToRead(path: string): DatabaseSync {
  return new (sqlite().DatabaseSync)(path, { readOnly: true, timeout: READ_TIMEOUT_MS });
}

/** Opens what stands in the file itself, without its log. Takes no lock and leaves nothing behind. */
export function openWithoutLog(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  return new (sqlite().DatabaseSync)(url, { readOnly: true });
}

/** Milliseconds a reader waits where the agent recovers or truncates its log. */
const READ_TIMEOUT_MS = 2_000;

export type Row = Record<string, unknown>;

/** All rows of a query; the caller names their shape. */
export function query<R>(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): R[] {
  return db.prepare(sql).all(...values) as R[];
}

/** What a file does in each of its transactions, and right after it. */
export interface CommitHooks {
  within(): void;
  after(): void;
}

const hooks = new WeakMap<DatabaseSync, CommitHooks>();

/** From now on each `transact` of this connection does these too. */
export function hookCommits(db: DatabaseSync, those: CommitHooks): void {
  hooks.set(db, those);
}

/** All of `run` in one transaction, on disk when this returns; none of it when it throws. */
export function transact(db: DatabaseSync, run: () => void): void {
  const hooked = hooks.get(db);
  db.exec("BEGIN IMMEDIATE");
  try {
    run();
    hooked?.within();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk or an input/output error may have rolled back already; then there is nothing left to undo.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
  hooked?.after();
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/**
 * The coded error behind whatever SQLite threw: STORE_LOCKED, STORE_CORRUPT, or `otherwise` (read-only, full disk,
 * input/output error, a path that cannot be opened).
 */
export function storeError(error: unknown, path: string, otherwise: ErrorCode): QuorateError {
  const { errcode, errstr, message } = error as { errcode?: number; errstr?: string; message?: string };
  // Extended codes keep the primary one in their low byte.
  const primary = (errcode ?? 0) & 0xff;
  const code: ErrorCode =
    primary === BUSY || primary === LOCKED
      ? "STORE_LOCKED"
      : primary === CORRUPT || primary === NOT_A_DATABASE
        ? "STORE_CORRUPT"
        : otherwise;
  return quorateError(code, { path, sqliteCode: errcode, reason: message ?? errstr }, { cause: error });
}
