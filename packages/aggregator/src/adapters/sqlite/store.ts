/**
 * The agent's memory: one SQLite file, bound to one deployment. Enters: records of the core's `persist` effects.
 * Leaves: the state to start from after a crash, stored bundles, the chain's events. Not its job: deciding what to
 * keep, or checking what a bundle says.
 *
 * Durability: write-ahead log with `synchronous = FULL`, so a transaction is on disk when `persist` returns (P-71), at
 * about 0.3 ms. Ledger records are the exception: they are large and can be folded again, so they are written in chunks
 * over later turns of the event loop (ledgerWriter.ts), and a `prune` waits for those before it: what it lets go must
 * not be missed by the ledger that a crash leaves. One process a file, and none that misses commits: storeFile.ts.
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
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { Store } from "../../driver/ports.ts";
import { type Deployment, keepDeployment, requireDeployment } from "./deployment.ts";
import type { FileForm } from "./inspectFile.ts";
import { discardUncovered, readEvents, readLedger } from "./ledgerReader.ts";
import { writeLedger } from "./ledgerWriter.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { query, storeError, transact } from "./sqlite.ts";
import { openStoreFile, type StoreFile } from "./storeFile.ts";
import { type Chunks, Turns } from "./turns.ts";

/** What an agent's file holds; `deployment` goes into one that is made now. */
export function storeForm(deployment: Deployment): FileForm {
  return {
    schema: SCHEMA,
    version: SCHEMA_VERSION,
    fill: (db) => keepDeployment(db, deployment),
    // P-108: what was signed since the copy was made is not in it. A copy of a copy begins anew.
    takeOver: (db) => db.exec("INSERT OR REPLACE INTO restored VALUES (1, NULL)"),
  };
}

/**
 * Opens the store at `path`, making the file if it is not there.
 * @throws STORE_WRONG_DEPLOYMENT, and what openStoreFile throws
 */
