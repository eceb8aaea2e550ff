/**
 * What ledger records leave on a disk, in memory: as the store's tables keep them (adapters/sqlite), which
 * test/sim/disk.test.ts holds it to. Records are never changed, so that keeping them is enough; values become plain
 * data when loaded.
 */
import type { Address } from "@quorate/common";
import { fromText, toText } from "../../src/adapters/sqlite/plain.ts";
import type { PersistRecord, RestoredState } from "../../src/core/io.ts";
import type { ChainEvent } from "../../src/core/ledger/events.ts";

type LedgerRecord = Extract<PersistRecord, { type: "ledger" }>;

export class LedgerDisk {
  readonly events: ChainEvent[] = [];
  #last: LedgerRecord | null = null;
  readonly #nodes = new Map<number, LedgerRecord["nodes"][number]>();
  #epochs: LedgerRecord["epochs"] = [];
  readonly #owed = new Map<Address, bigint>();

  write(record: LedgerRecord): void {
    this.#last = record;
    for (const folded of record.nodes) this.#nodes.set(folded.node.id, folded);
    for (const event of record.events) this.events.push(event);
    const epochs = [...this.#epochs, ...record.epochs];
    this.#epochs = epochs.filter(({ epoch }) => epoch >= record.covers.firstEpoch);
    for (const { credits } of epochs.filter(({ epoch }) => epoch < record.covers.firstEpoch)) {
      for (const [recipient, amount] of credits) this.#owed.set(recipient, (this.#owed.get(recipient) ?? 0n) + amount);
    }
  }

  load(): RestoredState["ledger"] {
    if (this.#last === null) return null;
    const nodes = [...this.#nodes.values()].sort((a, b) => a.node.id - b.node.id);
    return {
      head: plain(this.#last.head),
      nodes: nodes.map(plain),
      owed: new Map(this.#owed),
      epochs: [...this.#epochs],
    };
  }
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
