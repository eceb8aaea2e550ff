/** How many of something each of many has; who has none takes no memory. */
export class Tallies<Key> {
  readonly #counts = new Map<Key, number>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: Key): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: Key): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }

  largestFirst(): Key[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a).map(([key]) => key);
  }
}
