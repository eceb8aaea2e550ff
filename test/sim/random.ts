/**
 * Every chance of a simulation comes from here: a seed and a label give a stream of numbers (sfc32, C. Doty-Humphrey's
 * PractRand), the same one on every machine. Forking by label keeps streams apart: one more draw in one part changes
 * nothing in another.
 */
import { createHash } from "node:crypto";

export class Random {
  readonly #label: string;
  readonly #state: Uint32Array;

  constructor(label: string) {
    this.#label = label;
    const hash = createHash("sha256").update(label).digest();
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => hash.readUInt32LE(4 * i));
  }

  fork(label: string | number): Random {
    return new Random(`${this.#label}/${label}`);
  }

  /** 32 bits. */
  next(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const sum = (s[0] + s[1] + s[3]) >>> 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return sum;
  }

  /** At least 0, below 1. */
  float(): number {
    return this.next() / 2 ** 32;
  }

  /** An integer of at least 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.float() * end);
  }

  between(min: number, max: number): number {
    return min + this.float() * (max - min);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to pick from");
    return items[this.below(items.length)] as T;
  }

  /** `count` of the items, or all of them, in random order (Fisher and Yates). */
  sample<T>(items: readonly T[], count: number): T[] {
    const wanted = Math.min(count, items.length);
    // What was moved to a place; every other place has its own item. A few of ten thousand shall not copy them all.
    const moved = new Map<number, T>();
    const at = (i: number): T => (moved.has(i) ? (moved.get(i) as T) : (items[i] as T));
    return Array.from({ length: wanted }, (_, i) => {
      const j = i + this.below(items.length - i);
      const chosen = at(j);
      moved.set(j, at(i));
      return chosen;
    });
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() & 0xff);
  }
}
