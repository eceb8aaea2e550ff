import { MAX_GOSSIP_BYTES, toHex } from "@quorate/common";
import { encode } from "it-length-prefixed";
import { describe, expect, test } from "vitest";
import { DirectFrames, framed } from "./directFrames.ts";

const LENGTHS = [0, 1, 127, 128, 300, MAX_GOSSIP_BYTES];
const MESSAGES = LENGTHS.map((length) => new Uint8Array(length).fill(length));

describe("P-130: direct messages are length-prefixed", () => {
  test("the bytes are those of the library that the other protocols use", () => {
    for (const message of MESSAGES) expect(toHex(framed(message))).toBe(toHex(encode.single(message).subarray()));
  });

  test("messages come out whole, however the stream cuts its bytes", () => {
    const all = Buffer.concat(MESSAGES.map(framed));
    for (let size = 1; size <= all.length; size = size < 140 ? size + 1 : size * 2) {
      const frames = new DirectFrames();
      const got: string[] = [];
      for (let at = 0; at < all.length; at += size) {
        for (const message of frames.take(all.subarray(at, at + size))) got.push(toHex(message));
      }
      expect(got).toEqual(MESSAGES.map(toHex));
    }
  });

  test.each([
    ["a byte more than a message may have", [0x80 | ((MAX_GOSSIP_BYTES + 1) & 0x7f), (MAX_GOSSIP_BYTES + 1) >> 7]],
    ["a length of three bytes", [0x80, 0x80, 0x01]],
    ["the longest that two bytes can say", [0xff, 0x7f]],
  ])("what says it is longer than any message is refused before it comes: %s", (_what, bytes) => {
    const frames = new DirectFrames();
    expect(() => [...frames.take(Uint8Array.from(bytes))]).toThrow(expect.objectContaining({ code: "WIRE_TOO_LARGE" }));
    expect(() => framed(new Uint8Array(MAX_GOSSIP_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "WIRE_TOO_LARGE" }),
    );
  });
});
