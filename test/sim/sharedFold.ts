/**
 * The ledger of all agents of a run, folded once: agents that have read the same events up to the same head hold the
 * same state. Ten thousand ledgers of ten thousand nodes would take hours and a terabyte. States that are shared are
 * never changed: each step is made on a copy, by the production fold. Not here: the rules (core/ledger).
 */
import type { ChainHead } from "@quorate/common";
import type { Amounts } from "../../packages/aggregator/src/core/ledger/amounts.ts";
import type { LedgerRecord, LedgerRows } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import type { ChainEvent, LedgerNode } from "../../packages/aggregator/src/core/ledger/events.ts";
import { foldInPlace, type LedgerFold } from "../../packages/aggregator/src/core/ledger/fold.ts";
import { copyLedger } from "../../packages/aggregator/src/core/ledger/history.ts";
import type { AdmitNode, LedgerChange, LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";

interface Advanced {
  readonly events: readonly ChainEvent[];
  readonly head: ChainHead;
  readonly result: { readonly state: LedgerState; readonly change: LedgerChange };
}

const NOTHING_CHANGED: LedgerChange = { closedEpochs: [], nodesChanged: false };

export class SharedFold implements LedgerFold {
  readonly #admit: AdmitNode;
  readonly #empty: LedgerState = foldInPlace.restore(null);
  readonly #restored = new WeakMap<LedgerRows, LedgerState>();
  readonly #advanced = new WeakMap<LedgerState, Advanced[]>();
  readonly #recorded = new WeakMap<LedgerState, { readonly state: LedgerState; readonly record: LedgerRecord }>();
  /** By the closed epoch, which keeps its object for as long as it is in the window. */
  readonly #amounts = new WeakMap<object, Map<boolean, Amounts>>();

  /** @param admit instead of the agents' own, which are the same function over one domain */
  constructor(admit: AdmitNode) {
    const admitted = new WeakMap<ChainEvent, LedgerNode>();
    this.#admit = (event) => {
      const node = admitted.get(event) ?? admit(event);
      admitted.set(event, node);
      return node;
    };
  }

  restore(rows: LedgerRows | null): LedgerState {
    if (rows === null) return this.#empty;
    const known = this.#restored.get(rows) ?? foldInPlace.restore(rows);
    this.#restored.set(rows, known);
    return known;
  }

  advance(
    state: LedgerState,
    events: readonly ChainEvent[],
    head: ChainHead,
  ): { readonly state: LedgerState; readonly change: LedgerChange } {
    const known = this.#advanced.get(state) ?? [];
    const same = known.find((one) => isSameHead(one.head, head) && isSameList(one.events, events));
    if (same !== undefined) return same.result;
    const result = closesNothing(state, events, head)
      ? { state: { ...state, head }, change: NOTHING_CHANGED }
      : foldInPlace.advance(copyOf(state), events, head, this.#admit);
    this.#advanced.set(state, [...known, { events, head, result }]);
    return result;
  }

  record(state: LedgerState): { readonly state: LedgerState; readonly record: LedgerRecord } {
    const known = this.#recorded.get(state) ?? foldInPlace.record(copyOf(state));
    this.#recorded.set(state, known);
    return known;
  }

  amounts(state: LedgerState, epoch: number, ofAll: boolean): Amounts {
    const closed = state.closed.find((entry) => entry.epoch === epoch);
    if (closed === undefined) return foldInPlace.amounts(state, epoch, ofAll);
    const known = this.#amounts.get(closed) ?? new Map<boolean, Amounts>();
    this.#amounts.set(closed, known);
    const amounts = known.get(ofAll) ?? foldInPlace.amounts(state, epoch, ofAll);
    known.set(ofAll, amounts);
    return amounts;
  }
}

/** Most heads bring nothing but themselves: the rest of the state is the same one then. */
function closesNothing(
  { genesis, epochSeconds, openEpoch }: LedgerState,
  events: readonly ChainEvent[],
  { timestamp }: ChainHead,
): boolean {
  if (events.length > 0) return false;
  return genesis === null || epochSeconds === null || timestamp < genesis + (openEpoch + 1) * epochSeconds;
}

function copyOf(state: LedgerState): LedgerState {
  const { journal } = state;
  if (journal === null) return copyLedger(state);
  const { events, epochs, left, recorded } = journal;
  return {
    ...copyLedger(state),
    journal: { events: [...events], epochs: [...epochs], left: new Map(left), recorded: new Map(recorded) },
  };
}

function isSameHead(a: ChainHead, b: ChainHead): boolean {
  return a.number === b.number && a.timestamp === b.timestamp && a.hash === b.hash;
}

/** Events are the chain's own objects, whoever reads them. */
function isSameList(a: readonly ChainEvent[], b: readonly ChainEvent[]): boolean {
  return a === b || (a.length === b.length && a.every((event, i) => event === b[i]));
}
