/**
 * The rewards tree kept up to date (P-41). In: for each epoch, in order, the recipients whose lifetime amount changed.
 * Out: the root, and proofs for the last epochs.
 *
 * Leaves of recipients that did not change are kept. Older trees are not: for each epoch the amounts and leaves that
 * its changes replaced are kept, and a tree that is asked for is built from today's leaves and those. The trees last
 * used stay built, the newest always among them. Nothing here is a JavaScript array as long as the recipients.
 */
import { quorateError } from "./errors.ts";
import { toHex } from "./hex.ts";
import {
  buildNodes,
  compareHashes,
  HASH_BYTES,
  type KeccakMany,
  leafCount,
  nobleKeccakMany,
  proofAt,
} from "./merkleNodes.ts";
import { RecipientTable } from "./recipientTable.ts";
import { CHANGE_BYTES, packChanges, writeAddress } from "./rewardsChanges.ts";
import {
  ADDRESS_BYTES,
  AMOUNT_BYTES,
  hashLeaves,
  PREIMAGE_BYTES,
  type RewardsEntry,
  type RewardsProof,
  readAmount,
  rootOf,
} from "./rewardsTree.ts";
import type { Address, Hex } from "./types.ts";

// Threads load this file as `@quorate/common/rewards-tree`: the main entry would bring them ethers, 15 MB.
export * from "./errors.ts";
export * from "./rewardsChanges.ts";
export * from "./rewardsTree.ts";

export interface RewardsTreeOptions {
  readonly keccakMany?: KeccakMany;
  /** Epochs whose roots and proofs are answered, the newest included. 16 as in the contract's `isPayable`. */
  readonly keptEpochs?: number;
  /**
   * Of those, how many trees stay built: 64 bytes a recipient each. The newest, the one payable before it, and one
   * more.
   */
  readonly builtTrees?: number;
}

/** What the EpochReport of an epoch says of its tree. */
export interface RewardsTotals {
  readonly root: Hex;
  /** Σ of all lifetime amounts, in atomic units. */
  readonly totalOwed: bigint;
  /** Recipients with an amount: the leaves. */
  readonly recipients: number;
}

interface KeptEpoch extends RewardsTotals {
  readonly epoch: number;
  /** What this epoch's changes replaced. Null when no tree before them is kept. */
  replaced: Replaced | null;
}

interface Replacement {
  readonly places: Uint32Array;
  /** Σ of new amounts less Σ of old ones. */
  readonly grownBy: bigint;
  readonly replaced: Replaced | null;
}

interface Replaced {
  /**
   * Of the recipients, in the order of the changes. One that changed twice stands here twice, first with what it had.
   */
  readonly places: Uint32Array;
  readonly amounts: Uint8Array<ArrayBuffer>;
  readonly leaves: Uint8Array<ArrayBuffer>;
}

export class RewardsTree {
  readonly #keccakMany: KeccakMany;
  readonly #keptEpochs: number;
  readonly #builtTrees: number;
  readonly #table = new RecipientTable();
  /** Ascending, without holes. */
  readonly #kept: KeptEpoch[] = [];
  /** Nodes by epoch, the one last used at the end. */
  readonly #built = new Map<number, Uint8Array<ArrayBuffer>>();

  constructor(options: RewardsTreeOptions = {}) {
    this.#keccakMany = options.keccakMany ?? nobleKeccakMany;
    this.#keptEpochs = options.keptEpochs ?? 16;
    this.#builtTrees = options.builtTrees ?? 3;
  }

  /**
   * Takes the changes of an epoch: any at first, then always the next one. What fails changes nothing.
   * @throws TREE_EPOCH_OUT_OF_ORDER, TREE_AMOUNT_FELL, TREE_AMOUNT_INVALID, ADDRESS_MALFORMED
   */
  apply(epoch: number, changes: readonly RewardsEntry[]): RewardsTotals {
    return this.applyPacked(epoch, [packChanges(changes)]);
  }

