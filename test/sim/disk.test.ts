/**
 * The simulated disk and the store of production, held to the same records: what a crash leaves is the same.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KindMessage, subjectOf, toHex } from "@quorate/common";
import { afterAll, describe, expect, it } from "vitest";
import { openStore } from "../../packages/aggregator/src/adapters/sqlite/store.ts";
import type { PersistRecord } from "../../packages/aggregator/src/core/io.ts";
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
import { DEPLOYMENT } from "../../packages/aggregator/test/support/storeCases.ts";
import { Disk } from "./disk.ts";
import { Random } from "./random.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-sim-disk-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Any record but the ledger's, which follows from the one before it. */
function drawRecord(random: Random): PersistRecord {
  const recipient = toHex(new Uint8Array(20).fill(1 + random.below(3)));
  const epoch = random.below(6);
  const digest = toHex(new Uint8Array(32).fill(random.below(2)));
  const signed = random.pick<KindMessage>([
    { kind: "RewardClaim", message: { recipient, amount: BigInt(random.below(2)) } },
    { kind: "Contest", message: { epoch } },
  ]);
  return random.pick<PersistRecord>([
    { type: "signing", id: idOf(signed, epoch), digest, signed },
    { type: "claim", recipient, epoch },
    { type: "bundle", recipient, epoch, bundle: sampleBundle({ recipient, epoch }) },
    { type: "prune", belowEpoch: random.below(5) },
  ]);
}

const idOf = (signed: KindMessage, epoch: number) => ({ kind: signed.kind, epoch, subject: subjectOf(signed) });

/** The same whenever a node asks to leave again (P-33). */
const UNLOCKS_AT = GENESIS + 20 * EPOCH_SECONDS;

/** Folds on by up to seven epochs, so that more than a window may close in one record. */
function drawLedger(random: Random, ledger: LedgerState): PersistRecord {
  const now = ledger.head?.timestamp ?? 0;
  const timestamp = now + 1;
  const position = { blockNumber: timestamp, logIndex: 0, timestamp };
  const leave: ChainEvent = { type: "leave-requested", id: 1 + random.below(3), unlocksAt: UNLOCKS_AT, ...position };
  const until = Math.max(now, GENESIS) + 1 + random.below(7 * EPOCH_SECONDS);
  advanceLedger(ledger, now === 0 ? network(3, 2) : [leave], headAt(until), admit);
  return takeRecord(ledger);
}

const codeOf = (run: () => void): string => {
  try {
    run();
    return "OK";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("the simulated disk", () => {
  it.each([1, 2, 3, 4, 5])("keeps and loads what the SQLite store does, records %i", async (seed) => {
    const random = new Random(`disk ${seed}`);
    const [disk, path] = [new Disk(), join(directory, `${seed}.sqlite`)];
    for (let life = 0; life < 3; life++) {
      const store = openStore(path, DEPLOYMENT);
      expect(disk.load()).toEqual(store.load());
      const ledger = restoreLedger(disk.load().ledger);
      for (let i = 0; i < 15; i++) {
        const records = Array.from({ length: 1 + random.below(3) }, () => drawRecord(random));
        if (random.chance(0.4)) records.unshift(drawLedger(random, ledger));
        const code = codeOf(() => store.persist(records));
        expect(codeOf(() => disk.persist(records))).toBe(code);
        // Nothing of it was kept, so the agent's memory is ahead of its disk: it stops.
        if (code !== "OK") break;
        if (random.chance(0.5)) continue;
        await store.written();
        disk.writeTaken();
        expect(disk.load()).toEqual(store.load());
        expect(disk.events(0)).toEqual([...store.events(0)]);
      }
      // Some lives end before what was taken is written.
      if (random.chance(0.5)) {
        await store.written();
        disk.writeTaken();
      }
      store.close();
      disk.loseTaken();
    }
  });
});
