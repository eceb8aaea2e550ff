/**
 * What ledger records leave on a disk, in memory: as the store's tables keep them (adapters/sqlite), which
 * test/conformance/store.test.ts holds it to. Records are never changed, so that keeping them is enough; values become
 * plain data when loaded. Disks to which the same records were written, in the same order, share what they hold.
 */
import type { Address } from "@quorate/common";
import { fromText, toText } from "../../src/adapters/sqlite/plain.ts";
import type { PersistRecord, RestoredState } from "../../src/core/io.ts";
import type { ChainEvent } from "../../src/core/ledger/events.ts";

type LedgerRecord = Extract<PersistRecord, { type: "ledger" }>;

export class LedgerDisk {
  #written: Written = NOTHING;

  get events(): readonly ChainEvent[] {
    return this.#written.records().flatMap(({ events }) => events);
  }

  write(record: LedgerRecord): void {
    this.#written = this.#written.and(record);
  }

  load(): RestoredState["ledger"] {
    return this.#written.rows();
  }
}

/** A record after those before it; null is the beginning. */
class Written {
  readonly #before: Written | null;
  readonly #record: LedgerRecord | null;
  readonly #next = new WeakMap<LedgerRecord, Written>();
  #rows: RestoredState["ledger"] | undefined;

  constructor(before: Written | null, record: LedgerRecord | null) {
    this.#before = before;
    this.#record = record;
  }

  and(record: LedgerRecord): Written {
    const next = this.#next.get(record) ?? new Written(this, record);
    this.#next.set(record, next);
    return next;
  }

  /** In the order in which they were written. */
  records(): LedgerRecord[] {
    const records: LedgerRecord[] = [];
    for (let one: Written | null = this; one !== null; one = one.#before) if (one.#record) records.push(one.#record);
    return records.reverse();
  }

  rows(): RestoredState["ledger"] {
    if (this.#rows === undefined) this.#rows = rowsOf(this.records());
    return this.#rows;
  }
}

const NOTHING = new Written(null, null);

function rowsOf(records: readonly LedgerRecord[]): RestoredState["ledger"] {
  const last = records.at(-1);
  if (last === undefined) return null;
  const nodes = new Map<number, LedgerRecord["nodes"][number]>();
  const owed = new Map<Address, bigint>();
  let kept: LedgerRecord["epochs"] = [];
  for (const record of records) {
    for (const folded of record.nodes) nodes.set(folded.node.id, folded);
    const epochs = [...kept, ...record.epochs];
    kept = epochs.filter(({ epoch }) => epoch >= record.covers.firstEpoch);
    for (const { credits } of epochs.filter(({ epoch }) => epoch < record.covers.firstEpoch)) {
      for (const [recipient, amount] of credits) owed.set(recipient, (owed.get(recipient) ?? 0n) + amount);
    }
  }
  return {
    head: plain(last.head),
    nodes: [...nodes.values()].sort((a, b) => a.node.id - b.node.id).map(plain),
    owed,
    epochs: kept,
  };
}

/** The ledger that a start would load after all of these records. */
export function ledgerOf(records: readonly PersistRecord[]): RestoredState["ledger"] {
  const disk = new LedgerDisk();
  for (const record of records) if (record.type === "ledger") disk.write(record);
  return disk.load();
}

function plain(value: unknown): unknown {
  return fromText(toText(value));
}
