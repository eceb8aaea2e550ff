/**
 * The signers bitfield: which nodes' shares are in an aggregate. Bit i is node id i; bit i sits in byte i >> 3 at value
 * 1 << (i & 7). A value never changes; `add` and `union` make new ones. Who the nodes are is not its job.
 */

import { quorateError } from "./errors.ts";
import { equalBytes, fromHex, toHex } from "./hex.ts";
import type { Hex, NodeId } from "./types.ts";

/**
 * Bits a bitfield may have. Ids are never reused, so this bounds the registrations of a network's lifetime, thirty
 * times the largest set simulated; the bitfield stays within 8,192 bytes, which a catch-up request can carry.
 */
export const MAX_SIGNERS_BITS = 65_536;
export const MAX_SIGNERS_BYTES: number = MAX_SIGNERS_BITS / 8;

export class Signers {
  /** Canonical: the last byte, if any, is not zero. */
  readonly #bytes: Uint8Array;
  /** How many nodes are in it. */
  readonly count: number;

  private constructor(bytes: Uint8Array) {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    this.#bytes = bytes.slice(0, end);
    let count = 0;
    for (const byte of this.#bytes) count += bitCount(byte);
    this.count = count;
  }

  static readonly empty: Signers = new Signers(new Uint8Array(0));

  /** @throws NODE_ID_INVALID */
  static of(ids: Iterable<NodeId>): Signers {
    const list = [...ids];
    let max = 0;
    for (const id of list) max = Math.max(max, checkId(id));
    const bytes = new Uint8Array((max >> 3) + 1);
    for (const id of list) bytes[id >> 3] = (bytes[id >> 3] ?? 0) | (1 << (id & 7));
    return new Signers(bytes);
  }

  /** @throws SIGNERS_MALFORMED when not canonical: too long, a trailing zero byte, or bit 0 set (no node has id 0) */
  static fromBytes(bytes: Uint8Array): Signers {
    if (bytes.length > MAX_SIGNERS_BYTES || bytes.at(-1) === 0 || ((bytes[0] ?? 0) & 1) === 1) {
      throw quorateError("SIGNERS_MALFORMED", { lengthBytes: bytes.length, maxBytes: MAX_SIGNERS_BYTES });
    }
    return new Signers(bytes);
  }

  /** @throws HEX_MALFORMED, SIGNERS_MALFORMED */
  static fromHex(hex: string): Signers {
    return Signers.fromBytes(fromHex(hex));
  }

  /** Of `toBytes`. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes);
  }

  toHex(): Hex {
    return toHex(this.#bytes);
  }

  has(id: NodeId): boolean {
    if (!Number.isInteger(id)) return false;
    return ((this.#bytes[Math.floor(id / 8)] ?? 0) & (1 << (id & 7))) !== 0;
  }

  /** These and `id`. @throws NODE_ID_INVALID */
  add(id: NodeId): Signers {
    checkId(id);
    if (this.has(id)) return this;
    const bytes = new Uint8Array(Math.max(this.#bytes.length, (id >> 3) + 1));
    bytes.set(this.#bytes);
    bytes[id >> 3] = (bytes[id >> 3] ?? 0) | (1 << (id & 7));
    return new Signers(bytes);
  }

  union(...others: readonly Signers[]): Signers {
    if (others.length === 0) return this;
    const bytes = new Uint8Array(Math.max(this.#bytes.length, ...others.map((other) => other.#bytes.length)));
    bytes.set(this.#bytes);
    for (const other of others) {
      const theirs = other.#bytes;
      for (let i = 0; i < theirs.length; i++) bytes[i] = (bytes[i] as number) | (theirs[i] as number);
    }
    return new Signers(bytes);
  }

  /** These, but not those in `other`. */
  without(other: Signers): Signers {
    const bytes = new Uint8Array(this.#bytes.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (this.#bytes[i] as number) & ~(other.#bytes[i] ?? 0);
    return new Signers(bytes);
  }

  isDisjoint(other: Signers): boolean {
    const [own, theirs] = [this.#bytes, other.#bytes];
    for (let i = 0; i < Math.min(own.length, theirs.length); i++) {
      if (((own[i] as number) & (theirs[i] as number)) !== 0) return false;
    }
    return true;
  }

  isSuperset(other: Signers): boolean {
    const [own, theirs] = [this.#bytes, other.#bytes];
    for (let i = 0; i < theirs.length; i++) if (((theirs[i] as number) & ~(own[i] ?? 0)) !== 0) return false;
    return true;
  }

  equals(other: Signers): boolean {
    return equalBytes(this.#bytes, other.#bytes);
  }

  /** Ascending. */
  ids(): NodeId[] {
    const ids: NodeId[] = [];
    const bytes = this.#bytes;
    for (let index = 0; index < bytes.length; index++) {
      // Bit by bit that is set, lowest first: a subnet's partial has few of them.
      for (let rest = bytes[index] as number; rest !== 0; rest &= rest - 1) {
        ids.push(index * 8 + 31 - Math.clz32(rest & -rest));
      }
    }
    return ids;
  }
}

function checkId(id: NodeId): NodeId {
  if (!Number.isSafeInteger(id) || id < 1 || id >= MAX_SIGNERS_BITS) {
    throw quorateError("NODE_ID_INVALID", { id, min: 1, max: MAX_SIGNERS_BITS - 1 });
  }
  return id;
}

function bitCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
