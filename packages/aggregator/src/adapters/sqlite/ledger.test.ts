import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { type Hex, quorateError } from "@quorate/common";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
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
import { DEPLOYMENT, LEDGER_NETWORK } from "../../../test/support/storeCases.ts";
import type { PersistRecord } from "../../core/io.ts";
import { restoreLedger, takeRecord } from "../../core/ledger/checkpoint.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { advanceLedger, type LedgerState } from "../../core/ledger/ledger.ts";
import { openLedgerReader } from "./reader.ts";
import { openDatabase, query } from "./sqlite.ts";
import { openStore } from "./store.ts";
import { Turns } from "./turns.ts";

let directory: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-ledger-"));
  path = join(directory, "agent.sqlite");
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

/** Of the oldest epoch of the window, once seven have closed. */
const CLAIM = { recipient: `0x${"11".repeat(20)}`, epoch: 2 } as const;

const closedBy = (epochs: number) => headAt(GENESIS + epochs * EPOCH_SECONDS);

/** The ledger of the file, folded state as the core restores it. */
function load(at = path): LedgerState {
  const store = openStore(at, DEPLOYMENT);
  try {
    return restoreLedger(store.load().ledger);
  } finally {
    store.close();
  }
}

describe("the ledger in rows", () => {
  it("property: stored record by record and loaded again, it is what was folded, and so are the events (P-50)", async () => {
    let file = 0;
    await fc.assert(
      fc.asyncProperty(histories, fc.array(fc.nat({ max: 4_000 }), { maxLength: 6 }), async (events, offsets) => {
        const at = join(directory, `${file++}.sqlite`);
        const store = openStore(at, DEPLOYMENT);
        let state = restoreLedger(store.load().ledger);
        const until = lastTimestamp(events) + 3 * EPOCH_SECONDS;
        const ends = offsets.map((offset) => GENESIS + offset).filter((end) => end < until);
        let start = 0;
        for (const end of [...ends.sort((a, b) => a - b), until]) {
          const range = events.filter(({ timestamp }) => timestamp > start && timestamp <= end);
          advanceLedger(state, range, headAt(end), admit);
          start = end;
          store.persist([takeRecord(state)]);
          await store.written();
          state = restoreLedger(store.load().ledger);
        }
        expect(folded(state)).toEqual(folded(foldAll(events, until)));
        expect([...store.events(0)]).toEqual(events);
        const middle = events[Math.floor(events.length / 2)]?.blockNumber ?? 0;
        expect([...store.events(middle)]).toEqual(events.filter(({ blockNumber }) => blockNumber >= middle));
        store.close();
      }),
      { numRuns: 25 },
    );
  });

  it("moves credits that have left the window to lifetime amounts, and keeps one row of a node", async () => {
    const store = openStore(path, DEPLOYMENT);
    const state = restoreLedger(null);
    for (let epochs = 1; epochs <= 8; epochs++) {
      advanceLedger(state, epochs === 1 ? network(3, 2) : [], closedBy(epochs), admit);
      store.persist([takeRecord(state)]);
    }
    await store.written();
    store.close();
    const db = openDatabase(path);
    expect(query(db, "SELECT DISTINCT epoch FROM ledger_credit")).toEqual([3, 4, 5, 6, 7].map((epoch) => ({ epoch })));
    expect(query(db, "SELECT count(*) AS n FROM ledger_owed")).toEqual([{ n: 6 }]);
    expect(query(db, "SELECT count(*) AS n FROM ledger_node")).toEqual([{ n: 3 }]);
    expect(query(db, "SELECT count(*) AS n FROM ledger_epoch")).toEqual([{ n: 8 }]);
    db.close();
    expect(folded(load())).toEqual(folded(state));
  });

  it("P-41 keeps the root of each closed epoch once its ledger is written, for good", async () => {
    const roots = [1, 2, 3].map((n): Hex => `0x${n.toString(16).padStart(64, "0")}`);
    const store = openStore(path, DEPLOYMENT);
    const state = restoreLedger(null);
    advanceLedger(state, network(2, 2), closedBy(2), admit);
    store.persist([takeRecord(state)]);
    for (const [epoch, root] of roots.entries()) store.persist([{ type: "root", epoch, root: root as Hex }]);
    await store.written();
    store.close();
    openStore(path, DEPLOYMENT).close();
    const reader = openLedgerReader(path, DEPLOYMENT);
    const owed = [0, 1].map((epoch) => state.closed[epoch]?.totalOwed);
    expect(reader.totals(0, 10)).toEqual(
      [0, 1].map((epoch) => ({ epoch, root: roots[epoch], totalOwed: owed[epoch] })),
    );
    expect(reader.totals(1, 10)).toHaveLength(1);
    expect(reader.totals(0, 1)).toHaveLength(1);
    expect(reader.head()).toEqual({ head: closedBy(2), openEpoch: 2 });
    expect([...reader.events(Number.MAX_SAFE_INTEGER)]).toEqual(network(2, 2));
    reader.close();
  });

  it("a reader beside the agent sees what is written, and refuses a file of another deployment", async () => {
    const store = openStore(path, DEPLOYMENT);
    const reader = openLedgerReader(path, DEPLOYMENT);
    expect(reader.head()).toBeNull();
    const state = restoreLedger(null);
    advanceLedger(state, network(3, 1), closedBy(1), admit);
    store.persist([takeRecord(state)]);
    await store.written();
    expect(reader.head()?.openEpoch).toBe(1);
    expect([...reader.events(GENESIS - 1)]).toEqual(network(3, 1).slice(0, 3));
    reader.close();
    const other = { ...DEPLOYMENT, deployBlock: 8 };
    expect(() => openLedgerReader(path, other)).toThrow(/STORE_WRONG_DEPLOYMENT/);
    expect(() => openLedgerReader(join(directory, "none.sqlite"), DEPLOYMENT)).toThrow(/STORE_OPEN_FAILED/);
    store.close();
  });

  it("streams more events than it reads at a time, while records are written", async () => {
    const store = openStore(path, DEPLOYMENT);
    const state = restoreLedger(null);
    advanceLedger(state, network(1_200, 1), closedBy(1), admit);
    store.persist([takeRecord(state)]);
    await store.written();
    const seen: ChainEvent[] = [];
    for (const event of store.events(0)) {
      if (seen.length === 600) {
        advanceLedger(state, [], closedBy(2), admit);
        store.persist([takeRecord(state)]);
        await store.written();
      }
      seen.push(event);
    }
    expect(seen).toEqual(network(1_200, 1));
    store.close();
  });
});

