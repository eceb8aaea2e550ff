/**
 * Keys that are remembered for a time, and no more of them than so many. In: keys and the time of a clock that only goes forward. Out: what was
 * kept with each. It has the face of gossipsub's own cache, which is bounded by time alone.
 */
export class SeenCache<T> {
  readonly #entries = new Map<string | number, { readonly value: T; readonly untilMs: number }>();
  readonly #validityMs: number;
  readonly #max: number;
  readonly #now: () => number;

  constructor(options: { readonly validityMs: number; readonly max: number; readonly now: () => number }) {
    this.#validityMs = options.validityMs;
    this.#max = options.max;
    this.#now = options.now;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** True when it was there: then it stays as it is. */
  put(key: string | number, value: T): boolean {
    if (this.#entries.has(key)) return true;
    if (this.#entries.size >= this.#max) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, untilMs: this.#now() + this.#validityMs });
    return false;
  }

  has(key: string | number): boolean {
    return this.#entries.has(key);
  }

  get(key: string | number): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.untilMs >= this.#now() ? entry.value : undefined;
  }

  prune(): void {
    const nowMs = this.#now();
    for (const [key, { untilMs }] of this.#entries) {
      if (untilMs >= nowMs) break;
      this.#entries.delete(key);
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}
