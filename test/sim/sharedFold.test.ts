import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { foldInPlace, type LedgerFold } from "../../packages/aggregator/src/core/ledger/fold.ts";
import type { LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import {
  admit,
  EPOCH_SECONDS,
  headAt,
  histories,
  lastTimestamp,
} from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { SharedFold } from "./sharedFold.ts";

/** Some heads in each epoch: most bring nothing, some close one. */
const STEP_SECONDS = Math.floor(EPOCH_SECONDS / 3);

/**
 * Reads a history head by head, with a record whenever an epoch closed; the state after each.
 * @param skips heads that this agent does not see, unless something happened
 */
function read(fold: LedgerFold, events: readonly ChainEvent[], skips = false): LedgerState[] {
  const states: LedgerState[] = [];
  let state = fold.restore(null);
  const last = lastTimestamp(events) + 2 * EPOCH_SECONDS;
  for (let from = 0, until = events[0]?.timestamp ?? 0; until <= last; from = until + 1, until += STEP_SECONDS) {
    const some = events.filter(({ timestamp }) => timestamp >= from && timestamp <= until);
    const { genesis, epochSeconds, openEpoch } = state;
    const ends = genesis !== null && epochSeconds !== null && until >= genesis + (openEpoch + 1) * epochSeconds;
    if (skips && some.length === 0 && !ends) continue;
    const advanced = fold.advance(state, some, headAt(until), admit);
    state = advanced.state;
    if (advanced.change.closedEpochs.length > 0) state = fold.record(state).state;
    states.push(state);
  }
  return states;
}

describe("the shared fold", () => {
  it("P-50: says what each agent's own fold says, at every head", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const shared = read(new SharedFold(admit), events);
        // What is shared must be the same when everyone has read on: it is compared only now.
        const own = foldInPlace.restore(null);
        let from = 0;
        for (const state of shared) {
          const head = state.head as NonNullable<LedgerState["head"]>;
          const some = events.filter(({ timestamp }) => timestamp >= from && timestamp <= head.timestamp);
          from = head.timestamp + 1;
          const { change } = foldInPlace.advance(own, some, head, admit);
          if (change.closedEpochs.length > 0) foldInPlace.record(own);
          expect(state).toEqual(own);
          for (const { epoch } of own.closed) {
            for (const ofAll of [true, false]) {
              expect(foldInPlace.amounts(state, epoch, ofAll)).toEqual(foldInPlace.amounts(own, epoch, ofAll));
            }
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("agents that skip heads at which nothing happened share all but the head", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const fold = new SharedFold(admit);
        const byTime = new Map(read(fold, events).map((state) => [state.head?.timestamp, state]));
        for (const state of read(fold, events, true)) expect(byTime.get(state.head?.timestamp)).toBe(state);
      }),
      { numRuns: 5 },
    );
  });

  it("gives agents with the same history the same objects", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const fold = new SharedFold(admit);
        const [one, other] = [read(fold, events), read(fold, events)];
        expect(one.every((state, i) => state === other[i])).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it("P-92: says what each agent's own look at what is not final says, once for those at other heads too", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const fold: LedgerFold = new SharedFold(admit);
        const half = events.slice(0, Math.ceil(events.length / 2));
        const later = events.slice(half.length);
        const head = headAt(lastTimestamp(half));
        const { state } = fold.advance(fold.restore(null), half, head, admit);
        const { state: own } = foldInPlace.advance(foldInPlace.restore(null), half, head, admit);
        const view = fold.landed(state, later, admit);
        expect(view).toEqual(foldInPlace.landed(own, later, admit));
        expect(state).toEqual(own);
        const elsewhere = fold.advance(state, [], { ...head, hash: "0x" }, admit).state;
        expect(fold.landed(elsewhere, [...later], admit).nodes).toBe(view.nodes);
      }),
      { numRuns: 15 },
    );
  });
});
