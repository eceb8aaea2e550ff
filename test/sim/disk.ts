/**
 * An agent's disk: what `persist` wrote survives a crash, nothing else does. The same rules as the SQLite store
 * (adapters/sqlite), which a test holds it to: one transaction a call, P-71, rounds below the window stay but are not
 * loaded, and a ledger record is only taken at first: it is on disk, whole, when `writeTaken` says so, and lost by a
 * crash before.
 */
import { type Address, type Bundle, type Hex, quorateError } from "@quorate/common";
import type { PersistRecord, RestoredState } from "../../packages/aggregator/src/core/io.ts";
import type { RoundKey } from "../../packages/aggregator/src/core/kinds/roundId.ts";
import { parseRoundKey } from "../../packages/aggregator/src/core/kinds/roundId.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { LedgerDisk } from "../../packages/aggregator/src/testing/ledgerDisk.ts";

type Later = Extract<PersistRecord, { type: "ledger" | "prune" }>;
type Now = Exclude<PersistRecord, Later>;

interface Signing {
  readonly round: RoundKey;
  readonly digest: Hex;
  readonly amount: bigint;
}

export class Disk {
  #taken: Later[] = [];
  readonly #ledger = new LedgerDisk();
  #firstEpoch = 0;
  readonly #signings = new Map<RoundKey, Signing>();
  readonly #claims = new Map<RoundKey, { readonly recipient: Address; readonly epoch: number }>();
  readonly #bundles = new Map<RoundKey, Bundle>();

  load(): RestoredState {
    return {
      ledger: this.#ledger.load(),
      signings: this.#inWindow(this.#signings),
      claims: this.#inWindow(this.#claims),
      bundles: this.#loadBundles(),
    };
  }

  /** @throws SIGNING_CONFLICT (P-71); then nothing of `records` was kept */
  persist(records: readonly PersistRecord[]): void {
    for (const record of records) {
      const signed = record.type === "signing" ? this.#signings.get(record.round) : undefined;
      if (record.type === "signing" && signed !== undefined && signed.digest !== record.digest) {
        throw quorateError("SIGNING_CONFLICT", { round: record.round, signed: signed.digest, digest: record.digest });
      }
    }
    for (const record of records) {
      if (record.type === "ledger" || record.type === "prune") this.#taken.push(record);
      else this.#write(record);
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
        if (!this.#signings.has(record.round)) {
          const { round, digest, amount } = record;
          this.#signings.set(round, { round, digest, amount });
        }
        return;
      case "claim":
        this.#claims.set(`${record.recipient}@${record.epoch}`, { recipient: record.recipient, epoch: record.epoch });
        return;
      case "bundle":
        this.#bundles.set(record.round, record.bundle);
        return;
    }
  }

  #prune(belowEpoch: number): void {
    for (const [key, { epoch }] of this.#claims) if (epoch < belowEpoch) this.#claims.delete(key);
    this.#firstEpoch = Math.max(this.#firstEpoch, belowEpoch);
  }

  /** In the store's order: by epoch, then recipient. */
  #inWindow<T>(rows: ReadonlyMap<RoundKey, T>): T[] {
    return this.#keysInWindow(rows).map((key) => rows.get(key) as T);
  }

  #keysInWindow(rows: ReadonlyMap<RoundKey, unknown>): RoundKey[] {
    const keys = [...rows.keys()].map((key) => ({ key, ...parseRoundKey(key) }));
    return keys
      .filter(({ epoch }) => epoch >= this.#firstEpoch)
      .sort((a, b) => a.epoch - b.epoch || (a.recipient < b.recipient ? -1 : 1))
      .map(({ key }) => key);
  }

  #loadBundles(): { readonly round: RoundKey; readonly bundle: Bundle }[] {
    return this.#keysInWindow(this.#bundles).map((round) => ({ round, bundle: this.#bundles.get(round) as Bundle }));
  }
}