describe("a crash while the ledger is written", () => {
  it("between any two chunks leaves the former ledger or the new one, and signings between them stay (P-71)", async () => {
    const { state, former } = await storedLedger(7);
    const leaves = Array.from({ length: 40 }, (_, i): ChainEvent => {
      const position = { blockNumber: GENESIS + 701 + i, logIndex: 0, timestamp: GENESIS + 701 + i };
      return { type: "leave-requested", id: i + 1, unlocksAt: GENESIS + 5_000, ...position };
    });
    advanceLedger(state, leaves, closedBy(8), admit);
    const records = [takeRecord(state), { type: "prune", belowEpoch: 3 }] as const;
    const found: string[] = [];
    for (let turns = 0; found.at(-1) !== "written"; turns++) {
      const at = join(directory, `${turns}.sqlite`);
      copyFileSync(path, at);
      const { written, signed } = await crashAfter(at, records, turns);
      const store = openStore(at, DEPLOYMENT);
      const loaded = folded(restoreLedger(store.load().ledger));
      const isNew = loaded.openEpoch === 8;
      expect(loaded).toEqual(isNew ? folded(state) : former);
      // Claims are those of the window of the ledger that is loaded: with another one an amount would be missing.
      expect(store.load().claims).toEqual(isNew ? [] : [CLAIM]);
      expect(store.load().signings).toHaveLength(signed);
      // Whichever it was: written again where it was lost, it is the new one.
      if (!isNew) {
        store.persist(records);
        await store.written();
        expect(folded(restoreLedger(store.load().ledger))).toEqual(folded(state));
        expect([...store.events(GENESIS + 701)]).toEqual(leaves);
      }
      store.close();
      found.push(written ? "written" : isNew ? "new" : "former");
    }
    // Events, nodes, three chunks of credits, the epoch; then the head, the nodes' former rows, three chunks of moves.
    expect(found.join()).toMatch(/^(former,){6,8}(new,){4,6}written$/);
  });

  it("behaviour: SIGKILL at any moment leaves what one record said, and every signing that was reported", async () => {
    for (const afterMs of [0, 3, 10, 25, 60, 110]) {
      rmSync(path, { force: true });
      const { begun, written, signed } = await killWhileWriting(afterMs);
      const state = load();
      expect(state.openEpoch).toBeGreaterThanOrEqual(written);
      expect(state.openEpoch).toBeLessThanOrEqual(begun);
      const epochs = state.openEpoch;
      const expected =
        epochs === 0 ? restoreLedger(null) : foldAll(network(...LEDGER_NETWORK), closedBy(epochs).timestamp);
      expect(folded(state)).toEqual(folded(expected));
      const store = openStore(path, DEPLOYMENT);
      expect(store.load().signings.length).toBeGreaterThan(signed);
      store.close();
    }
  });
});

