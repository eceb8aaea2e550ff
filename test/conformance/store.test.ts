/** The simulation's disk and the store of production keep the same promises (docs/simulation.md). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KindMessage, toHex } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { openStore } from "../../packages/aggregator/src/adapters/sqlite/store.ts";
import type { PersistRecord } from "../../packages/aggregator/src/core/io.ts";
import { restoreLedger } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import { sampleBundle } from "../../packages/aggregator/test/support/sampleBundle.ts";
import { DEPLOYMENT } from "../../packages/aggregator/test/support/storeCases.ts";
import { Disk } from "../sim/disk.ts";
import { Random } from "../sim/random.ts";
import { codeOf, foldOn, type StoreDisk, signing, storeSuite } from "./storeSuite.ts";

function simulatedDisk(): StoreDisk {
  const disk = new Disk();
  return {
    open: () => ({
      load: () => disk.load(),
      persist: (records) => disk.persist(records),
      written: async () => disk.writeTaken(),
      events: (fromBlock) => disk.events(fromBlock),
      crash: () => disk.loseTaken(),
    }),
    remove: () => {},
  };
}

function sqliteDisk(): StoreDisk {
  const directory = mkdtempSync(join(tmpdir(), "quorate-store-suite-"));
  const opened: { close(): void }[] = [];
  return {
    open: () => {
      const store = openStore(join(directory, "agent.sqlite"), DEPLOYMENT);
      opened.push(store);
      return {
        load: () => store.load(),
        persist: (records) => store.persist(records),
        written: () => store.written(),
        events: (fromBlock) => store.events(fromBlock),
        crash: () => store.close(),
      };
    },
    remove: () => {
      for (const store of opened) store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

storeSuite("the simulation's disk", simulatedDisk);
storeSuite("SQLite", sqliteDisk);

/** Any record but the ledger's, which follows from the one before it. */
function drawRecord(random: Random): PersistRecord {
  const recipient = toHex(new Uint8Array(20).fill(1 + random.below(3)));
  const epoch = random.below(6);
  const signed = random.pick<KindMessage>([
    { kind: "RewardClaim", message: { recipient, amount: BigInt(random.below(2)) } },
    { kind: "Contest", message: { epoch } },
  ]);
  return random.pick<PersistRecord>([
    signing(signed, epoch, toHex(new Uint8Array(32).fill(random.below(2)))),
    { type: "claim", recipient, epoch },
    { type: "bundle", recipient, epoch, bundle: sampleBundle({ recipient, epoch }) },
    { type: "prune", belowEpoch: random.below(5) },
  ]);
}

describe("both, side by side", () => {
  const disks: StoreDisk[] = [];
  afterEach(() => {
    for (const disk of disks.splice(0)) disk.remove();
  });

  it.each([1, 2, 3, 4, 5])("keep and load the same, whatever records come, lives of agent %i", async (seed) => {
    const random = new Random(`disk ${seed}`);
    const pair = [simulatedDisk(), sqliteDisk()] as const;
    disks.push(...pair);
    for (let life = 0; life < 3; life++) {
      const [disk, store] = [pair[0].open(), pair[1].open()];
      expect(disk.load()).toEqual(store.load());
      const ledger = restoreLedger(disk.load().ledger);
      for (let i = 0; i < 15; i++) {
        const records = Array.from({ length: 1 + random.below(3) }, () => drawRecord(random));
        // More than a window may close in one record.
        if (random.chance(0.4)) records.unshift(foldOn(ledger, random.below(700) / 100, 1 + random.below(3)));
        const code = codeOf(() => store.persist(records));
        expect(codeOf(() => disk.persist(records))).toBe(code);
        // Nothing of it was kept, so the agent's memory is ahead of its disk: it stops.
        if (code !== "OK") break;
        if (random.chance(0.5)) continue;
        await Promise.all([disk.written(), store.written()]);
        expect(disk.load()).toEqual(store.load());
        expect([...disk.events(0)]).toEqual([...store.events(0)]);
      }
      // Some lives end before what was taken is written.
      if (random.chance(0.5)) await Promise.all([disk.written(), store.written()]);
      disk.crash();
      store.crash();
    }
  });
});
