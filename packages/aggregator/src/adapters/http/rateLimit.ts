/**
 * A token bucket for each client. Enters: the client's key (clients.ts), the request's cost, the time. Leaves: 0 when
 * the request may pass, else the milliseconds until it may. Not its job: who the client is, or what it is told.
 */
import { setNewest } from "@quorate/common";
import type { HttpLimits } from "./limits.ts";
import { CLIENTS_MAX } from "./limits.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RateLimiter {
  readonly #burst: number;
  readonly #perMs: number;
  /** In order of last use, so that the first is the one to forget. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: Pick<HttpLimits, "requestBurst" | "requestsPerSecond">) {
    this.#burst = limits.requestBurst;
    this.#perMs = limits.requestsPerSecond / 1_000;
  }

  /** Takes `cost` tokens of a client and returns 0, or takes none and returns the milliseconds to wait. */
  take(key: string, cost: number, nowMs: number): number {
    const former = this.#buckets.get(key);
    const refilled =
      former === undefined ? this.#burst : former.tokens + Math.max(0, nowMs - former.atMs) * this.#perMs;
    const tokens = Math.min(this.#burst, refilled);
    const passes = tokens >= cost;
    setNewest(this.#buckets, key, { tokens: passes ? tokens - cost : tokens, atMs: nowMs }, CLIENTS_MAX);
    return passes ? 0 : Math.ceil((cost - tokens) / this.#perMs);
  }

  /** Gives back tokens that were taken for more work than there was. One who was forgotten meanwhile has all. */
  giveBack(key: string, tokens: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#burst, bucket.tokens + tokens);
  }

  get size(): number {
    return this.#buckets.size;
  }
}
