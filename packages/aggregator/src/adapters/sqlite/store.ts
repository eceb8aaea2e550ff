/**
 * The agent's memory: one SQLite file. Enters: records of the core's `persist` effects. Leaves: the state to start from after a
 * crash, and stored bundles. Not its job: deciding what to keep, or checking what a bundle says.
 *
 * Durability: write-ahead log with `synchronous = FULL`, so a transaction is on disk when `persist` returns (P-71), at about 0.3 ms.
 * One process a file: a lock beside it (`<path>.lock`, freed by the operating system when the process dies, however it dies) keeps a
 * second agent out, while readers such as `sqlite3 <path> .backup` may still copy the file as the agent runs.
 */
import type { DatabaseSync } from "node:sqlite";
import {
  type Address,
  type Bundle,
  bundleSchema,
  type Hex,
  type KindName,
  messageFromJson,
  messageToJson,
  QuorateError,
  quorateError,
  roundKey,
  type Subject,
} from "@quorate/common";
import type { PersistRecord, RestoredState, SigningRecord } from "../../core/io.ts";
import type { Store } from "../../driver/ports.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { openDatabase, query, storeError } from "./sqlite.ts";

/**
 * Opens the store at `path`, making the file if it is not there.
 * @throws STORE_OPEN_FAILED, STORE_LOCKED, STORE_CORRUPT, STORE_WRONG_VERSION
 */
export function openStore(path: string): Store {
  const lock = takeLock(path);
  let db: DatabaseSync | undefined;
  try {
    db = openDatabase(path);
    prepareFile(db, path);
    return new SqliteStore(path, db, lock);
  } catch (error) {
    closeQuietly(db);
    closeQuietly(lock);
    throw error instanceof QuorateError ? error : storeError(error, path, "STORE_OPEN_FAILED");
  }
}

/** Holds an exclusive transaction on an empty database: the one lock that needs no clean-up after a SIGKILL. */
function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = openDatabase(`${path}.lock`);
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    closeQuietly(lock);
    throw storeError(error, path, "STORE_OPEN_FAILED");
  }
}

function prepareFile(db: DatabaseSync, path: string): void {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  const findings = query<{ quick_check: string }>(db, "PRAGMA quick_check(3)").map((row) => row.quick_check);
  if (findings.join() !== "ok") throw quorateError("STORE_CORRUPT", { path, findings });
  const version = query<{ user_version: number }>(db, "PRAGMA user_version")[0]?.user_version ?? 0;
  const tables = query<{ n: number }>(db, "SELECT count(*) AS n FROM sqlite_schema")[0]?.n ?? 0;
  if (version === 0 && tables === 0) {
    transact(db, () => db.exec(`${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION};`));
  } else if (version !== SCHEMA_VERSION) {
    throw quorateError("STORE_WRONG_VERSION", { path, found: version, expected: SCHEMA_VERSION });
  }
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #lock: DatabaseSync;

  constructor(path: string, db: DatabaseSync, lock: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#lock = lock;
  }

  /**
   * What the core starts from: rounds that have left the signing window stay on disk but are not loaded, so that memory does not
   * grow with the age of the agent.
   */
  load(): RestoredState {
    return this.#coded("STORE_OPEN_FAILED", () => ({
      ledgerJson: query<{ json: string }>(this.#db, "SELECT json FROM ledger")[0]?.json ?? null,
      signings: this.#rows<SigningRow>("signing").map((row) => ({
        id: { kind: row.kind, epoch: row.epoch, subject: row.subject },
        digest: row.digest as Hex,
        signed: messageFromJson(row.kind, row.message),
      })),
      claims: this.#rows<RoundRow>("claim").map((row) => ({ recipient: row.recipient as Address, epoch: row.epoch })),
      bundles: this.#rows<BundleRow>("bundle").map((row) => {
        return { recipient: row.recipient as Address, epoch: row.epoch, bundle: readBundle(row) };
      }),
    }));
  }

  /** @throws SIGNING_CONFLICT (P-71), STORE_WRITE_FAILED, STORE_CORRUPT; then none of `records` was kept */
  persist(records: readonly PersistRecord[]): void {
    if (records.length === 0) return;
    this.#coded("STORE_WRITE_FAILED", () =>
      transact(this.#db, () => {
        for (const record of records) writeRecord(this.#db, record);
      }),
    );
  }

  /** The bundle of one round, or of the recipient's latest epoch that has one. */
  bundle(recipient: Address, epoch: number | null): Bundle | null {
    return this.#coded("STORE_OPEN_FAILED", () => {
      const sql = "SELECT * FROM bundle WHERE recipient = ? AND (? IS NULL OR epoch = ?) ORDER BY epoch DESC LIMIT 1";
      const row = query<BundleRow>(this.#db, sql, recipient, epoch, epoch)[0];
      return row === undefined ? null : readBundle(row);
    });
  }

  close(): void {
    closeQuietly(this.#db);
    closeQuietly(this.#lock);
  }

  #rows<R>(table: "signing" | "claim" | "bundle"): R[] {
    const about = table === "signing" ? "kind, subject" : "recipient";
    const sql = `SELECT * FROM ${table} WHERE epoch >= (SELECT first_epoch FROM window) ORDER BY epoch, ${about}`;
    return query<R>(this.#db, sql);
  }

  #coded<T>(otherwise: "STORE_OPEN_FAILED" | "STORE_WRITE_FAILED", run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw error instanceof QuorateError ? error : storeError(error, this.#path, otherwise);
    }
  }
}

