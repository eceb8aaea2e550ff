/**
 * keccak256 of many messages, for the tree's thread. By hash-wasm each of 64 bytes takes 1.9 microseconds, most of it
 * for the way into WebAssembly and back; by keccakCode.ts, which takes a thousand at once and works on two at a time,
 * 0.3. What hash-wasm says is right: the faster one is used when it says the same.
 */
import type { KeccakMany } from "@quorate/common/rewards-tree";
import { createKeccak } from "hash-wasm";
import { keccakModule, ROUND_CONSTANT_BYTES } from "./keccakCode.ts";

const HASH_BYTES = 32;
/** Of input in one call: 1,024 messages of 64 bytes. */
const INPUT_BYTES = 65_536;
/** After the input, and what a pair with one message reads and writes beyond it. */
const OUTPUT_AT = ROUND_CONSTANT_BYTES + INPUT_BYTES + 64;

/** What is used of it here: Node's types leave it to a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface KeccakExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly hash32: (input: number, output: number, inputEnd: number) => void;
  readonly hash64: (input: number, output: number, inputEnd: number) => void;
}

/** The fastest that is right here. */
export async function loadKeccakMany(batch: () => KeccakMany = batchKeccakMany): Promise<KeccakMany> {
  const library = await libraryKeccakMany();
  try {
    const fast = batch();
    return agree(fast, library) ? fast : library;
  } catch {
    // An engine without 128-bit instructions.
    return library;
  }
}

export async function libraryKeccakMany(): Promise<KeccakMany> {
  const hasher = await createKeccak(256);
  return (input, messageBytes, output) => {
    for (let at = 0, to = 0; at < input.length; at += messageBytes, to += HASH_BYTES) {
      hasher.init().update(input.subarray(at, at + messageBytes));
      output.set(hasher.digest("binary"), to);
    }
  };
}

/** For messages of 32 and 64 bytes, which are all that a tree has. */
export function batchKeccakMany(): KeccakMany {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(keccakModule()));
  const { memory, hash32, hash64 } = exports as KeccakExports;
  const bytes = new Uint8Array(memory.buffer);
  return (input, messageBytes, output) => {
    const hash = messageBytes === HASH_BYTES ? hash32 : hash64;
    for (let at = 0, to = 0; at < input.length; at += INPUT_BYTES) {
      const piece = input.subarray(at, at + INPUT_BYTES);
      bytes.set(piece, ROUND_CONSTANT_BYTES);
      hash(ROUND_CONSTANT_BYTES, OUTPUT_AT, ROUND_CONSTANT_BYTES + piece.length);
      const hashed = (piece.length / messageBytes) * HASH_BYTES;
      output.set(bytes.subarray(OUTPUT_AT, OUTPUT_AT + hashed), to);
      to += hashed;
    }
  };
}

/** Whether both hash the same, in pairs and alone. One takes no branch by what it hashes, so that few messages tell. */
function agree(a: KeccakMany, b: KeccakMany): boolean {
  return [HASH_BYTES, 2 * HASH_BYTES].every((messageBytes) =>
    [1, 2, 257].every((count) => {
      const input = Uint8Array.from({ length: count * messageBytes }, (_, i) => (i * i * 31 + i * 7 + count) >>> 3);
      const [ours, theirs] = [a, b].map((keccakMany) => {
        const output = new Uint8Array(count * HASH_BYTES);
        keccakMany(input, messageBytes, output);
        return output;
      }) as [Uint8Array, Uint8Array];
      return ours.every((byte, i) => byte === theirs[i]);
    }),
  );
}
