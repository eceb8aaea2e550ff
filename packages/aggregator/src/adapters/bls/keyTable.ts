/**
 * Public keys in memory that all threads share: each is written once and named by its slot from then on.
 * Enters: keys as bytes. Leaves: slots, and the buffer they are in. Not here: whether a key is valid; the thread that
 * checks finds out.
 */
import { PUBLIC_KEY_BYTES } from "@quorate/common/bls/native";

/**
 * Twice the largest set simulated, 393 kB. When full a new table begins: a key met again is written again, jobs under
 * way keep the old one.
 */
export const KEYS_MAX = 4_096;

export class KeyTable {
  #buffer = new SharedArrayBuffer(KEYS_MAX * PUBLIC_KEY_BYTES);
  readonly #slots = new Map<string, number>();

  /** The slots of these keys, at most KEYS_MAX of 96 bytes each, and the buffer that holds all of them. */
  place(publicKeys: readonly Uint8Array[]): { readonly keys: SharedArrayBuffer; readonly slots: Uint32Array } {
    if (this.#slots.size + publicKeys.length > KEYS_MAX && publicKeys.some((key) => !this.#slots.has(textOf(key)))) {
      this.#buffer = new SharedArrayBuffer(KEYS_MAX * PUBLIC_KEY_BYTES);
      this.#slots.clear();
    }
    return { keys: this.#buffer, slots: Uint32Array.from(publicKeys, (key) => this.#slotOf(key)) };
  }

  /** By its bytes, not by its object: whose bytes change later is another key. */
  #slotOf(publicKey: Uint8Array): number {
    const text = textOf(publicKey);
    const known = this.#slots.get(text);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    new Uint8Array(this.#buffer, slot * PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES).set(publicKey);
    this.#slots.set(text, slot);
    return slot;
  }
}

/** One character a byte: 0.2 µs, a fifth of hex. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}