interface RoundRow {
  readonly recipient: string;
  readonly epoch: number;
}
interface SigningRow {
  readonly kind: KindName;
  readonly epoch: number;
  readonly subject: Subject;
  readonly digest: string;
  readonly message: string;
}
type BundleRow = RoundRow & { readonly json: string };

function writeRecord(db: DatabaseSync, record: PersistRecord): void {
  switch (record.type) {
    case "ledger":
      db.prepare("INSERT INTO ledger VALUES (1, ?) ON CONFLICT DO UPDATE SET json = excluded.json").run(record.json);
      return;
    case "signing":
      writeSigning(db, record);
      return;
    case "claim":
      db.prepare("INSERT INTO claim VALUES (?, ?) ON CONFLICT DO NOTHING").run(record.recipient, record.epoch);
      return;
    case "bundle": {
      const { recipient, epoch } = record;
      const json = JSON.stringify(record.bundle);
      db.prepare("INSERT OR REPLACE INTO bundle (recipient, epoch, json) VALUES (?, ?, ?)").run(recipient, epoch, json);
      return;
    }
    case "prune":
      db.prepare("DELETE FROM claim WHERE epoch < ?").run(record.belowEpoch);
      db.prepare("UPDATE window SET first_epoch = max(first_epoch, ?)").run(record.belowEpoch);
      return;
  }
}

/** P-71: the first digest of a round stands; the same one again changes nothing, another one is refused. */
function writeSigning(db: DatabaseSync, { id, digest, signed }: SigningRecord): void {
  const { kind, epoch, subject } = id;
  const sql = "SELECT digest, message FROM signing WHERE kind = ? AND epoch = ? AND subject = ?";
  const before = query<SigningRow>(db, sql, kind, epoch, subject)[0];
  const message = messageToJson(signed);
  if (before === undefined) {
    const insert = db.prepare("INSERT INTO signing (kind, epoch, subject, digest, message) VALUES (?, ?, ?, ?, ?)");
    insert.run(kind, epoch, subject, digest, message);
  } else if (before.digest !== digest) {
    throw quorateError("SIGNING_CONFLICT", {
      round: roundKey(id),
      signedDigest: before.digest,
      signedMessage: before.message,
      digest,
      message,
    });
  }
}

function transact(db: DatabaseSync, run: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    run();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk or an input/output error may have rolled back already; then there is nothing left to undo.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function readBundle(row: BundleRow): Bundle {
  return bundleSchema.parse(JSON.parse(row.json));
}

function closeQuietly(db: DatabaseSync | undefined): void {
  try {
    db?.close();
  } catch {
    // Closed already, or never open: either way it is closed now.
  }
}
