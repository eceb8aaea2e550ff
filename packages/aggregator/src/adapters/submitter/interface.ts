/**
 * What stands behind the core's wish to have something on chain: the calls, what becomes of them, and what the
 * submitter says of itself. Nothing runs here.
 */
import type { Address, ErrorCode, Hex } from "@quorate/common";

/** One call an agent wants on chain. Whatever it does is idempotent on chain: a second one is refused there. */
export interface SubmitCall {
  /**
   * Stable name of what is wanted, such as `report:17` or `contest:18`. While a key is under way, a second call for it
   * joins the first.
   */
  readonly key: string;
  readonly to: Address;
  readonly data: Hex;
  /** Seconds of chain time; after it the call is refused on chain, so it is not sent (again). */
  readonly notAfter: number;
  /** Upper bound known beforehand; estimateGas decides below it. */
  readonly gasBound: bigint;
}

export type SubmitOutcome =
  | {
      readonly kind: "included";
      readonly txHash: Hex;
      readonly blockNumber: number;
      readonly gasUsed: bigint;
      readonly feeAtomicWei: bigint;
    }
  /** The simulation says that the call would be refused now, with the contract's error: nothing is sent (any more). */
  | { readonly kind: "redundant"; readonly code: string }
  /**
   * It is in a block and did nothing; `code` is the contract's error, as far as a replay tells. Its key is answered so
   * until that block is finalised: after a reorganisation it may still succeed. Who wants it tried at once names it
   * anew.
   */
  | { readonly kind: "reverted"; readonly txHash: Hex; readonly code: string }
  /** `notAfter` has passed. */
  | { readonly kind: "expired" }
  /** Nothing is under way: providers down, no funds, no room in the queue, ... The caller may ask again. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string };

export interface Submitter {
  /** Never rejects. Calls are sent one after the other, in the order they came. */
  submit(call: SubmitCall): Promise<SubmitOutcome>;
  status(): SubmitterStatus;
  /** What is under way stays in the store and is taken up at the next start; who waits is told AGENT_STOPPING. */
  close(): Promise<void>;
}

export interface Fees {
  readonly maxFeePerGasWei: bigint;
  readonly maxPriorityFeePerGasWei: bigint;
}

/** Who can do something about what is in the way. */
export type AtFault = "provider" | "account" | "fees" | "store";

export interface InTheWay {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly atFault: AtFault;
}

export interface InFlight extends Fees {
  readonly key: string;
  readonly txHash: Hex;
  readonly nonce: number;
  /** Since when it is under way, in ms of the submitter's clock. */
  readonly sinceMs: number;
  /** How often its fees were raised. */
  readonly replacements: number;
}

export interface SubmitterStatus {
  readonly address: Address;
  /** Last seen; null before the first look. */
  readonly balanceWei: bigint | null;
  readonly inFlight: InFlight | null;
  /** Calls that wait for their turn. */
  readonly queued: number;
  /** Transactions in a block that is not finalised yet: they are watched, and sent again after a reorganisation. */
  readonly unfinalised: number;
  /** How often a transaction was taken out of its block by a reorganisation, since the start. */
  readonly reorganised: number;
  /** The last outcome of each key, newest last, bounded. */
  readonly outcomes: readonly { readonly key: string; readonly outcome: SubmitOutcome; readonly atMs: number }[];
  /** Null while nothing is. */
  readonly inTheWay: InTheWay | null;
}

/**
 * A signed transaction, as it is kept before it is sent. Versions of one key have one nonce, so that only one of them
 * can land.
 */
export interface StoredTransaction {
  readonly key: string;
  readonly nonce: number;
  readonly hash: Hex;
  /** What is sent, byte for byte. */
  readonly raw: Hex;
  readonly notAfter: number;
}

/** Where signed transactions survive a crash. */
export interface SubmissionStore {
  /** All of them, in the order they were put. */
  load(): StoredTransaction[];
  /** Durable when it returns. @throws STORE_WRITE_FAILED; then it was not kept, and must not be sent */
  put(transaction: StoredTransaction): void;
  /** Forgets every version of a key. */
  forget(key: string): void;
  close(): void;
}

/** Time, injected so that tests decide how it passes. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