describe("turns", () => {
  it("error: a failed job rejects those who wait, ends what was to follow, and is thrown at whoever adds more", async () => {
    const turns = new Turns();
    let followed = false;
    turns.add(function* () {
      yield;
      throw quorateError("STORE_WRITE_FAILED", { path: "full" });
    });
    turns.add(function* () {
      followed = true;
      yield;
    });
    await expect(turns.done()).rejects.toMatchObject({ code: "STORE_WRITE_FAILED" });
    await expect(turns.done()).rejects.toMatchObject({ code: "STORE_WRITE_FAILED" });
    expect(() => turns.add(function* () {})).toThrow(/STORE_WRITE_FAILED/);
    await sleep(5);
    expect(followed).toBe(false);
  });

  it("does one chunk a turn, so that others come between", async () => {
    const turns = new Turns();
    const order: string[] = [];
    turns.add(function* () {
      for (const chunk of ["a", "b", "c"]) {
        order.push(chunk);
        setImmediate(() => order.push("other"));
        yield;
      }
    });
    await turns.done();
    expect(order.slice(0, 5)).toEqual(["a", "other", "b", "other", "c"]);
  });
});

/** The file with a ledger of so many closed epochs; its folded state now, and to go on with. */
async function storedLedger(epochs: number) {
  const store = openStore(path, DEPLOYMENT);
  const state = restoreLedger(null);
  advanceLedger(state, network(...LEDGER_NETWORK), closedBy(epochs), admit);
  store.persist([takeRecord(state), { type: "claim", ...CLAIM }, { type: "prune", belowEpoch: 2 }]);
  await store.written();
  store.close();
  return { state, former: folded(load()) };
}

/**
 * Closes the file after so many turns of the event loop, with what is not written left undone; something is signed in
 * each.
 */
async function crashAfter(at: string, records: readonly PersistRecord[], turns: number) {
  const store = openStore(at, DEPLOYMENT);
  let written = false;
  store.persist(records);
  void store.written().then(() => {
    written = true;
  });
  let signed = 0;
  for (; signed < turns && !written; signed++) {
    const digest: Hex = `0x${"00".repeat(32)}`;
    const id = { kind: "RewardClaim", epoch: 100 + signed, subject: CLAIM.recipient } as const;
    const claim = { kind: "RewardClaim", message: { recipient: CLAIM.recipient, amount: 1n } } as const;
    store.persist([{ type: "signing", id, digest, signed: claim }]);
    await nextTurn();
  }
  const before = { written, signed };
  store.close();
  return before;
}

async function killWhileWriting(afterMs: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "store.child.ts"), path, "ledger"]);
  children.push(child);
  const seen = { begun: 0, written: 0, signed: -1 };
  const ended = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, number] = line.split(" ");
    if (what === "begun" && seen.begun === 0) void sleep(afterMs).then(() => child.kill("SIGKILL"));
    if (what === "begun" || what === "written" || what === "signed") seen[what] = Number(number);
  }
  await ended;
  // What the dying process had begun, but not yet said.
  return { ...seen, begun: seen.begun + 1 };
}
