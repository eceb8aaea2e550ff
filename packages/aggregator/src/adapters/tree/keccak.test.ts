import { type KeccakMany, nobleKeccakMany } from "@quorate/common/rewards-tree";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchKeccakMany, libraryKeccakMany, loadKeccakMany } from "./keccak.ts";

function hashed(keccakMany: KeccakMany, input: Uint8Array, messageBytes: number): Uint8Array {
  const output = new Uint8Array((input.length / messageBytes) * 32);
  keccakMany(input, messageBytes, output);
  return output;
}

const messages = fc
  .tuple(fc.constantFrom(32, 64), fc.integer({ min: 1, max: 9 }))
  .chain(([messageBytes, count]) =>
    fc.tuple(
      fc.constant(messageBytes),
      fc.uint8Array({ minLength: messageBytes * count, maxLength: messageBytes * count }),
    ),
  );

describe.each([
  ["two at once in WebAssembly", async () => batchKeccakMany()],
  ["by hash-wasm", libraryKeccakMany],
  ["as loaded", loadKeccakMany],
])("keccak256 of many messages, %s", (_, load) => {
  it("is noble's, for any messages", async () => {
    const keccakMany = await load();
    fc.assert(
      fc.property(messages, ([messageBytes, input]) => {
        expect(hashed(keccakMany, input, messageBytes)).toEqual(hashed(nobleKeccakMany, input, messageBytes));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [32, 2_047],
    [32, 2_049],
    [64, 1_024],
    [64, 1_025],
    [64, 3_001],
  ])("is noble's for messages of %d bytes, %d at once: none is lost where a call ends", async (messageBytes, count) => {
    const input = Uint8Array.from({ length: messageBytes * count }, (__, i) => (i * 2_654_435_761) >>> 11);
    expect(hashed(await load(), input, messageBytes)).toEqual(hashed(nobleKeccakMany, input, messageBytes));
  });

  it("says what is known of 64 zero bytes", async () => {
    const known = "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5";
    expect(Buffer.from(hashed(await load(), new Uint8Array(64), 64)).toString("hex")).toBe(known);
  });
});

describe("which one is used", () => {
  it("the fast one, where it agrees with the library", async () => {
    const fast = batchKeccakMany();
    expect(await loadKeccakMany(() => fast)).toBe(fast);
  });

  it("the library, where the fast one errs in a single bit of one hash", async () => {
    const fast = batchKeccakMany();
    const wrong: KeccakMany = (input, messageBytes, output) => {
      fast(input, messageBytes, output);
      output[output.length - 1] = (output.at(-1) as number) ^ 1;
    };
    const used = await loadKeccakMany(() => wrong);
    expect(used).not.toBe(wrong);
    expect(hashed(used, new Uint8Array(32), 32)).toEqual(hashed(nobleKeccakMany, new Uint8Array(32), 32));
  });

  it("the library, where the engine does not take the fast one's code", async () => {
    const used = await loadKeccakMany(() => {
      throw new Error("no 128-bit instructions");
    });
    expect(hashed(used, new Uint8Array(64), 64)).toEqual(hashed(nobleKeccakMany, new Uint8Array(64), 64));
  });
});
