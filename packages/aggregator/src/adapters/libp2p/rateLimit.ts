/** Token buckets. In: the time of a clock that only goes forward. Out: whether something may go on. */

export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes `cost` if it is there, and nothing otherwise. */
  take(nowMs: number, cost = 1): boolean {
    if (!this.has(nowMs, cost)) return false;
    this.#tokens -= cost;
    return true;
  }

  has(nowMs: number, cost = 1): boolean {
    const gained = (Math.max(0, nowMs - this.#atMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#atMs = nowMs;
    return this.#tokens >= cost;
  }

  /** Takes what shows only afterwards, whether it is there or not. The debt is at most a burst. */
  charge(cost: number): void {
    this.#tokens = Math.max(-this.#burst, this.#tokens - cost);
  }
}

/** A bucket a key. Keys are forgotten by `retain`, and beyond `maxKeys` the one that was used longest ago: its bucket is the fullest. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(burst: number, perSecond: number, maxKeys = Number.POSITIVE_INFINITY) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#maxKeys = maxKeys;
  }

  take(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#burst, this.#perSecond, nowMs);
    // Used last, forgotten last.
    this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size >= this.#maxKeys) this.#buckets.delete(oldest);
    this.#buckets.set(key, bucket);
    return bucket.take(nowMs);
  }

  retain(keep: (key: string) => boolean): void {
    for (const key of this.#buckets.keys()) if (!keep(key)) this.#buckets.delete(key);
  }
}
