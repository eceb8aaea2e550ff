/**
 * Answers that are kept: as text, each until its time, all within a bound of bytes. Enters: keys and texts. Leaves:
 * what is still fresh. Not its job: which answers may be kept.
 */
import { ENTRY_BYTES } from "./limits.ts";

interface Entry {
  readonly text: string;
  readonly expiresMs: number;
}

export class AnswerCache {
  readonly #maxBytes: number;
  /** On a clock that never goes back. */
  readonly #nowMs: () => number;
  /** The one asked for longest ago first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(maxBytes: number, nowMs: () => number) {
    this.#maxBytes = maxBytes;
    this.#nowMs = nowMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): string | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#drop(key, entry);
    if (entry.expiresMs <= this.#nowMs()) return null;
    this.#put(key, entry);
    return entry.text;
  }

  /** Drops what was asked for longest ago when there is no room; an answer above the bound is not kept. */
  set(key: string, text: string, keepMs: number): void {
    const former = this.#entries.get(key);
    if (former !== undefined) this.#drop(key, former);
    const entry = { text, expiresMs: this.#nowMs() + keepMs };
    if (sizeOf(key, entry) > this.#maxBytes) return;
    this.#put(key, entry);
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldKey, old);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #put(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += sizeOf(key, entry);
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }
}

/** JSON of hex is one byte a character in memory. */
function sizeOf(key: string, { text }: Entry): number {
  return key.length + text.length + ENTRY_BYTES;
}
