/**
 * What an agent does with its ledger as a whole: begin it, fold on, look ahead, take records, list amounts. All of it
 * takes as long as there are nodes or recipients, and is the same for agents that have read the same; so a simulation
 * gives a fold that does each of it once for all of them. Not here: the rules (ledger.ts), reading single nodes and
 * amounts.
 */
import type { ChainHead } from "@quorate/common";
import { type Amounts, amountsAt, changesOf } from "./amounts.ts";
import { type LedgerRecord, type LedgerRows, restoreLedger, takeRecord } from "./checkpoint.ts";
import type { ChainEvent } from "./events.ts";
import { type AdmitNode, advanceLedger, type LedgerChange, type LedgerState, withLanded } from "./ledger.ts";

/** Whoever calls goes on with the state that comes back, and never with the one it gave. */
export interface LedgerFold {
  /** As restoreLedger. @throws STORE_CORRUPT */
  restore(rows: LedgerRows | null): LedgerState;
  /** As advanceLedger. @throws CHAIN_EVENT_INVALID; then the state given is what it was */
  advance(
    state: LedgerState,
    events: readonly ChainEvent[],
    head: ChainHead,
    admit: AdmitNode,
  ): { readonly state: LedgerState; readonly change: LedgerChange };
  /** As withLanded; what it gives is not changed any more. */
  landed(state: LedgerState, events: readonly ChainEvent[], admit: AdmitNode): LedgerState;
  /** As takeRecord. */
  record(state: LedgerState): { readonly state: LedgerState; readonly record: LedgerRecord };
  /** Everyone's amount at the close of an epoch, or of those it credited alone. */
  amounts(state: LedgerState, epoch: number, ofAll: boolean): Amounts;
}

/** The one of production: it changes the state in place. */
export const foldInPlace: LedgerFold = {
  restore: restoreLedger,
  advance: (state, events, head, admit) => ({ state, change: advanceLedger(state, events, head, admit) }),
  landed: withLanded,
  record: (state) => ({ state, record: takeRecord(state) }),
  amounts: (state, epoch, ofAll) => (ofAll ? amountsAt(state, epoch) : changesOf(state, epoch)),
};
