/**
 * What every store of an agent has to do, whatever it is made of. Run against the simulation's disk and against SQLite,
 * so that what a simulated crash leaves is what a real one leaves. Enters: how a store is opened, again and again over
 * the same disk. Not here: damaged files, other processes, copies (adapters/sqlite).
 */
import { type Address, type Hex, type KindMessage, type NodeId, roundKey, subjectOf, toHex } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import type { PersistRecord, RestoredState } from "../../packages/aggregator/src/core/io.ts";
import { restoreLedger, takeRecord } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, type LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import {
  admit,
  EPOCH_SECONDS,
  GENESIS,
  headAt,
  network,
} from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { sampleBundle } from "../../packages/aggregator/test/support/sampleBundle.ts";

/** A store that is open. */
export interface OpenStore {
  load(): RestoredState;
  /** @throws SIGNING_CONFLICT */
  persist(records: readonly PersistRecord[]): void;
  /** What was only taken is on disk when this resolves. */
  written(): Promise<void>;
  events(fromBlock: number): Iterable<ChainEvent>;
  /** The process dies: what was taken and not written is lost. */
  crash(): void;
}

/** One disk, on which stores are opened one after the other. */
export interface StoreDisk {
  open(): OpenStore;
  remove(): void;
}

const ALICE: Address = `0x${"aa".repeat(20)}`;
const BOB: Address = `0x${"bb".repeat(20)}`;
const EMPTY = { ledger: null, signings: [], claims: [], bundles: [] };
/** The same whenever a node asks to leave again (P-33). */
const UNLOCKS_AT = GENESIS + 20 * EPOCH_SECONDS;

const digestOf = (n: number): Hex => toHex(new Uint8Array(32).fill(n));

export function signing(
  signed: KindMessage,
  epoch: number,
  digest: Hex = digestOf(1),
): Extract<PersistRecord, { type: "signing" }> {
  return { type: "signing", id: { kind: signed.kind, epoch, subject: subjectOf(signed) }, digest, signed };
}

const claimOf = (recipient: Address, amount = 1n): KindMessage => ({
  kind: "RewardClaim",
  message: { recipient, amount },
});
const bundleOf = (recipient: Address, epoch: number) =>
  ({ type: "bundle", recipient, epoch, bundle: sampleBundle({ recipient, epoch }) }) as const;

/** Folds on by whole epochs, and says what changed. */
export function foldOn(ledger: LedgerState, epochs: number, leaving: NodeId): PersistRecord {
  const now = ledger.head?.timestamp ?? 0;
  const timestamp = now + 1;
  const position = { blockNumber: timestamp, logIndex: 0, timestamp };
  const leave: ChainEvent = { type: "leave-requested", id: leaving, unlocksAt: UNLOCKS_AT, ...position };
  const until = Math.max(now, GENESIS) + 1 + Math.floor(epochs * EPOCH_SECONDS);
  advanceLedger(ledger, now === 0 ? network(3, 2) : [leave], headAt(until), admit);
  return takeRecord(ledger);
}

