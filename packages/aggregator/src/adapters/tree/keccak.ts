/**
 * keccak256 of many messages by hash-wasm: of 64 bytes in 1.9 microseconds, where noble takes 10.
 */
import type { KeccakMany } from "@quorate/common/rewards-tree";
import { createKeccak } from "hash-wasm";

const HASH_BYTES = 32;

export async function loadKeccakMany(): Promise<KeccakMany> {
  const hasher = await createKeccak(256);
  return (input, messageBytes, output) => {
    for (let at = 0, to = 0; at < input.length; at += messageBytes, to += HASH_BYTES) {
      hasher.init().update(input.subarray(at, at + messageBytes));
      output.set(hasher.digest("binary"), to);
    }
  };
}
