/**
 * Recipients with their lifetime amounts and leaves, in flat arrays. In: addresses. Out: a place for each, from 0 in
 * the order in which they came, which never changes. 84 bytes a recipient and 8 to 16 for the index.
 */
import { HASH_BYTES } from "./merkleNodes.ts";
import { ADDRESS_BYTES, AMOUNT_BYTES } from "./rewardsTree.ts";

const PLACES_AT_FIRST = 1_024;

export class RecipientTable {
  #size = 0;
  #addresses = new Uint8Array(PLACES_AT_FIRST * ADDRESS_BYTES);
  #amounts = new Uint8Array(PLACES_AT_FIRST * AMOUNT_BYTES);
  #leaves = new Uint8Array(PLACES_AT_FIRST * HASH_BYTES);
  /** Places plus one, by the hash of the address and onwards from there; 0 where there is none. At most half full. */
  #index = new Uint32Array(2 * PLACES_AT_FIRST);

  /** Recipients, those without an amount included. */
  get size(): number {
    return this.#size;
  }

  /** By place. Valid until the next `add`, as are the others. */
  get addresses(): Uint8Array<ArrayBuffer> {
    return this.#addresses;
  }

  /** By place, the highest byte first. */
  get amounts(): Uint8Array<ArrayBuffer> {
    return this.#amounts;
  }

  /** By place; zero for a recipient without an amount. */
  get leaves(): Uint8Array<ArrayBuffer> {
    return this.#leaves;
  }

  /** Makes room for so many recipients at once, where growing by and by would take longer. */
  reserve(recipients: number): void {
    let places = this.#index.length / 2;
    while (places < recipients) places *= 2;
    if (places > this.#index.length / 2) this.#growTo(places);
  }

  /** The place of the address whose 20 bytes stand at `at`, or -1. */
  find(bytes: Uint8Array, at: number): number {
    return (this.#index[this.#bucketOf(bytes, at)] as number) - 1;
  }

  /** The same, with a new place of amount zero where there was none. */
  add(bytes: Uint8Array, at: number): number {
    const bucket = this.#bucketOf(bytes, at);
    const found = this.#index[bucket] as number;
    if (found > 0) return found - 1;
    if (2 * (this.#size + 1) > this.#index.length) {
      this.#growTo(this.#index.length);
      return this.add(bytes, at);
    }
    const place = this.#size++;
    this.#index[bucket] = place + 1;
    for (let i = 0; i < ADDRESS_BYTES; i++) this.#addresses[place * ADDRESS_BYTES + i] = bytes[at + i] as number;
    return place;
  }

  /** The bucket at which the address stands or would stand. */
  #bucketOf(bytes: Uint8Array, at: number): number {
    const mask = this.#index.length - 1;
    for (let bucket = mix(bytes, at) & mask; ; bucket = (bucket + 1) & mask) {
      const entry = this.#index[bucket] as number;
      if (entry === 0 || this.#holds(entry - 1, bytes, at)) return bucket;
    }
  }

  #holds(place: number, bytes: Uint8Array, at: number): boolean {
    for (let i = ADDRESS_BYTES - 1; i >= 0; i--) {
      if (this.#addresses[place * ADDRESS_BYTES + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  #growTo(places: number): void {
    this.#addresses = grown(this.#addresses, places * ADDRESS_BYTES);
    this.#amounts = grown(this.#amounts, places * AMOUNT_BYTES);
    this.#leaves = grown(this.#leaves, places * HASH_BYTES);
    this.#index = new Uint32Array(2 * places);
    for (let place = 0; place < this.#size; place++) {
      this.#index[this.#bucketOf(this.#addresses, place * ADDRESS_BYTES)] = place + 1;
    }
  }
}

/**
 * 32 bits of all bytes of an address. Not keyed: a place costs whoever makes it a stake, so that nobody can fill a
 * bucket with more than some thousands, and the search of even those takes microseconds.
 */
function mix(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = 0; i < ADDRESS_BYTES; i++)
    hash = Math.imul(hash ^ (bytes[at + i] as number), 0x01000193) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function grown(from: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(bytes);
  to.set(from);
  return to;
}
