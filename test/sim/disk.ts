/**
 * An agent's disk: what `persist` wrote survives a crash, nothing else does. The same rules as the SQLite store
 * (adapters/sqlite); one suite holds both to it (test/conformance): one transaction a call, P-71, rounds below the
 * window stay but are not loaded, and a ledger record is only taken at first: it is on disk, whole, when `writeTaken`
 * says so, and lost by a crash before.
 */
import { type Hex, quorateError, type RoundId, type RoundKey, roundKey } from "@quorate/common";
import type { PersistRecord, RestoredState, SigningRecord } from "../../packages/aggregator/src/core/io.ts";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { LedgerDisk } from "../../packages/aggregator/test/support/ledgerDisk.ts";

type Later = Extract<PersistRecord, { type: "ledger" | "prune" }>;
/** Roots of closed epochs are for readers; no agent starts from them. */
type Now = Exclude<PersistRecord, Later | { type: "root" }>;

type Claim = RestoredState["claims"][number];
type KeptBundle = RestoredState["bundles"][number];

export class Disk {
  #taken: Later[] = [];
  readonly #ledger = new LedgerDisk();
  #firstEpoch = 0;
  readonly #signings = new Map<RoundKey, SigningRecord>();
  readonly #claims = new Map<RoundKey, Claim>();
  readonly #bundles = new Map<RoundKey, KeptBundle>();

  load(): RestoredState {
    return {
      ledger: this.#ledger.load(),
      signings: this.#inWindow(this.#signings, ({ id }) => id),
      claims: this.#inWindow(this.#claims, roundOf),
      bundles: this.#inWindow(this.#bundles, roundOf),
    };
  }

  /** @throws SIGNING_CONFLICT (P-71); then nothing of `records` was kept */
  persist(records: readonly PersistRecord[]): void {
    const news = new Map<RoundKey, Hex>();
    for (const record of records) {
      if (record.type !== "signing") continue;
      const round = roundKey(record.id);
      const signed = this.#signings.get(round)?.digest ?? news.get(round) ?? record.digest;
      if (signed !== record.digest) throw quorateError("SIGNING_CONFLICT", { round, signed, digest: record.digest });
      news.set(round, signed);
    }
    for (const record of records) {
      if (record.type === "ledger" || record.type === "prune") this.#taken.push(record);
      else if (record.type !== "root") this.#write(record);
    }
  }

  /** Ledger records taken so far, and what waits for them, reach the disk. */
  writeTaken(): void {
    for (const record of this.#taken.splice(0)) {
      if (record.type === "ledger") this.#ledger.write(record);
      else this.#prune(record.belowEpoch);
    }
  }

  /** The process dies before they do. */
  loseTaken(): void {
    this.#taken = [];
  }

  events(fromBlock: number): ChainEvent[] {
    return this.#ledger.events.filter(({ blockNumber }) => blockNumber >= fromBlock);
  }

  /** The digest recorded for a round (P-71). */
  signed(round: RoundKey): Hex | undefined {
    return this.#signings.get(round)?.digest;
  }

  signedDigests(): Set<Hex> {
    return new Set([...this.#signings.values()].map(({ digest }) => digest));
  }

  #write(record: Now): void {
    switch (record.type) {
      case "signing":
        if (!this.#signings.has(roundKey(record.id))) {
          const { id, digest, signed } = record;
          this.#signings.set(roundKey(id), { id, digest, signed });
        }
        return;
      case "claim": {
        const { recipient, epoch } = record;
        this.#claims.set(roundKey(roundOf(record)), { recipient, epoch });
        return;
      }
      case "bundle": {
        const { recipient, epoch, bundle } = record;
        this.#bundles.set(roundKey(roundOf(record)), { recipient, epoch, bundle });
        return;
      }
    }
  }

  #prune(belowEpoch: number): void {
    for (const [key, { epoch }] of this.#claims) if (epoch < belowEpoch) this.#claims.delete(key);
    this.#firstEpoch = Math.max(this.#firstEpoch, belowEpoch);
  }

  /** In the store's order: by epoch, then kind and subject. */
  #inWindow<T>(rows: ReadonlyMap<RoundKey, T>, idOf: (row: T) => RoundId): T[] {
    return [...rows.values()]
      .map((row) => ({ row, id: idOf(row) }))
      .filter(({ id }) => id.epoch >= this.#firstEpoch)
      .sort(({ id: a }, { id: b }) => a.epoch - b.epoch || compare(a.kind, b.kind) || compare(a.subject, b.subject))
      .map(({ row }) => row);
  }
}

const roundOf = ({ recipient, epoch }: Claim): RoundId => claimRound(recipient, epoch);

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
