/**
 * The bloom filter of a block's logs (Yellow Paper 4.3.1): it may hold what no log has, and never lacks what one has.
 * Enters: a header's `logsBloom`, an address or topic. Leaves: whether a log with it may be in the block.
 */
import type { Hex } from "@quorate/common";
import { keccak256 } from "ethers";

/** Bytes of a filter. */
export const BLOOM_BYTES = 256;

/**
 * The three bits, 0 to 2047, that an address or topic sets: the low 11 of the first three pairs of bytes of its hash.
 */
export function bitsOf(item: Hex): readonly number[] {
  const hash = keccak256(item).slice(2);
  return [0, 4, 8].map((from) => Number.parseInt(hash.slice(from, from + 4), 16) & 2047);
}

/** Bit 0 is the lowest of the last byte. */
export function hasBit(bloom: Hex, bit: number): boolean {
  const from = 2 + 2 * (BLOOM_BYTES - 1 - (bit >> 3));
  return ((Number.parseInt(bloom.slice(from, from + 2), 16) >> (bit & 7)) & 1) === 1;
}

/** The first of these that no log in the block has; undefined when all of them may be there. */
export function lackedBy(bloom: Hex, items: readonly Hex[]): Hex | undefined {
  return items.find((item) => !bitsOf(item).every((bit) => hasBit(bloom, bit)));
}