  /** The same from pieces that `packChanges` made. */
  applyPacked(epoch: number, pieces: readonly Uint8Array<ArrayBuffer>[]): RewardsTotals {
    const last = this.#kept.at(-1);
    if (!Number.isSafeInteger(epoch) || epoch < 0 || (last !== undefined && epoch !== last.epoch + 1)) {
      throw quorateError("TREE_EPOCH_OUT_OF_ORDER", { epoch, expected: last === undefined ? "any" : last.epoch + 1 });
    }
    for (const piece of pieces) this.#refuseFalls(epoch, piece);
    const { places, grownBy, replaced } = this.#replace(pieces, last !== undefined);
    this.#hash(places, replaced);
    const totalOwed = (last?.totalOwed ?? 0n) + grownBy;
    const nodes = buildNodes(this.#leavesNow(), this.#keccakMany);
    const totals = { root: rootOf(nodes), totalOwed, recipients: leafCount(nodes) };
    this.#kept.push({ epoch, ...totals, replaced });
    if (this.#kept.length > this.#keptEpochs) {
      this.#built.delete((this.#kept.shift() as KeptEpoch).epoch);
      (this.#kept[0] as KeptEpoch).replaced = null;
    }
    this.#keep(epoch, nodes);
    return totals;
  }

  /** @throws TREE_EPOCH_NOT_KEPT */
  totalsOf(epoch: number): RewardsTotals {
    const { root, totalOwed, recipients } = this.#kept[this.#positionOf(epoch)] as KeptEpoch;
    return { root, totalOwed, recipients };
  }

  /**
   * A recipient's amount at the end of an epoch and its proof, or null when it had none.
   * Takes microseconds for trees that stand built, and as long as a root for others.
   * @throws TREE_EPOCH_NOT_KEPT, ADDRESS_MALFORMED
   */
  proofOf(epoch: number, recipient: Address): RewardsProof | null {
    const position = this.#positionOf(epoch);
    const address = new Uint8Array(ADDRESS_BYTES);
    writeAddress(recipient, address, 0);
    const place = this.#table.find(address, 0);
    if (place < 0) return null;
    const { amount, leaf } = this.#stateAt(position, place);
    if (amount === 0n) return null;
    const proof = proofAt(this.#nodesAt(position), leaf) as Uint8Array[];
    return { amount, proof: proof.map(toHex) };
  }

  #positionOf(epoch: number): number {
    const position = this.#kept.findIndex((kept) => kept.epoch === epoch);
    if (position >= 0) return position;
    const values = { epoch, oldest: this.#kept[0]?.epoch ?? null, newest: this.#kept.at(-1)?.epoch ?? null };
    throw quorateError("TREE_EPOCH_NOT_KEPT", values);
  }

  #refuseFalls(epoch: number, piece: Uint8Array<ArrayBuffer>): void {
    const { amounts } = this.#table;
    for (let at = 0; at < piece.length; at += CHANGE_BYTES) {
      const place = this.#table.find(piece, at);
      if (place < 0 || compareHashes(piece, at + ADDRESS_BYTES, amounts, place * AMOUNT_BYTES) >= 0) continue;
      throw quorateError("TREE_AMOUNT_FELL", {
        epoch,
        recipient: toHex(piece.subarray(at, at + ADDRESS_BYTES)),
        hadAtomic: readAmount(viewOf(amounts), place * AMOUNT_BYTES),
        nowAtomic: readAmount(viewOf(piece), at + ADDRESS_BYTES),
      });
    }
  }

  /** Gives each recipient a place and its new amount. What that replaced is returned if there is a tree before it. */
  #replace(pieces: readonly Uint8Array<ArrayBuffer>[], isKept: boolean): Replacement {
    const count = pieces.reduce((sum, piece) => sum + piece.length, 0) / CHANGE_BYTES;
    const places = new Uint32Array(count);
    if (!isKept) this.#table.reserve(count);
    let i = 0;
    // All places first: `add` may move the arrays.
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += CHANGE_BYTES) places[i++] = this.#table.add(piece, at);
    }
    const { amounts } = this.#table;
    const before = new Uint8Array(isKept ? count * AMOUNT_BYTES : 0);
    const sum = new AmountSum();
    const amountsView = viewOf(amounts);
    i = 0;
    for (const piece of pieces) {
      const pieceView = viewOf(piece);
      for (let at = ADDRESS_BYTES; at < piece.length; at += CHANGE_BYTES, i++) {
        const to = (places[i] as number) * AMOUNT_BYTES;
        sum.add(pieceView, at, amountsView, to);
        if (isKept) copy32(amounts, to, before, i * AMOUNT_BYTES);
        copy32(piece, at, amounts, to);
      }
    }
    const leaves = new Uint8Array(isKept ? count * HASH_BYTES : 0);
    return { places, grownBy: sum.total(), replaced: isKept ? { places, amounts: before, leaves } : null };
  }

  /** Hashes the leaves of changed recipients, and keeps those before. */
  #hash(places: Uint32Array, replaced: Replaced | null): void {
    const { addresses, amounts, leaves } = this.#table;
    const write = (i: number, to: Uint8Array, at: number): void => {
      const place = places[i] as number;
      const address = at + PREIMAGE_BYTES - AMOUNT_BYTES - ADDRESS_BYTES;
      for (let j = 0; j < ADDRESS_BYTES; j++) to[address + j] = addresses[place * ADDRESS_BYTES + j] as number;
      copy32(amounts, place * AMOUNT_BYTES, to, at + PREIMAGE_BYTES - AMOUNT_BYTES);
    };
    const hashed = hashLeaves(places.length, write, this.#keccakMany);
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number;
      if (replaced !== null) copy32(leaves, place * HASH_BYTES, replaced.leaves, i * HASH_BYTES);
      if (!isZero(amounts, place * AMOUNT_BYTES)) copy32(hashed, i * HASH_BYTES, leaves, place * HASH_BYTES);
    }
  }

  /** A recipient's amount and leaf in a kept epoch: the first that a later epoch replaced, or today's. */
  #stateAt(position: number, place: number): { amount: bigint; leaf: Uint8Array } {
    for (const { replaced } of this.#kept.slice(position + 1)) {
      const i = replaced?.places.indexOf(place) ?? -1;
      if (replaced !== null && i >= 0) return stateOf(replaced.amounts, replaced.leaves, i);
    }
    return stateOf(this.#table.amounts, this.#table.leaves, place);
  }

  #nodesAt(position: number): Uint8Array<ArrayBuffer> {
    const { epoch } = this.#kept[position] as KeptEpoch;
    let nodes = this.#built.get(epoch);
    if (nodes === undefined) {
      const leaves = this.#leavesNow().slice();
      for (const { replaced } of this.#kept.slice(position + 1).reverse()) {
        if (replaced === null) continue;
        for (let i = replaced.places.length - 1; i >= 0; i--) {
          copy32(replaced.leaves, i * HASH_BYTES, leaves, (replaced.places[i] as number) * HASH_BYTES);
        }
      }
      nodes = buildNodes(leaves, this.#keccakMany);
    }
    this.#keep(epoch, nodes);
    return nodes;
  }

  #leavesNow(): Uint8Array<ArrayBuffer> {
    return this.#table.leaves.subarray(0, this.#table.size * HASH_BYTES);
  }

  #keep(epoch: number, nodes: Uint8Array<ArrayBuffer>): void {
    this.#built.delete(epoch);
    this.#built.set(epoch, nodes);
    const newest = (this.#kept.at(-1) as KeptEpoch).epoch;
    for (const old of this.#built.keys()) {
      if (this.#built.size <= this.#builtTrees) return;
      if (old !== newest && old !== epoch) this.#built.delete(old);
    }
  }
}

