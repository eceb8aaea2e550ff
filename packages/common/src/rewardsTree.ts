/**
 * The rewards tree of P-41: OpenZeppelin's standard tree over (recipient, lifetime amount). In: recipients and amounts.
 * Out: leaf, root and proofs, and whether a proof leads to a root. Pure. For a tree kept by epoch see
 * rewardsTreeEpochs.ts.
 */
import { quorateError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import {
  buildNodes,
  compareHashes,
  HASH_BYTES,
  HASHES_AT_ONCE,
  type KeccakMany,
  nobleKeccakMany,
  proofAt,
} from "./merkleNodes.ts";
import type { Address, Hex } from "./types.ts";

export { type KeccakMany, nobleKeccakMany } from "./merkleNodes.ts";

export const ADDRESS_BYTES = 20;
export const AMOUNT_BYTES = 32;
/** abi.encode of an address and a uint256. */
export const PREIMAGE_BYTES = 64;

/** The root of a tree without leaves. The contract never makes it payable (P-40). */
export const EMPTY_ROOT: Hex = `0x${"00".repeat(HASH_BYTES)}`;

/** A recipient and its lifetime amount in atomic units. */
export type RewardsEntry = readonly [recipient: Address, amountAtomic: bigint];

/** What a recipient hands to the contract. */
export interface RewardsProof {
  readonly amount: bigint;
  /** The siblings of its leaf from the bottom up. */
  readonly proof: Hex[];
}

export interface BuiltRewardsTree {
  readonly root: Hex;
  /** Null when the recipient has no leaf. */
  proofOf(recipient: Address): RewardsProof | null;
}

/**
 * keccak256(keccak256(abi.encode(recipient, amount))): hashed twice, so that no inner node passes for a leaf.
 * @throws HEX_MALFORMED, TREE_AMOUNT_INVALID
 */
export function rewardsLeaf(recipient: Address, amountAtomic: bigint): Hex {
  return toHex(hashEntries([[recipient, amountAtomic]], nobleKeccakMany));
}

/**
 * Whether the contract would find, by `proof`, that `root` has this recipient with this amount.
 * @throws HEX_MALFORMED, TREE_AMOUNT_INVALID
 */
export function verifyRewardsProof(
  root: Hex,
  recipient: Address,
  amountAtomic: bigint,
  proof: readonly Hex[],
): boolean {
  const pair = new Uint8Array(2 * HASH_BYTES);
  let node = fromHex(rewardsLeaf(recipient, amountAtomic));
  for (const text of proof) {
    const sibling = fromHex(text, HASH_BYTES);
    const isHigher = compareHashes(node, 0, sibling, 0) > 0;
    pair.set(isHigher ? sibling : node);
    pair.set(isHigher ? node : sibling, HASH_BYTES);
    node = new Uint8Array(HASH_BYTES);
    nobleKeccakMany(pair, pair.length, node);
  }
  return toHex(node) === root;
}

/**
 * The tree of all recipients whose amount is not zero. Each may stand once only.
 * @throws HEX_MALFORMED, TREE_AMOUNT_INVALID
 */
export function buildRewardsTree(
  entries: readonly RewardsEntry[],
  keccakMany: KeccakMany = nobleKeccakMany,
): BuiltRewardsTree {
  const owed = new Map(entries.filter(([, amountAtomic]) => amountAtomic !== 0n));
  const nodes = buildNodes(hashEntries([...owed], keccakMany), keccakMany);
  return {
    root: rootOf(nodes),
    proofOf(recipient) {
      const amount = owed.get(recipient);
      if (amount === undefined) return null;
      const proof = proofAt(nodes, hashEntries([[recipient, amount]], keccakMany)) as Uint8Array[];
      return { amount, proof: proof.map(toHex) };
    },
  };
}

/** The root of a tree of these nodes. */
export function rootOf(nodes: Uint8Array): Hex {
  return nodes.length === 0 ? EMPTY_ROOT : toHex(nodes.subarray(0, HASH_BYTES));
}

/**
 * Hashes `count` leaves, in pieces that suit `keccakMany`.
 * @param write Puts address and amount of the i-th into the 64 bytes at `at`, of which the first 12 stay zero.
 */
export function hashLeaves(
  count: number,
  write: (i: number, to: Uint8Array, at: number) => void,
  keccakMany: KeccakMany,
): Uint8Array<ArrayBuffer> {
  const leaves = new Uint8Array(count * HASH_BYTES);
  const preimages = new Uint8Array(Math.min(count, HASHES_AT_ONCE) * PREIMAGE_BYTES);
  const once = new Uint8Array(Math.min(count, HASHES_AT_ONCE) * HASH_BYTES);
  for (let from = 0; from < count; from += HASHES_AT_ONCE) {
    const size = Math.min(HASHES_AT_ONCE, count - from);
    for (let i = 0; i < size; i++) write(from + i, preimages, i * PREIMAGE_BYTES);
    keccakMany(preimages.subarray(0, size * PREIMAGE_BYTES), PREIMAGE_BYTES, once.subarray(0, size * HASH_BYTES));
    const output = leaves.subarray(from * HASH_BYTES, (from + size) * HASH_BYTES);
    keccakMany(once.subarray(0, size * HASH_BYTES), HASH_BYTES, output);
  }
  return leaves;
}

/**
 * Writes an amount as 32 bytes, the highest first.
 * @throws TREE_AMOUNT_INVALID
 */
export function writeAmount(amountAtomic: bigint, view: DataView, at: number): void {
  if (amountAtomic < 0n || amountAtomic >> 256n !== 0n) throw quorateError("TREE_AMOUNT_INVALID", { amountAtomic });
  // Most amounts fit 64 bits, and each step with a bigint makes a new one.
  let rest = amountAtomic;
  for (let i = AMOUNT_BYTES - 8; i >= 0; i -= 8) {
    view.setBigUint64(at + i, rest);
    rest = rest === 0n ? rest : rest >> 64n;
  }
}

/** The amount of 32 bytes. */
export function readAmount(view: DataView, at: number): bigint {
  let amountAtomic = 0n;
  for (let i = 0; i < AMOUNT_BYTES; i += 8) amountAtomic = (amountAtomic << 64n) | view.getBigUint64(at + i);
  return amountAtomic;
}

function hashEntries(entries: readonly RewardsEntry[], keccakMany: KeccakMany): Uint8Array<ArrayBuffer> {
  const write = (i: number, to: Uint8Array, at: number): void => {
    const [recipient, amountAtomic] = entries[i] as RewardsEntry;
    to.set(fromHex(recipient, ADDRESS_BYTES), at + PREIMAGE_BYTES - AMOUNT_BYTES - ADDRESS_BYTES);
    writeAmount(amountAtomic, new DataView(to.buffer, to.byteOffset), at + PREIMAGE_BYTES - AMOUNT_BYTES);
  };
  return hashLeaves(entries.length, write, keccakMany);
}
