/**
 * The ledger of all agents of a run, folded once: agents that have read the same events up to the same head hold the
 * same state, and those at other heads the same but for that. Ten thousand ledgers of ten thousand nodes would take
 * hours and a terabyte. States that are shared are never changed: each step is made on a copy, by the production fold,
 * for the events of one block at a time; so it is the same step for agents that read every block and for those that
 * skip some. Not here: the rules (core/ledger).
 */
import type { ChainHead } from "@quorate/common";
import type { Amounts } from "../../packages/aggregator/src/core/ledger/amounts.ts";
import type { LedgerRecord, LedgerRows } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import type { ChainEvent, LedgerNode } from "../../packages/aggregator/src/core/ledger/events.ts";
import { foldInPlace, type LedgerFold } from "../../packages/aggregator/src/core/ledger/fold.ts";
import { copyLedger, headOf } from "../../packages/aggregator/src/core/ledger/history.ts";
import type { AdmitNode, LedgerChange, LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import { groupBy, isSameList } from "../../packages/aggregator/src/core/lists.ts";

/** The states that differ in nothing but their head. */
interface Shared {
  readonly state: LedgerState;
  readonly atHeads: Map<string, LedgerState>;
  readonly steps: Step[];
  /** What it comes to with events that are not final. */
  readonly landed: { readonly events: readonly ChainEvent[]; readonly state: LedgerState }[];
  /** What is left when its record has been taken. */
  recorded: Shared | null;
}

/** The events of one block, or none and the epochs that end. */
interface Step {
  readonly events: readonly ChainEvent[];
  readonly openEpoch: number;
  readonly to: Shared;
  readonly change: LedgerChange;
}

const NOTHING_CHANGED: LedgerChange = { closedEpochs: [], nodesChanged: false };

export class SharedFold implements LedgerFold {
  readonly #admit: AdmitNode;
  readonly #empty: LedgerState = foldInPlace.restore(null);
  readonly #restored = new WeakMap<LedgerRows, LedgerState>();
  readonly #shared = new WeakMap<LedgerState, Shared>();
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
    let shared = this.#sharedOf(state);
    const closedEpochs: number[] = [];
    let nodesChanged = false;
    // By block, and then what ends up to the head. Events are the chain's own objects, whoever reads them.
    for (const some of [...groupBy(events, ({ blockNumber }) => blockNumber), []]) {
      const last = some.at(-1);
      const step = this.#step(shared, some, last === undefined ? head : headOf(last));
      if (step === null) continue;
      shared = step.to;
      closedEpochs.push(...step.change.closedEpochs);
      nodesChanged ||= step.change.nodesChanged;
    }
    const isSame = closedEpochs.length === 0 && !nodesChanged;
    return { state: this.#at(shared, head), change: isSame ? NOTHING_CHANGED : { closedEpochs, nodesChanged } };
  }

  landed(state: LedgerState, events: readonly ChainEvent[]): LedgerState {
    const shared = this.#sharedOf(state);
    let known = shared.landed.find((one) => isSameList(one.events, events));
    if (known === undefined) {
      known = { events, state: foldInPlace.landed(shared.state, events, this.#admit) };
      shared.landed.push(known);
    }
    return { ...known.state, head: state.head };
  }

  record(state: LedgerState): { readonly state: LedgerState; readonly record: LedgerRecord } {
    const known = this.#recorded.get(state);
    if (known !== undefined) return known;
    const shared = this.#sharedOf(state);
    const { state: taken, record } = foldInPlace.record(copyForRecord(state));
    shared.recorded ??= this.#sharedOf(taken);
    const result = { state: state.head === null ? taken : this.#at(shared.recorded, state.head), record };
    this.#recorded.set(state, result);
    return result;
  }

  /** Null where nothing changes but the head. */
  #step({ state, steps }: Shared, events: readonly ChainEvent[], head: ChainHead): Step | null {
    const openEpoch = openEpochAt(state, head);
    if (events.length === 0 && openEpoch === state.openEpoch) return null;
    const known = steps.find((one) => one.openEpoch === openEpoch && isSameList(one.events, events));
    if (known !== undefined) return known;
    const copy = openEpoch === state.openEpoch ? copyForEvents(state) : copyForClose(state);
    const { state: next, change } = foldInPlace.advance(copy, events, head, this.#admit);
    const step = { events, openEpoch, to: this.#sharedOf(next), change };
    steps.push(step);
    return step;
  }

  #sharedOf(state: LedgerState): Shared {
    const known = this.#shared.get(state);
    if (known !== undefined) return known;
    const shared: Shared = { state, atHeads: new Map(), steps: [], landed: [], recorded: null };
    this.#shared.set(state, shared);
    if (state.head !== null) shared.atHeads.set(headKey(state.head), state);
    return shared;
  }

  #at(shared: Shared, head: ChainHead): LedgerState {
    const key = headKey(head);
    const known = shared.atHeads.get(key);
    if (known !== undefined) return known;
    const state = { ...shared.state, head };
    shared.atHeads.set(key, state);
    this.#shared.set(state, shared);
    return state;
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

/** The first epoch that is open at a head, before the events of its block are folded. */
function openEpochAt({ genesis, epochSeconds, openEpoch }: LedgerState, { timestamp }: ChainHead): number {
  if (genesis === null || epochSeconds === null) return openEpoch;
  return Math.max(openEpoch, Math.floor((timestamp - genesis) / epochSeconds));
}

function headKey({ number, hash, timestamp }: ChainHead): string {
  return `${number} ${hash} ${timestamp}`;
}

/** While no epoch closes the fold changes nodes, uptime and amounts only in maps of its own (draftOf in ledger.ts). */
function copyForEvents(state: LedgerState): LedgerState {
  const { journal } = state;
  return { ...state, journal: journal === null ? null : { ...journal, events: [...journal.events] } };
}

function copyForClose(state: LedgerState): LedgerState {
  const { journal } = state;
  if (journal === null) return copyLedger(state);
  const { events, epochs, left } = journal;
  const noted = { events: [...events], epochs: [...epochs], left: new Map(left) };
  return { ...copyLedger(state), journal: { ...journal, ...noted } };
}

/** A record changes the journal alone. */
function copyForRecord(state: LedgerState): LedgerState {
  const { journal } = state;
  if (journal === null) return state;
  const { epochs, recorded } = journal;
  return { ...state, journal: { ...journal, epochs: [...epochs], recorded: new Map(recorded) } };
}