export function openStore(path: string, deployment: Deployment): Store {
  const file = openStoreFile(path, storeForm(deployment));
  try {
    requireDeployment(file.db, path, deployment);
    discardUncovered(file.db);
    return new SqliteStore(path, file);
  } catch (error) {
    file.close();
    throw error instanceof QuorateError ? error : storeError(error, path, "STORE_OPEN_FAILED");
  }
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #file: StoreFile;
  readonly #turns: Turns = new Turns();

  constructor(path: string, file: StoreFile) {
    this.#path = path;
    this.#db = file.db;
    this.#file = file;
  }

  /**
   * What the core starts from: rounds that have left the signing window stay on disk but are not loaded, so that
   * memory does not grow with the age of the agent.
   */
  load(): RestoredState {
    return this.#coded("STORE_OPEN_FAILED", () => ({
      ledger: readLedger(this.#db),
      signings: this.#rows<SigningRow>("signing").map((row) => ({
        id: { kind: row.kind, epoch: row.epoch, subject: row.subject },
        digest: row.digest as Hex,
        signed: messageFromJson(row.kind, row.message),
      })),
      claims: this.#rows<RoundRow>("claim").map((row) => ({ recipient: row.recipient as Address, epoch: row.epoch })),
      bundles: this.#rows<BundleRow>("bundle").map((row) => {
        return { recipient: row.recipient as Address, epoch: row.epoch, bundle: readBundle(row) };
      }),
      ...readRestored(this.#db),
    }));
  }

  /** @throws SIGNING_CONFLICT (P-71), STORE_WRITE_FAILED, STORE_CORRUPT; then none of `records` was kept */
  persist(records: readonly PersistRecord[]): void {
    const now = records.filter((record): record is WrittenNow => !WRITTEN_LATER.has(record.type));
    if (now.length > 0) {
      this.#coded("STORE_WRITE_FAILED", () =>
        transact(this.#db, () => {
          for (const record of now) writeRecord(this.#db, record);
        }),
      );
    }
    this.#writeLater(records);
  }

  /** A prune after a ledger record goes with its head row: claims are those of the window of the ledger loaded. */
  #writeLater(records: readonly PersistRecord[]): void {
    const prunes = records.filter((record) => record.type === "prune");
    const pruneAll = () => {
      for (const { belowEpoch } of prunes) prune(this.#db, belowEpoch);
    };
    const ledgers = records.filter((record) => record.type === "ledger");
    for (const record of ledgers) {
      const withHead = record === ledgers.at(-1) ? pruneAll : undefined;
      this.#turns.add(() => this.#codedChunks(writeLedger(this.#db, record, withHead)));
    }
    if (ledgers.length === 0 && prunes.length > 0) this.#turns.add(() => this.#codedChunks(inOne(this.#db, pruneAll)));
    const roots = records.filter((record) => record.type === "root");
    const writeRoots = () => {
      for (const { epoch, root } of roots) writeRoot(this.#db, epoch, root);
    };
    if (roots.length > 0) this.#turns.add(() => this.#codedChunks(inOne(this.#db, writeRoots)));
  }

  /** @throws (rejects) STORE_WRITE_FAILED, STORE_CORRUPT when the disk refused a chunk; `persist` then throws it too */
  written(): Promise<void> {
    return this.#turns.done();
  }

  *events(fromBlock: number): Generator<ChainEvent> {
    const events = readEvents(this.#db, fromBlock);
    for (;;) {
      const next = this.#coded("STORE_OPEN_FAILED", () => events.next());
      if (next.done === true) return;
      yield next.value;
    }
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
    this.#turns.stop();
    this.#file.close();
  }

  #rows<R>(table: "signing" | "claim" | "bundle"): R[] {
    const about = table === "signing" ? "kind, subject" : "recipient";
    const sql = `SELECT * FROM ${table} WHERE epoch >= (SELECT first_epoch FROM window) ORDER BY epoch, ${about}`;
    return query<R>(this.#db, sql);
  }

  *#codedChunks(chunks: Chunks): Chunks {
    while (this.#coded("STORE_WRITE_FAILED", () => chunks.next()).done !== true) yield;
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

/** What is on disk when `persist` returns. */
type WrittenNow = Exclude<PersistRecord, { type: "ledger" | "prune" | "root" }>;
/** In order, over later turns: the others wait for the ledger's rows. */
const WRITTEN_LATER: ReadonlySet<PersistRecord["type"]> = new Set(["ledger", "prune", "root"]);

function writeRecord(db: DatabaseSync, record: WrittenNow): void {
  switch (record.type) {
    case "signing":
      writeSigning(db, record);
      return;
    case "claim":
      db.prepare("INSERT INTO claim VALUES (?, ?) ON CONFLICT DO NOTHING").run(record.recipient, record.epoch);
      return;
    case "restored":
      db.prepare("UPDATE restored SET until_seconds = ?").run(record.untilSeconds);
      return;
    case "bundle": {
      const { recipient, epoch } = record;
      const json = JSON.stringify(record.bundle);
      db.prepare("INSERT OR REPLACE INTO bundle (recipient, epoch, json) VALUES (?, ?, ?)").run(recipient, epoch, json);
      return;
    }
  }
}

/** Not bounded, because it is small: claims that this agent accepted for its own stakers within one epoch. */
function prune(db: DatabaseSync, belowEpoch: number): void {
  db.prepare("DELETE FROM claim WHERE epoch < ?").run(belowEpoch);
  db.prepare("UPDATE window SET first_epoch = max(first_epoch, ?)").run(belowEpoch);
}

/** Of an epoch that is not there nothing is kept: its row was lost with its ledger, and both will come again. */
function writeRoot(db: DatabaseSync, epoch: number, root: Hex): void {
  db.prepare("UPDATE ledger_epoch SET root = ? WHERE epoch = ?").run(root, epoch);
}

function* inOne(db: DatabaseSync, run: () => void): Chunks {
  yield transact(db, run);
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

/** Nothing for a file that always was this agent's. */
function readRestored(db: DatabaseSync): Pick<RestoredState, "fromCopy"> {
  const row = query<{ until_seconds: number | null }>(db, "SELECT until_seconds FROM restored")[0];
  return row === undefined ? {} : { fromCopy: { untilSeconds: row.until_seconds } };
}

function readBundle(row: BundleRow): Bundle {
  return bundleSchema.parse(JSON.parse(row.json));
}