/** Sums what amounts of 256 bits grew by, without a bigint for each: their eight words apart. */
class AmountSum {
  readonly #words = new Float64Array(AMOUNT_BYTES / 4);
  #added = 0;
  #total = 0n;

  add(now: DataView, atNow: number, before: DataView, atBefore: number): void {
    for (let i = 0; i < AMOUNT_BYTES / 4; i++) {
      const difference = now.getUint32(atNow + 4 * i) - before.getUint32(atBefore + 4 * i);
      this.#words[i] = (this.#words[i] as number) + difference;
    }
    // A number is exact up to 2^53, and each word adds less than 2^32.
    if (++this.#added % 1_024 === 0) this.total();
  }

  total(): bigint {
    let sum = 0n;
    for (const word of this.#words) sum = (sum << 32n) + BigInt(word);
    this.#words.fill(0);
    this.#total += sum;
    return this.#total;
  }
}

function stateOf(
  amounts: Uint8Array<ArrayBuffer>,
  leaves: Uint8Array,
  i: number,
): { amount: bigint; leaf: Uint8Array } {
  return {
    amount: readAmount(viewOf(amounts), i * AMOUNT_BYTES),
    leaf: leaves.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  };
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A loop, because a view for `set` costs more than 32 bytes do. */
function copy32(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < 32; i++) to[toAt + i] = from[at + i] as number;
}

function isZero(amounts: Uint8Array, at: number): boolean {
  for (let i = 0; i < AMOUNT_BYTES; i++) if (amounts[at + i] !== 0) return false;
  return true;
}
