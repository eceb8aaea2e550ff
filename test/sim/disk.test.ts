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
import { sampleBundle } from "../../packages/aggregator/test/support/sampleBundle.ts";
import { Disk } from "./disk.ts";
import { Random } from "./random.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-sim-disk-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function drawRecord(random: Random): PersistRecord {
  const recipient = toHex(new Uint8Array(20).fill(1 + random.below(3)));
  const epoch = random.below(6);
  const digest = toHex(new Uint8Array(32).fill(random.below(2)));
  const signed = random.pick<KindMessage>([
    { kind: "RewardClaim", message: { recipient, amount: BigInt(random.below(2)) } },
    { kind: "Contest", message: { epoch } },
  ]);
  return random.pick<PersistRecord>([
    { type: "ledger", json: `{"n":${random.below(100)}}` },
    { type: "signing", id: idOf(signed, epoch), digest, signed },
    { type: "claim", recipient, epoch },
    { type: "bundle", recipient, epoch, bundle: sampleBundle({ recipient, epoch }) },
    { type: "prune", belowEpoch: random.below(5) },
  ]);
}

const idOf = (signed: KindMessage, epoch: number) => ({ kind: signed.kind, epoch, subject: subjectOf(signed) });

const codeOf = (run: () => void): string => {
  try {
    run();
    return "OK";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("the simulated disk", () => {
  it.each([1, 2, 3, 4, 5])("keeps and loads what the SQLite store does, records %i", (seed) => {
    const random = new Random(`disk ${seed}`);
    const [disk, path] = [new Disk(), join(directory, `${seed}.sqlite`)];
    for (let life = 0; life < 3; life++) {
      const store = openStore(path);
      expect(disk.load()).toEqual(store.load());
      for (let i = 0; i < 15; i++) {
        const records = Array.from({ length: 1 + random.below(3) }, () => drawRecord(random));
        expect(codeOf(() => disk.persist(records))).toBe(codeOf(() => store.persist(records)));
      }
      expect(disk.load()).toEqual(store.load());
      store.close();
    }
  });
});
