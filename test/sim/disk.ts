/**
 * An agent's disk: what `persist` wrote survives a crash, nothing else does. The same rules as the SQLite store (adapters/sqlite), which
 * a test holds it to: one transaction a call, P-71, and rounds below the window stay but are not loaded.
 */
import { type Address, type Bundle, type Hex, quorateError } from "@quorate/common";
import type { PersistRecord, RestoredState } from "../../packages/aggregator/src/core/io.ts";
import type { RoundKey } from "../../packages/aggregator/src/core/kinds/roundId.ts";
import { parseRoundKey } from "../../packages/aggregator/src/core/kinds/roundId.ts";

interface Signing {
  readonly round: RoundKey;
  readonly digest: Hex;
  readonly amount: bigint;
}

export class Disk {
  #ledgerJson: string | null = null;
  #firstEpoch = 0;
  readonly #signings = new Map<RoundKey, Signing>();
  readonly #claims = new Map<RoundKey, { readonly recipient: Address; readonly epoch: number }>();
  readonly #bundles = new Map<RoundKey, Bundle>();

  load(): RestoredState {
    return {
      ledgerJson: this.#ledgerJson,
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
    for (const record of records) this.#write(record);
  }

  /** The digest recorded for a round (P-71). */
  signed(round: RoundKey): Hex | undefined {
    return this.#signings.get(round)?.digest;
  }

  signedDigests(): Set<Hex> {
    return new Set([...this.#signings.values()].map(({ digest }) => digest));
  }

  #write(record: PersistRecord): void {
    switch (record.type) {
      case "ledger":
        this.#ledgerJson = record.json;
        return;
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
      case "prune":
        for (const [key, { epoch }] of this.#claims) if (epoch < record.belowEpoch) this.#claims.delete(key);
        this.#firstEpoch = Math.max(this.#firstEpoch, record.belowEpoch);
        return;
    }
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
