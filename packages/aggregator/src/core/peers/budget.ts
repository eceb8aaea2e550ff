/**
 * A budget per origin: a bucket of tokens that refills with time (P-74). Pure: time comes in with each call.
 * Not here: what a refused origin is told (intake.ts).
 */
import { setNewest } from "@quorate/common";

export interface BudgetOptions {
  /** Tokens in a full bucket. */
  readonly burst: number;
  /** Milliseconds for one token to come back. */
  readonly refillMs: number;
  /**
   * Origins remembered; beyond it the one that took a token longest ago is forgotten, and starts with a full bucket.
   */
  readonly originsMax: number;
}

interface Bucket {
  tokens: number;
  updatedMs: number;
}

export class Budget<Origin> {
  readonly #options: () => BudgetOptions;
  readonly #buckets = new Map<Origin, Bucket>();

  /** @param options asked at each call: they may follow the size of the set */
  constructor(options: () => BudgetOptions) {
    this.#options = options;
  }

  /** Whether the origin has so many tokens left; takes nothing. */
  has(origin: Origin, nowMs: number, tokens = 1): boolean {
    return this.#current(origin, nowMs).tokens >= tokens;
  }

  /** Takes a token; false when there is none. */
  take(origin: Origin, nowMs: number): boolean {
    const bucket = this.#current(origin, nowMs);
    if (bucket.tokens < 1) return false;
    setNewest(this.#buckets, origin, { tokens: bucket.tokens - 1, updatedMs: nowMs }, this.#options().originsMax);
    return true;
  }

  #current(origin: Origin, nowMs: number): Bucket {
    const { burst, refillMs } = this.#options();
    const bucket = this.#buckets.get(origin);
    if (bucket === undefined) return { tokens: burst, updatedMs: nowMs };
    const refilled = Math.max(0, nowMs - bucket.updatedMs) / refillMs;
    return { tokens: Math.min(burst, bucket.tokens + refilled), updatedMs: nowMs };
  }
}