export const codeOf = (run: () => void): string => {
  try {
    run();
    return "OK";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

export function storeSuite(name: string, makeDisk: () => StoreDisk): void {
  describe(`store: ${name}`, () => {
    const disks: StoreDisk[] = [];
    const newDisk = (): StoreDisk => {
      const disk = makeDisk();
      disks.push(disk);
      return disk;
    };
    afterEach(() => {
      for (const disk of disks.splice(0)) disk.remove();
    });
    recordsSuite(newDisk);
    keptSuite(newDisk);
    copiesSuite(newDisk);
    ledgerSuite(newDisk);
  });
}

function recordsSuite(newDisk: () => StoreDisk): void {
  it("is empty at first", () => {
    const store = newDisk().open();
    expect(store.load()).toEqual(EMPTY);
    expect([...store.events(0)]).toEqual([]);
    store.crash();
  });

  it("P-71: what was persisted is there after a crash, at once", () => {
    const disk = newDisk();
    const records = [
      signing(claimOf(ALICE), 3),
      { type: "claim", recipient: ALICE, epoch: 3 } as const,
      bundleOf(ALICE, 3),
    ];
    const store = disk.open();
    store.persist(records);
    store.crash();
    const { type: _type, ...signed } = signing(claimOf(ALICE), 3);
    const { type: _also, ...bundled } = bundleOf(ALICE, 3);
    const loaded = disk.open().load();
    expect(loaded).toEqual({
      ...EMPTY,
      signings: [signed],
      claims: [{ recipient: ALICE, epoch: 3 }],
      bundles: [bundled],
    });
  });

  it("P-71: a signing is never overwritten: the same again changes nothing, another one is refused", () => {
    const disk = newDisk();
    const store = disk.open();
    store.persist([signing(claimOf(ALICE), 3)]);
    store.persist([signing(claimOf(ALICE), 3)]);
    expect(codeOf(() => store.persist([signing(claimOf(ALICE, 2n), 3, digestOf(2))]))).toBe("SIGNING_CONFLICT");
    store.crash();
    const again = disk.open();
    expect(again.load().signings).toMatchObject([{ digest: digestOf(1), signed: claimOf(ALICE) }]);
    expect(codeOf(() => again.persist([signing(claimOf(ALICE, 2n), 3, digestOf(2))]))).toBe("SIGNING_CONFLICT");
    again.persist([signing(claimOf(ALICE, 2n), 4, digestOf(2)), signing(claimOf(BOB), 3, digestOf(2))]);
    expect(again.load().signings).toHaveLength(3);
    again.crash();
  });

  it("P-71: of records that are refused none is kept, and two that contradict each other are refused together", () => {
    const disk = newDisk();
    const store = disk.open();
    store.persist([signing(claimOf(ALICE), 3)]);
    const before = store.load();
    const refused = [
      [{ type: "claim", recipient: BOB, epoch: 3 }, signing(claimOf(ALICE, 2n), 3, digestOf(2)), bundleOf(BOB, 3)],
      [signing(claimOf(BOB), 3), signing(claimOf(BOB, 2n), 3, digestOf(2))],
    ] as const;
    for (const records of refused) {
      expect(codeOf(() => store.persist(records))).toBe("SIGNING_CONFLICT");
      expect(store.load()).toEqual(before);
    }
    store.crash();
    expect(disk.open().load()).toEqual(before);
  });
}

function keptSuite(newDisk: () => StoreDisk): void {
  it("replaces a bundle, keeps one of each recipient and epoch, and a claim once", () => {
    const store = newDisk().open();
    const better = { ...sampleBundle({ recipient: ALICE, epoch: 3 }), signers: "0x06" };
    store.persist([bundleOf(ALICE, 3), bundleOf(BOB, 3), bundleOf(ALICE, 2)]);
    store.persist([{ type: "bundle", recipient: ALICE, epoch: 3, bundle: better }]);
    for (let i = 0; i < 2; i++) store.persist([{ type: "claim", recipient: BOB, epoch: 3 }]);
    const { bundles, claims } = store.load();
    expect(bundles.map(({ epoch, recipient }) => [epoch, recipient])).toEqual([
      [2, ALICE],
      [3, ALICE],
      [3, BOB],
    ]);
    expect(bundles[1]?.bundle).toEqual(better);
    expect(claims).toEqual([{ recipient: BOB, epoch: 3 }]);
    store.crash();
  });

  it("loads by epoch, then by kind and subject, whatever the order in which it came", () => {
    const store = newDisk().open();
    const contest: KindMessage = { kind: "Contest", message: { epoch: 3 } };
    store.persist([
      signing(claimOf(BOB), 3),
      signing(claimOf(ALICE), 3),
      signing(contest, 3),
      signing(claimOf(BOB), 2),
    ]);
    expect(store.load().signings.map(({ id }) => roundKey(id))).toEqual([
      `RewardClaim:2:${BOB}`,
      "Contest:3:",
      `RewardClaim:3:${ALICE}`,
      `RewardClaim:3:${BOB}`,
    ]);
    store.crash();
  });

  it("P-71: pruning deletes claims; signings are not loaded any more, and still stand", async () => {
    const disk = newDisk();
    const store = disk.open();
    for (const epoch of [1, 2]) {
      store.persist([
        signing(claimOf(ALICE), epoch),
        { type: "claim", recipient: ALICE, epoch },
        bundleOf(ALICE, epoch),
      ]);
    }
    store.persist([{ type: "prune", belowEpoch: 2 }]);
    await store.written();
    store.persist([{ type: "prune", belowEpoch: 1 }]);
    await store.written();
    store.crash();
    const again = disk.open();
    const { signings, claims, bundles } = again.load();
    expect([signings, claims, bundles].map((rows) => rows.length)).toEqual([1, 1, 1]);
    expect(codeOf(() => again.persist([signing(claimOf(ALICE, 2n), 1, digestOf(2))]))).toBe("SIGNING_CONFLICT");
    again.crash();
  });
}

function copiesSuite(newDisk: () => StoreDisk): void {
  it("P-108: a mark of a copy means nothing to a store that was always this agent's", () => {
    const disk = newDisk();
    const store = disk.open();
    store.persist([{ type: "restored", untilSeconds: 100 }, signing(claimOf(ALICE), 1)]);
    store.crash();
    const loaded = disk.open().load();
    expect(loaded.fromCopy).toBeUndefined();
    expect(loaded.signings).toHaveLength(1);
  });

  it("a pruning that was only taken is lost in a crash", () => {
    const disk = newDisk();
    const store = disk.open();
    store.persist([{ type: "claim", recipient: ALICE, epoch: 1 }]);
    store.persist([{ type: "prune", belowEpoch: 2 }]);
    store.crash();
    expect(disk.open().load().claims).toEqual([{ recipient: ALICE, epoch: 1 }]);
  });
}

function ledgerSuite(newDisk: () => StoreDisk): void {
  it("a ledger is there, with its events, once it is written; folding goes on from it", async () => {
    const disk = newDisk();
    const store = disk.open();
    const ledger = restoreLedger(null);
    const records = [3, 2].map((epochs) => foldOn(ledger, epochs, 1));
    for (const record of records) store.persist([record]);
    await store.written();
    store.crash();
    const again = disk.open();
    const restored = restoreLedger(again.load().ledger);
    expect(restored.head).toEqual(ledger.head);
    expect(restored.closed.map(({ epoch }) => epoch)).toEqual(ledger.closed.map(({ epoch }) => epoch));
    expect([...restored.nodes]).toEqual([...ledger.nodes]);
    const [first, last] = [[...again.events(0)], [...again.events(GENESIS + 1)]];
    expect(first.length).toBeGreaterThan(last.length);
    expect(last.map(({ type }) => type)).toEqual(["leave-requested"]);
    again.persist([foldOn(restored, 1, 2)]);
    await again.written();
    expect(restoreLedger(again.load().ledger).head).toEqual(restored.head);
    again.crash();
  });

  it("a ledger that was only taken is lost whole: the former one stands, and so does what was signed by the new", async () => {
    const disk = newDisk();
    const store = disk.open();
    const ledger = restoreLedger(null);
    store.persist([foldOn(ledger, 2, 1)]);
    await store.written();
    const before = store.load();
    const events = [...store.events(0)];
    store.persist([foldOn(ledger, 3, 2), signing(claimOf(ALICE), 4), { type: "prune", belowEpoch: 3 }]);
    store.crash();
    const again = disk.open();
    expect(again.load().ledger).toEqual(before.ledger);
    expect([...again.events(0)]).toEqual(events);
    expect(again.load().signings.map(({ id }) => id.epoch)).toEqual([4]);
    // It folds the same again.
    again.persist([foldOn(restoreLedger(again.load().ledger), 3, 2)]);
    await again.written();
    expect(restoreLedger(again.load().ledger).head).toEqual(ledger.head);
    again.crash();
  });

  it("a ledger of refused records is not taken", async () => {
    const disk = newDisk();
    const store = disk.open();
    store.persist([signing(claimOf(ALICE), 3)]);
    const records = [foldOn(restoreLedger(null), 2, 1), signing(claimOf(ALICE, 2n), 3, digestOf(2))];
    expect(codeOf(() => store.persist(records))).toBe("SIGNING_CONFLICT");
    await store.written();
    expect(store.load().ledger).toBeNull();
    store.crash();
  });
}
