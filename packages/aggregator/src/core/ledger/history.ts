/**
 * Folds a whole history from nothing, one epoch at a time, for whoever recomputes the ledger: commands, vectors, the
 * audit's thread. Enters: all events in order, where the history ends. Leaves: a stop at every close, with the state as
 * it is then. Not here: reading events, and the agent's own fold, which follows the chain as it comes (agent.ts).
 */
import type { ChainHead } from "@quorate/common";
import type { CreditObserver } from "./credits.ts";
import type { ChainEvent } from "./events.ts";
import { type AdmitNode, advanceLedger, type LedgerState } from "./ledger.ts";
import { copyUptime } from "./reports.ts";

/** Events folded at once inside one epoch: each fold copies the node set. */
const EVENTS_AT_ONCE = 500;

/** What happened between two stops. */
export interface HistoryStep {
  /** The epoch that has just closed; null for a step inside the open epoch. */
  readonly closed: number | null;
  /** Events folded so far. */
  readonly events: number;
}

/**
 * Steps through `events` and on to `head`; `state` is changed in place, and may be read and copied at each step.
 * `head` null ends with the last event: nothing closes after it.
 * @throws CHAIN_EVENT_INVALID
 */
export function* foldHistory(
  state: LedgerState,
  events: Iterable<ChainEvent>,
  head: ChainHead | null,
  { admit, observer = null }: { readonly admit: AdmitNode; readonly observer?: CreditObserver | null },
): Generator<HistoryStep, void, void> {
  let batch: ChainEvent[] = [];
  let count = 0;
  const fold = (): void => {
    const last = batch.at(-1);
    if (last === undefined) return;
    advanceLedger(state, batch, headOf(last), admit, observer);
    count += batch.length;
    batch = [];
  };
  for (const event of events) {
    // `started` says when epochs end, so whatever follows it waits for it.
    if (batch.length >= EVENTS_AT_ONCE || batch.at(-1)?.type === "started" || event.timestamp >= openEpochEnd(state)) {
      fold();
      yield { closed: null, events: count };
    }
    while (event.timestamp >= openEpochEnd(state)) yield closeOne(state, count, admit, observer);
    batch.push(event);
  }
  fold();
  yield { closed: null, events: count };
  if (head === null) return;
  while (head.timestamp >= openEpochEnd(state)) yield closeOne(state, count, admit, observer);
  advanceLedger(state, [], head, admit, observer);
}

function closeOne(state: LedgerState, events: number, admit: AdmitNode, observer: CreditObserver | null): HistoryStep {
  const closed = state.openEpoch;
  const { number, hash } = state.head ?? { number: 0, hash: "0x" };
  advanceLedger(state, [], { number, hash, timestamp: openEpochEnd(state) }, admit, observer);
  return { closed, events };
}

/** Seconds; infinity before `started`. */
function openEpochEnd({ genesis, epochSeconds, openEpoch }: LedgerState): number {
  return genesis === null || epochSeconds === null
    ? Number.POSITIVE_INFINITY
    : genesis + (openEpoch + 1) * epochSeconds;
}

/** Of the block that an event is in. */
export function headOf({ blockNumber, timestamp }: ChainEvent): ChainHead {
  return { number: blockNumber, hash: "0x", timestamp };
}

/** A copy that can be folded on while `state` stays as it is. */
export function copyLedger(state: LedgerState): LedgerState {
  return {
    ...state,
    nodes: new Map(state.nodes),
    owed: new Map(state.owed),
    uptime: copyUptime(state.uptime),
    journal: null,
  };
}
