/**
 * A look into a store that an agent may be writing meanwhile: its events and the totals of its closed epochs. Enters: a
 * path. Leaves: rows of what the ledger's head covers. Not its job: writing anything, or keeping others from the file.
 */
import { type ChainHead, type EpochTotals, QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { type Deployment, requireDeployment } from "./deployment.ts";
import { readEvents, readHead, readTotals } from "./ledgerReader.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { openToRead, query, storeError } from "./sqlite.ts";

export interface LedgerReader {
  /** Null before the first record. */
  head(): { readonly head: ChainHead; readonly openEpoch: number } | null;
  /** All events up to a block, in order; the agent may write between two of them. */
  events(toBlock: number): Iterable<ChainEvent>;
  totals(from: number, count: number): EpochTotals[];
  close(): void;
}

/** @throws STORE_OPEN_FAILED, STORE_CORRUPT, STORE_WRONG_VERSION, STORE_WRONG_DEPLOYMENT */
export function openLedgerReader(path: string, deployment: Deployment): LedgerReader {
  return coded(path, () => {
    const db = openToRead(path);
    const version = query<{ user_version: number }>(db, "PRAGMA user_version")[0]?.user_version ?? 0;
    if (version !== SCHEMA_VERSION) {
      throw quorateError("STORE_WRONG_VERSION", { path, found: version, expected: SCHEMA_VERSION });
    }
    requireDeployment(db, path, deployment);
    return {
      head: () => coded(path, () => readHead(db)),
      events: (toBlock) => readEvents(db, 0, toBlock),
      totals: (from, count) => coded(path, () => readTotals(db, from, count)),
      close: () => db.close(),
    };
  });
}

function coded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof QuorateError ? error : storeError(error, path, "STORE_OPEN_FAILED");
  }
}
