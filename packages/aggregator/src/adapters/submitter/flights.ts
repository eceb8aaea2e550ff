/**
 * The transactions under way, in memory as in the store. Enters: signed versions. Leaves: what is at which nonce. Its
 * one rule: a version is in the store before anyone else sees it, and a key has one nonce at a time, so that two of its
 * versions can never both land.
 */
import { type Address, type Hex, parseAddress, quorateError } from "@quorate/common";
import { Transaction } from "ethers";
import type { Fees, StoredTransaction, SubmissionStore, SubmitCall, SubmitOutcome } from "./interface.ts";
import type { Landing } from "./providers.ts";

export interface Version extends StoredTransaction {
  readonly fees: Fees;
  readonly gasLimit: bigint;
}

export type Waiter = (outcome: SubmitOutcome) => void;

export interface Flight {
  readonly key: string;
  readonly nonce: number;
  call: SubmitCall;
  /** Oldest first; each offers more than the one before. */
  readonly versions: Version[];
  /** `given-up`: no longer wanted, but what was signed for its nonce may still land. */
  state: "flying" | "landed" | "given-up";
  landing: Landing | null;
  outcome: SubmitOutcome | null;
  /** Looks in a row at which its nonce was used and none of its versions was in a block. */
  lostLooks: number;
  /** Providers disagree whether it is in a block. */
  disputed: boolean;
  readonly sinceMs: number;
  /** When the newest version was made, and at which height. */
  offeredMs: number;
  offeredAt: number;
  /** The block at which the call was last simulated. */
  simulatedAt: Hex | null;
  waiters: Waiter[];
}

export class Flights {
  readonly #store: SubmissionStore;
  readonly #byKey = new Map<string, Flight>();

  /**
   * Takes up what the store has: whether it is wanted, landed or lost is found out on chain.
   * @throws STORE_CORRUPT, SUBMIT_STORE_FOREIGN
   */
  constructor(store: SubmissionStore, account: Address, chainId: number, nowMs: number) {
    this.#store = store;
    for (const stored of store.load()) {
      const { from, transaction } = read(stored);
      if (from !== account || transaction.chainId !== BigInt(chainId)) {
        const found = { foundAccount: from, foundChainId: transaction.chainId };
        throw quorateError("SUBMIT_STORE_FOREIGN", { key: stored.key, ...found, account, chainId });
      }
      const version = versionOf(stored, transaction);
      this.#join(version, callOf(version, transaction), nowMs, 0);
    }
  }

  all(): readonly Flight[] {
    return [...this.#byKey.values()].sort((a, b) => a.nonce - b.nonce);
  }

  get(key: string): Flight | undefined {
    return this.#byKey.get(key);
  }

  /** Those that are wanted and in no block, lowest nonce first. */
  flying(): readonly Flight[] {
    return this.all().filter(({ state }) => state === "flying");
  }

  at(nonce: number): readonly Flight[] {
    return this.all().filter((flight) => flight.nonce === nonce);
  }

  /** Durable when it returns; only then may the bytes be sent. @throws STORE_WRITE_FAILED */
  add(stored: StoredTransaction, call: SubmitCall, nowMs: number, atBlock: number): Flight {
    this.#store.put(stored);
    return this.#join(versionOf(stored, read(stored).transaction), call, nowMs, atBlock);
  }

  /** @throws STORE_WRITE_FAILED */
  forget(flight: Flight): void {
    this.#store.forget(flight.key);
    this.#byKey.delete(flight.key);
  }

  #join(version: Version, call: SubmitCall, nowMs: number, atBlock: number): Flight {
    const { key, nonce } = version;
    const flight: Flight = this.#byKey.get(key) ?? {
      key,
      nonce,
      call,
      versions: [],
      state: "flying",
      landing: null,
      outcome: null,
      lostLooks: 0,
      disputed: false,
      sinceMs: nowMs,
      offeredMs: nowMs,
      offeredAt: atBlock,
      simulatedAt: null,
      waiters: [],
    };
    Object.assign(flight, { call, state: "flying", offeredMs: nowMs, offeredAt: atBlock });
    flight.versions.push(version);
    this.#byKey.set(key, flight);
    return flight;
  }
}

export function newestOf(flight: Flight): Version {
  return flight.versions.at(-1) as Version;
}

/** @throws STORE_CORRUPT for bytes that are not the transaction they are stored as */
function read({ key, raw, hash }: StoredTransaction): { readonly from: Address; readonly transaction: Transaction } {
  try {
    const transaction = Transaction.from(raw);
    if (transaction.hash !== hash) throw new Error(`the bytes have the hash ${transaction.hash}`);
    return { from: parseAddress(transaction.from ?? ""), transaction };
  } catch (cause) {
    throw quorateError("STORE_CORRUPT", { key, hash, reason: String(cause) }, { cause });
  }
}

function versionOf(stored: StoredTransaction, transaction: Transaction): Version {
  const { gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const fees = { maxFeePerGasWei: maxFeePerGas ?? 0n, maxPriorityFeePerGasWei: maxPriorityFeePerGas ?? 0n };
  return { ...stored, fees, gasLimit };
}

/** After a restart the bytes are all that is left of a call; its gas limit is the best bound there is. */
function callOf({ key, notAfter, gasLimit }: Version, transaction: Transaction): SubmitCall {
  return { key, to: parseAddress(transaction.to ?? ""), data: transaction.data as Hex, notAfter, gasBound: gasLimit };
}
