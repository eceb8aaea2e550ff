/**
 * When something may be dialled again. In: what became of each attempt, and the time of a clock that only goes forward.
 * Out: yes or no. Waits double from failure to failure, with a jitter that comes from a hash, so that runs repeat and
 * nodes do not dial in step.
 */
import { createHash } from "node:crypto";

export interface BackoffOptions {
  /** What the jitter follows from, beside the key. */
  readonly seed: string;
  readonly firstMs: number;
  /** Keys that are remembered; beyond it the one that failed longest ago is forgotten. */
  readonly maxKeys: number;
}

interface Entry {
  readonly failures: number;
  notBeforeMs: number;
  hurriedAtMs: number;
}

export class DialBackoff {
  readonly #options: BackoffOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  ready(key: string, nowMs: number): boolean {
    return nowMs >= (this.#entries.get(key)?.notBeforeMs ?? 0);
  }

  failed(key: string, nowMs: number, maxMs: number): void {
    const { seed, firstMs, maxKeys } = this.#options;
    const before = this.#entries.get(key);
    const failures = (before?.failures ?? 0) + 1;
    // Beyond 2^20 the cap holds anyway.
    const waitMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
    // Between 75% and 125%.
    const jitter = 0.75 + hashFraction(seed, key, String(failures)) / 2;
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= maxKeys) this.#entries.delete(oldest);
    const hurriedAtMs = before?.hurriedAtMs ?? Number.NEGATIVE_INFINITY;
    this.#entries.set(key, { failures, notBeforeMs: nowMs + waitMs * jitter, hurriedAtMs });
  }

  /** There is a reason to try at once. Another one within `gapMs` changes nothing; the next failure doubles on. */
  hurry(key: string, nowMs: number, gapMs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs - entry.hurriedAtMs < gapMs) return;
    entry.notBeforeMs = nowMs;
    entry.hurriedAtMs = nowMs;
  }

  hurryAll(nowMs: number, gapMs: number): void {
    for (const key of this.#entries.keys()) this.hurry(key, nowMs, gapMs);
  }

  succeeded(key: string): void {
    this.#entries.delete(key);
  }

  retain(keep: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (!keep(key)) this.#entries.delete(key);
  }
}

/** A fraction in [0, 1) that follows from `parts` alone. */
export function hashFraction(...parts: readonly string[]): number {
  return createHash("sha256").update(parts.join("\n")).digest().readUInt32BE(0) / 2 ** 32;
}
