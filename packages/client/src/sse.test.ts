import { describe, expect, it } from "vitest";
import { readEvents } from "./sse.ts";

describe("readEvents", () => {
  const text = ': hello\n\nevent: claim\r\ndata: {"a":\r\ndata:  "ä"}\r\n\r\nid: 4\ndata:x\n\ndata: cut off';

  it.each([1, 2, 3, 7, 1_000])("gives the same events when the bytes come in pieces of %i", async (size) => {
    const bytes = new TextEncoder().encode(text);
    async function* pieces() {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    }
    expect(await collect(readEvents(pieces()))).toEqual([
      { event: "claim", data: '{"a":\n "ä"}' },
      { event: "message", data: "x" },
    ]);
  });

  it.each(["a", "data:\n", "data: aaaaaaaaaa\n"])("error: an event without end, of %j", async (piece) => {
    const bytes = new TextEncoder().encode(piece.repeat(2 ** 16));
    async function* endless() {
      // A reader that keeps all of it must not take the test's memory.
      for (let i = 0; i < 1_000; i++) yield bytes;
    }
    await expect(collect(readEvents(endless()))).rejects.toMatchObject({ code: "AGENT_ANSWER_INVALID" });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
