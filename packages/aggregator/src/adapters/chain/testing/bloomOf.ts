/** The filter that a block with these logs has in its header (Yellow Paper 4.3.1). */
import type { Hex } from "@quorate/common";
import { BLOOM_BYTES, bitsOf } from "../bloom.ts";

export function bloomOf(logs: readonly { readonly address: Hex; readonly topics: readonly Hex[] }[]): Hex {
  let bloom = 0n;
  for (const item of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    for (const bit of bitsOf(item)) bloom |= 1n << BigInt(bit);
  }
  return `0x${bloom.toString(16).padStart(2 * BLOOM_BYTES, "0")}`;
}
