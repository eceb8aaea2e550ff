import { RPC } from "@libp2p/gossipsub/message";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messages, prunes, TOPIC } from "../../../test/support/floodingPeer.ts";
import { countRpc } from "./rpc.ts";
import { SeenCache } from "./seenCache.ts";

const encoded = (content: Partial<RPC>) => RPC.encode({ subscriptions: [], messages: [], ...content } as RPC);

describe("P-123: what an RPC holds is counted without decoding it", () => {
  test("messages, subscriptions, and every control message", () => {
    const subscriptions = [{ topic: TOPIC, subscribe: true }];
    expect(countRpc(encoded({ messages: messages(3, 1), subscriptions }))).toEqual({ messages: 3, controls: 1 });
    expect(countRpc(encoded({ control: prunes(7) }))).toEqual({ messages: 0, controls: 7 });
    expect(countRpc(new Uint8Array())).toEqual({ messages: 0, controls: 0 });
  });

  test("it counts at least what gossipsub decodes, whatever the bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.tuple(fc.nat(5), fc.nat(5), fc.uint8Array({ maxLength: 8 })).map(([some, control, tail]) => {
        const rpc = encoded({ messages: messages(some, 1), control: prunes(control) });
        return Uint8Array.from([...rpc, ...tail]);
      }),
    );
    fc.assert(
      fc.property(bytes, (rpc) => {
        const counts = countRpc(rpc);
        if (counts === null) return;
        let decoded: RPC;
        try {
          decoded = RPC.decode(rpc);
        } catch {
          return;
        }
        const { control } = decoded;
        const kinds =
          control === undefined ? [] : [control.ihave, control.iwant, control.graft, control.prune, control.idontwant];
        const controls = kinds.reduce((sum, { length }) => sum + length, decoded.subscriptions.length);
        expect(counts.messages).toBeGreaterThanOrEqual(decoded.messages.length);
        expect(counts.controls).toBeGreaterThanOrEqual(controls);
      }),
    );
  });

  test("a length beyond the bytes, or a number that does not end, is no RPC", () => {
    expect(countRpc(Uint8Array.of(0x12, 0x05, 1))).toBeNull();
    expect(countRpc(Uint8Array.of(0x12, ...Array(11).fill(0xff)))).toBeNull();
    expect(countRpc(Uint8Array.of(0x1a, 0x02, 0x22, 0x7f))).toBeNull();
  });
});

describe("P-123: ids that are remembered", () => {
  test("are at most so many, the oldest forgotten, and go when their time is up", () => {
    let nowMs = 0;
    const cache = new SeenCache<string>({ validityMs: 100, max: 3, now: () => nowMs });
    for (const key of ["a", "b", "c"]) expect(cache.put(key, key)).toBe(false);
    expect(cache.put("a", "again")).toBe(true);
    nowMs = 50;
    cache.put("d", "d");
    expect([cache.size, cache.has("a"), cache.get("b"), cache.get("d")]).toEqual([3, false, "b", "d"]);
    nowMs = 101;
    expect([cache.get("b"), cache.get("d")]).toEqual([undefined, "d"]);
    cache.prune();
    expect(cache.size).toBe(1);
  });
});
