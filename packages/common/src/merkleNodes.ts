/**
 * OpenZeppelin's standard tree in flat arrays (P-41). In: leaves. Out: all nodes, 32 bytes each, and proofs.
 * Node 0 is the root, node i has the children 2i + 1 and 2i + 2, and the leaves stand at the end, the lowest last.
 */
import { keccak_256 } from "@noble/hashes/sha3.js";

export const HASH_BYTES = 32;
const PAIR_BYTES = 64;
const HASH_WORDS = 8;

/** Hashes given to `KeccakMany` at once: enough for a backend that works on several, and 64 KiB of scratch. */
export const HASHES_AT_ONCE = 1_024;

/**
 * keccak256 of each of the messages of `messageBytes` bytes that stand one after the other in `input`. The hashes go to
 * `output`, 32 bytes each, in the same order. The two never overlap.
 */
export type KeccakMany = (input: Uint8Array, messageBytes: number, output: Uint8Array) => void;

/** By noble: runs everywhere. 100,000 recipients take seconds with it, so agents bring a faster one. */
export const nobleKeccakMany: KeccakMany = (input, messageBytes, output) => {
  for (let at = 0, to = 0; at < input.length; at += messageBytes, to += HASH_BYTES) {
    output.set(keccak_256(input.subarray(at, at + messageBytes)), to);
  }
};

/**
 * All nodes of the tree. Empty without leaves.
 * @param leaves 32 bytes each, in any order; those of zero bytes only are left out.
 */
export function buildNodes(leaves: Uint8Array<ArrayBuffer>, keccakMany: KeccakMany): Uint8Array<ArrayBuffer> {
  const order = ascending(leaves);
  const count = order.length;
  const nodes = new Uint8Array(Math.max(2 * count - 1, 0) * HASH_BYTES);
  const words = wordsOf(nodes);
  const leafWords = wordsOf(leaves);
  for (let rank = 0; rank < count; rank++) {
    copyWords(leafWords, (order[rank] as number) * HASH_WORDS, words, (2 * count - 2 - rank) * HASH_WORDS);
  }
  hashInner(nodes, count - 1, keccakMany);
  return nodes;
}

/** Leaves of a tree of these nodes. */
export function leafCount(nodes: Uint8Array): number {
  return (nodes.length / HASH_BYTES + 1) >> 1;
}

/** The siblings of a leaf from the bottom up, or null when it is not a leaf of this tree. */
export function proofAt(nodes: Uint8Array, leaf: Uint8Array): Uint8Array[] | null {
  let at = indexOfLeaf(nodes, leaf);
  if (at < 0) return null;
  const proof: Uint8Array[] = [];
  for (; at > 0; at = (at - 1) >> 1) {
    const sibling = (at % 2 === 0 ? at - 1 : at + 1) * HASH_BYTES;
    proof.push(nodes.slice(sibling, sibling + HASH_BYTES));
  }
  return proof;
}

/**
 * Below zero, zero or above as the 32 bytes at `atA` of `a` are lower than, equal to or higher than those at `atB` of
 * `b`.
 */
export function compareHashes(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < HASH_BYTES; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Hashes nodes `inner - 1` to 0. As many go into one call as have all their children hashed: the children of nodes that
 * stand together stand together too.
 */
function hashInner(nodes: Uint8Array<ArrayBuffer>, inner: number, keccakMany: KeccakMany): void {
  const words = wordsOf(nodes);
  const pairs = new Uint8Array(HASHES_AT_ONCE * PAIR_BYTES);
  const pairWords = wordsOf(pairs);
  for (let high = inner - 1; high >= 0; ) {
    const low = Math.max((high + 1) >> 1, high - HASHES_AT_ONCE + 1);
    for (let i = low; i <= high; i++) {
      const left = 2 * i + 1;
      const swap = compareHashes(nodes, left * HASH_BYTES, nodes, (left + 1) * HASH_BYTES) > 0;
      const to = (i - low) * 2 * HASH_WORDS;
      copyWords(words, (swap ? left + 1 : left) * HASH_WORDS, pairWords, to);
      copyWords(words, (swap ? left : left + 1) * HASH_WORDS, pairWords, to + HASH_WORDS);
    }
    const output = nodes.subarray(low * HASH_BYTES, (high + 1) * HASH_BYTES);
    keccakMany(pairs.subarray(0, (high - low + 1) * PAIR_BYTES), PAIR_BYTES, output);
    high = low - 1;
  }
}

/**
 * The places of the leaves that are not zero, the lowest leaf first. Sorted natively as numbers made of a leaf's first
 * bits and its place: a comparison in JavaScript would take ten times as long. The few equal beginnings are put right
 * after.
 */
function ascending(leaves: Uint8Array<ArrayBuffer>): Uint32Array {
  const places = leaves.length / HASH_BYTES;
  const placeBits = Math.max(Math.ceil(Math.log2(places)), 0);
  const dropped = Math.max(placeBits - 21, 0); // a number has 53 bits: 32 of the leaf beside 21 of the place
  const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  const scale = 2 ** placeBits;
  const keys = new Float64Array(places);
  let count = 0;
  for (let place = 0; place < places; place++) {
    if (isZero(view, place * HASH_BYTES)) continue;
    keys[count++] = (view.getUint32(place * HASH_BYTES) >>> dropped) * scale + place;
  }
  const sorted = keys.subarray(0, count).sort();
  const order = new Uint32Array(count);
  let beginning = -1;
  for (let rank = 0; rank < count; rank++) {
    const key = sorted[rank] as number;
    const place = key % scale;
    const isTied = key - place === beginning;
    beginning = key - place;
    let at = rank;
    for (; isTied && at > 0; at--) {
      const before = order[at - 1] as number;
      if (compareHashes(leaves, before * HASH_BYTES, leaves, place * HASH_BYTES) <= 0) break;
      order[at] = before;
    }
    order[at] = place;
  }
  return order;
}

function isZero(view: DataView, at: number): boolean {
  for (let i = 0; i < HASH_BYTES; i += 4) if (view.getUint32(at + i) !== 0) return false;
  return true;
}

/** The node at which a leaf stands, or -1. */
function indexOfLeaf(nodes: Uint8Array, leaf: Uint8Array): number {
  const count = leafCount(nodes);
  let low = count - 1;
  let high = 2 * count - 2;
  while (low <= high && count > 0) {
    const middle = (low + high) >> 1;
    const order = compareHashes(nodes, middle * HASH_BYTES, leaf, 0);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function wordsOf(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function copyWords(from: Uint32Array, at: number, to: Uint32Array, toAt: number): void {
  for (let i = 0; i < HASH_WORDS; i++) to[toAt + i] = from[at + i] as number;
}
