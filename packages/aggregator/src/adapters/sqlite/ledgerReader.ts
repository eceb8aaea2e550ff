/**
 * The ledger's rows of a store, for a start: what the head row covers. Enters: an open file. Leaves: rows as plain
 * data, and events as a stream. Not its job: what the values mean; the core checks them (core/ledger/checkpoint.ts).
 */
import type { DatabaseSync } from "node:sqlite";
import { type Address, type ChainHead, type EpochTotals, type Hex, quorateError } from "@quorate/common";
import type { RestoredState } from "../../core/io.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { fromText } from "./plain.ts";
import { query, transact } from "./sqlite.ts";

type LedgerRows = NonNullable<RestoredState["ledger"]>;

interface HeadRow {
  readonly record: number;
  readonly block: number;
  readonly first_epoch: number;
  readonly open_epoch: number;
  readonly json: string;
}

/** What a crash left of a record whose head row was not written goes: it will be written again. */
export function discardUncovered(db: DatabaseSync): void {
  const head = headRow(db);
  transact(db, () => {
    db.prepare("DELETE FROM ledger_event WHERE block > ?").run(head?.block ?? -1);
    db.prepare("DELETE FROM ledger_node WHERE record > ?").run(head?.record ?? 0);
    db.prepare("DELETE FROM ledger_credit WHERE epoch >= ?").run(head?.open_epoch ?? 0);
    db.prepare("DELETE FROM ledger_epoch WHERE epoch >= ?").run(head?.open_epoch ?? 0);
  });
}

/** Null before the first record. Takes about a second for 100,000 recipients, once at a start. @throws STORE_CORRUPT */
export function readLedger(db: DatabaseSync): LedgerRows | null {
  const head = headRow(db);
  if (head === undefined) return null;
  const newest = `SELECT json FROM ledger_node AS n WHERE record <= ?
    AND NOT EXISTS (SELECT 1 FROM ledger_node WHERE id = n.id AND record > n.record AND record <= ?) ORDER BY id`;
  const nodes = query<{ json: string }>(db, newest, head.record, head.record);
  return {
    head: fromText(head.json),
    nodes: nodes.map(({ json }) => fromText(json)),
    owed: readOwed(db, head),
    epochs: readEpochs(db, head),
  };
}

/** With the credits that have left the window but were not moved yet. */
function readOwed(db: DatabaseSync, { first_epoch }: HeadRow): Map<Address, bigint> {
  const owed = new Map<Address, bigint>();
  const sql = `SELECT recipient, amount FROM ledger_owed
    UNION ALL SELECT recipient, amount FROM ledger_credit WHERE epoch < ?`;
  for (const row of db.prepare(sql).iterate(first_epoch)) {
    const [recipient, amount] = amountOf(row as unknown as AmountRow);
    owed.set(recipient, (owed.get(recipient) ?? 0n) + amount);
  }
  return owed;
}

function readEpochs(db: DatabaseSync, { first_epoch, open_epoch }: HeadRow): LedgerRows["epochs"] {
  const rows = query<{ epoch: number; total_owed: string }>(
    db,
    "SELECT epoch, total_owed FROM ledger_epoch WHERE epoch >= ? AND epoch < ? ORDER BY epoch",
    first_epoch,
    open_epoch,
  );
  return rows.map(({ epoch, total_owed }) => {
    const credits = query<AmountRow>(db, "SELECT recipient, amount FROM ledger_credit WHERE epoch = ?", epoch);
    return { epoch, totalOwed: amountIn(total_owed), credits: new Map(credits.map(amountOf)) };
  });
}

/** Rows read at a time: a stream holds no statement open between two of them, so that the agent may write meanwhile. */
const EVENTS_AT_A_TIME = 500;

/** Events that the head covers, from a block on and up to one, in order. @throws STORE_CORRUPT */
export function* readEvents(
  db: DatabaseSync,
  fromBlock: number,
  toBlock: number = Number.MAX_SAFE_INTEGER,
): Generator<ChainEvent> {
  const sql = `SELECT block, log_index, json FROM ledger_event WHERE (block, log_index) > (?, ?)
    AND block <= min(?, (SELECT block FROM ledger_head)) ORDER BY block, log_index LIMIT ${EVENTS_AT_A_TIME}`;
  let after = { block: fromBlock, log_index: -1 };
  for (;;) {
    const rows = query<typeof after & { json: string }>(db, sql, after.block, after.log_index, toBlock);
    for (const { json } of rows) yield fromText(json) as ChainEvent;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/**
 * The block that the stored ledger stands at, and its first open epoch; null before the first record. @throws
 * STORE_CORRUPT
 */
export function readHead(db: DatabaseSync): { readonly head: ChainHead; readonly openEpoch: number } | null {
  const row = headRow(db);
  if (row === undefined) return null;
  const { head } = fromText(row.json) as { readonly head: ChainHead | null };
  return head === null ? null : { head, openEpoch: row.open_epoch };
}

/** Closed epochs in order, at most `count`. @throws STORE_CORRUPT */
export function readTotals(db: DatabaseSync, from: number, count: number): EpochTotals[] {
  const sql = `SELECT epoch, total_owed, root FROM ledger_epoch WHERE epoch >= ?
    AND epoch < (SELECT open_epoch FROM ledger_head) ORDER BY epoch LIMIT ?`;
  const rows = query<{ epoch: number; total_owed: string; root: Hex | null }>(db, sql, from, count);
  return rows.map(({ epoch, total_owed, root }) => ({ epoch, root, totalOwed: amountIn(total_owed) }));
}

function headRow(db: DatabaseSync): HeadRow | undefined {
  return query<HeadRow>(db, "SELECT * FROM ledger_head")[0];
}

interface AmountRow {
  readonly recipient: string;
  readonly amount: string;
}

function amountOf({ recipient, amount }: AmountRow): [Address, bigint] {
  if (!/^0x[0-9a-f]{40}$/.test(recipient)) {
    throw quorateError("STORE_CORRUPT", { part: "ledger", detail: `${recipient} is no recipient` });
  }
  return [recipient as Address, amountIn(amount)];
}

function amountIn(text: string): bigint {
  if (/^[0-9]+$/.test(text)) return BigInt(text);
  throw quorateError("STORE_CORRUPT", { part: "ledger", detail: `${text} is no amount` });
}
