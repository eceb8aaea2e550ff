/**
 * Writes ledger records in chunks, each one transaction within one turn of the event loop, so that whatever is written
 * between two chunks (signings, P-71) waits for one chunk at most. Enters: records. Leaves: rows, of which the head row
 * comes last. Not its job: loading them (ledgerReader.ts), all other records (store.ts).
 *
 * A crash between any two chunks leaves either the former ledger or the new one: before the head row nothing written
 * counts, and after it amounts only move from credits that have left the window to the lifetime amounts they are part
 * of, in one transaction for each few.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { PersistRecord } from "../../core/io.ts";
import { toText } from "./plain.ts";
import { query, transact } from "./sqlite.ts";
import type { Chunks } from "./turns.ts";

export type LedgerRecord = Extract<PersistRecord, { type: "ledger" }>;

/**
 * Rows in one transaction: 1 to 5 ms of processor. Amounts are short; nodes and events are JSON of 1 kB with ten
 * contributors.
 */
const CHUNK_ROWS = 500;
const CHUNK_JSON_ROWS = 100;

/** @param withHead done in the transaction of the head row */
export function* writeLedger(db: DatabaseSync, record: LedgerRecord, withHead: () => void = () => {}): Chunks {
  const { head, covers, nodes, epochs, events } = record;
  const number = (query<{ record: number }>(db, "SELECT record FROM ledger_head")[0]?.record ?? 0) + 1;
  yield* runEach(
    db,
    "INSERT INTO ledger_event VALUES (?, ?, ?)",
    mapped(events, (event) => [event.blockNumber, event.logIndex, toText(event)]),
    CHUNK_JSON_ROWS,
  );
  yield* runEach(
    db,
    "INSERT INTO ledger_node VALUES (?, ?, ?)",
    mapped(nodes, (folded) => [folded.node.id, number, toText(folded)]),
    CHUNK_JSON_ROWS,
  );
  for (const { epoch, credits } of epochs) {
    yield* runEach(
      db,
      "INSERT INTO ledger_credit VALUES (?, ?, ?)",
      mapped(credits, ([recipient, amount]) => [epoch, recipient, amount.toString()]),
    );
  }
  yield* runEach(
    db,
    "INSERT INTO ledger_epoch (epoch, total_owed) VALUES (?, ?)",
    mapped(epochs, ({ epoch, totalOwed }) => [epoch, totalOwed.toString()]),
  );
  const { block, firstEpoch, openEpoch } = covers;
  const replace = "INSERT OR REPLACE INTO ledger_head VALUES (1, ?, ?, ?, ?, ?)";
  transact(db, () => {
    db.prepare(replace).run(number, block, firstEpoch, openEpoch, toText(head));
    withHead();
  });
  yield;
  yield* tidy(db, record, number);
}

/** Changes nothing of what is loaded, and may be cut off anywhere: the next record's does the rest. */
function* tidy(db: DatabaseSync, { nodes, covers }: LedgerRecord, number: number): Chunks {
  const former = "DELETE FROM ledger_node WHERE id = ? AND record < ?";
  yield* runEach(
    db,
    former,
    mapped(nodes, ({ node }) => [node.id, number]),
  );
  while (moveCredits(db, covers.firstEpoch)) yield;
}

/** Adds some credits that have left the window to what is owed. False when there were none. */
function moveCredits(db: DatabaseSync, firstEpoch: number): boolean {
  // In the tables' own order, so that one chunk touches few pages of them.
  const sql = `SELECT c.epoch, c.recipient, c.amount, o.amount AS before FROM ledger_credit AS c
    LEFT JOIN ledger_owed AS o ON o.recipient = c.recipient
    WHERE c.epoch = (SELECT min(epoch) FROM ledger_credit WHERE epoch < ?) ORDER BY c.recipient LIMIT ${CHUNK_ROWS}`;
  const rows = query<{ epoch: number; recipient: string; amount: string; before: string | null }>(db, sql, firstEpoch);
  if (rows.length === 0) return false;
  transact(db, () => {
    const add = db.prepare("INSERT OR REPLACE INTO ledger_owed VALUES (?, ?)");
    const remove = db.prepare("DELETE FROM ledger_credit WHERE epoch = ? AND recipient = ?");
    for (const { epoch, recipient, amount, before } of rows) {
      add.run(recipient, (BigInt(before ?? 0) + BigInt(amount)).toString());
      remove.run(epoch, recipient);
    }
  });
  return true;
}

/** Runs one statement for each row, a chunk of them at a step. Rows are made as they are needed. */
function* runEach(
  db: DatabaseSync,
  sql: string,
  rows: Iterator<SQLInputValue[]>,
  chunkRows: number = CHUNK_ROWS,
): Chunks {
  for (let next = rows.next(); next.done !== true; ) {
    transact(db, () => {
      const statement = db.prepare(sql);
      for (let i = 0; i < chunkRows && next.done !== true; i++) {
        statement.run(...next.value);
        next = rows.next();
      }
    });
    yield;
  }
}

function* mapped<T>(items: Iterable<T>, toRow: (item: T) => SQLInputValue[]): Generator<SQLInputValue[]> {
  for (const item of items) yield toRow(item);
}
