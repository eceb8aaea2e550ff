import type { Address } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ledgerOf } from "../../../test/support/ledgerDisk.ts";
import {
  address,
  admit,
  EPOCH_SECONDS,
  foldAll,
  folded,
  GENESIS,
  headAt,
  histories,
  lastTimestamp,
  network,
} from "../../../test/support/ledgerHistory.ts";
import { SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import { type LedgerRecord, type LedgerRows, restoreLedger, takeRecord } from "./checkpoint.ts";
import type { ChainEvent } from "./events.ts";
import { advanceLedger, amountAt, changes } from "./ledger.ts";

/** Folds range by range, taking a record after each; starts anew from the records wherever `restarts` says so. */
function foldInRecords(
  events: readonly ChainEvent[],
  cuts: readonly number[],
  restarts: readonly boolean[],
  until: number,
) {
  const records: LedgerRecord[] = [];
  let state = restoreLedger(null);
  for (const [i, end] of [...cuts, until].entries()) {
    const start = state.head?.timestamp ?? 0;
    advanceLedger(
      state,
      events.filter(({ timestamp }) => timestamp > start && timestamp <= end),
      headAt(end),
      admit,
    );
    records.push(takeRecord(state));
    if (restarts[i] === true) state = restoreLedger(ledgerOf(records));
  }
  return { state, records };
}

const cutsIn = (events: readonly ChainEvent[]) => {
  const until = lastTimestamp(events) + 3 * EPOCH_SECONDS;
  return fc
    .array(fc.integer({ min: GENESIS, max: until }), { maxLength: 8 })
    .map((cuts) => ({ events, until, cuts: [...new Set(cuts)].sort((a, b) => a - b) }));
};

describe("a ledger from records", () => {
  it("property: any cuts into ranges, any restarts from what was stored, and the fold is the same (P-50)", () => {
    fc.assert(
      fc.property(histories.chain(cutsIn), fc.array(fc.boolean(), { maxLength: 9 }), (history, restarts) => {
        const { events, cuts, until } = history;
        const whole = foldAll(events, until);
        const { state, records } = foldInRecords(events, cuts, restarts, until);
        expect(folded(state)).toEqual(folded(whole));
        expect(folded(restoreLedger(ledgerOf(records)))).toEqual(folded(whole));
        // The history can be folded again from what was stored of it.
        expect(records.flatMap((record) => record.events)).toEqual(events);
      }),
      { numRuns: 150 },
    );
  });

  it("property: released = Σ owed + carry, Σ owed is the running total, each epoch's total too (P-55)", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const state = foldAll(events, lastTimestamp(events) + 7 * EPOCH_SECONDS);
        expect(state.totalOwed + state.carry).toBe(state.releasedAtOpen);
        expect(sum(state.owed.values())).toBe(state.totalOwed);
        for (const { epoch, totalOwed } of state.closed) {
          expect(sum([...state.owed.keys()].map((recipient) => amountAt(state, epoch, recipient) ?? 0n))).toBe(
            totalOwed,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it("holds only what changed: nodes once, and again when something happened to them", () => {
    const state = restoreLedger(null);
    advanceLedger(state, network(5, 2), headAt(GENESIS + EPOCH_SECONDS), admit);
    expect(takeRecord(state).nodes).toHaveLength(5);
    const position = { blockNumber: GENESIS + 150, logIndex: 0, timestamp: GENESIS + 150 };
    const leave: ChainEvent = { type: "leave-requested", id: 3, unlocksAt: GENESIS + 900, ...position };
    advanceLedger(state, [leave], headAt(GENESIS + 2 * EPOCH_SECONDS), admit);
    const record = takeRecord(state);
    expect(record.nodes.map(({ node }) => node.id)).toEqual([3]);
    expect(record.epochs.map(({ epoch, credits }) => [epoch, credits.size])).toEqual([[1, 10]]);
    expect(record.events).toEqual([leave]);
  });

  it("keeps the credits of a window of epochs apart, and those of all earlier ones together", () => {
    const state = restoreLedger(null);
    const epochs = SIGNING_WINDOW_EPOCHS + 4;
    advanceLedger(state, network(3, 2), headAt(GENESIS + epochs * EPOCH_SECONDS), admit);
    const record = takeRecord(state);
    expect(record.epochs.map(({ epoch, credits }) => [epoch, credits.size])).toEqual([
      ...[0, 1, 2].map((epoch) => [epoch, 0]),
      ...[3, 4, 5, 6, 7, 8].map((epoch) => [epoch, 6]),
    ]);
    const upTo3 = record.epochs[3];
    expect(sum(upTo3?.credits.values() ?? [])).toBe(upTo3?.totalOwed);
    expect(record.covers).toMatchObject({ firstEpoch: 4, openEpoch: 9 });
  });

  it("error: STORE_CORRUPT for rows that are not of one ledger of this version", () => {
    const { records } = foldInRecords(network(2, 2), [], [], GENESIS + 7 * EPOCH_SECONDS);
    const rows = ledgerOf(records) as LedgerRows;
    const head = rows.head as Record<string, unknown>;
    const [first, ...others] = rows.epochs;
    expect(() => restoreLedger(rows)).not.toThrow();
    const wrong: LedgerRows[] = [
      { ...rows, head: null },
      { ...rows, head: { ...head, version: 2 } },
      { ...rows, head: { ...head, carry: "0" } },
      { ...rows, head: { ...head, totalOwed: 1n } },
      { ...rows, nodes: [{ ...(rows.nodes[0] as object), activeSeconds: -1 }] },
      { ...rows, owed: new Map([...rows.owed].slice(1)) },
      { ...rows, owed: new Map([...rows.owed, ...(first?.credits ?? [])]), epochs: others },
      // Found by fuzzing: half a byte.
      { ...rows, nodes: [JSON.parse(JSON.stringify(rows.nodes[0], text).replace('"blsKey":"0x', '"blsKey":"0x0'))] },
    ];
    for (const each of wrong) expect(() => restoreLedger(each)).toThrow(/STORE_CORRUPT/);
  });
});

describe("changes", () => {
  it("names whom an epoch credited, with the lifetime amount at its close", () => {
    const state = foldAll(network(3, 2), GENESIS + 7 * EPOCH_SECONDS);
    for (const { epoch } of state.closed) {
      const listed = new Map(changes(state, epoch));
      expect([...listed.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6].map(address));
      for (const [recipient, amount] of listed) expect(amount).toBe(amountAt(state, epoch, recipient));
    }
    expect(changes(state, 1)).toBeNull();
    expect(changes(state, 7)).toBeNull();
  });

  it("leaves out whoever an epoch gave nothing", () => {
    const exit: ChainEvent = {
      type: "node-exited",
      ...{ id: 2, blockNumber: GENESIS + 100, logIndex: 0, timestamp: GENESIS + 100 },
    };
    const state = foldAll([...network(2, 1), exit], GENESIS + 2 * EPOCH_SECONDS);
    const recipients = (epoch: number): Address[] => [...(changes(state, epoch) ?? [])].map(([recipient]) => recipient);
    expect(recipients(0)).toEqual([address(1), address(2)]);
    expect(recipients(1)).toEqual([address(1)]);
  });
});

function text(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
