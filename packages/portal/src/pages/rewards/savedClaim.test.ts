import { describe, expect, it } from "vitest";
import { type Store, savedClaim } from "./savedClaim.ts";

function memory(): Store & { readonly all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    getItem: (key) => all.get(key) ?? null,
    setItem: (key, value) => void all.set(key, value),
    removeItem: (key) => void all.delete(key),
  };
}

const network = { chainId: "31337", contract: `0x${"c0".repeat(20)}` } as const;
const [alice, bob] = [`0x${"aa".repeat(20)}`, `0x${"bb".repeat(20)}`] as const;

describe("what survives a reload", () => {
  it("a signing round and a transaction, for each recipient and network apart", () => {
    const store = memory();
    const hash = `0x${"ef".repeat(32)}`;
    savedClaim(store, network, alice).write({ step: "sent", hash });
    savedClaim(store, network, bob).write({ step: "signing", way: "cheapest", epoch: 4, amount: "7" });
    expect(savedClaim(store, network, alice).read()).toEqual({ step: "sent", hash });
    expect(savedClaim(store, network, bob).read()).toEqual({
      ...{ step: "signing", way: "cheapest" },
      ...{ epoch: 4, amount: "7" },
    });
    expect(savedClaim(store, { ...network, chainId: "1" }, alice).read()).toBeNull();
    savedClaim(store, network, alice).clear();
    expect(savedClaim(store, network, alice).read()).toBeNull();
  });

  it("P-147: that a part's first transaction is on its way, and which amount the second is to pay", () => {
    const saved = savedClaim(memory(), network, alice);
    const recording = { step: "recording", hash: `0x${"ef".repeat(32)}`, amount: "340282366920938463463" } as const;
    saved.write(recording);
    expect(saved.read()).toEqual(recording);
    const batch = { step: "batch", id: "the wallet's own name", amount: "7" } as const;
    saved.write(batch);
    expect(saved.read()).toEqual(batch);
  });

  it("whatever else stands there is nothing", () => {
    const store = memory();
    const saved = savedClaim(store, network, alice);
    saved.write({ step: "signing", way: "bundle", epoch: null, amount: null });
    const [key] = [...store.all.keys()];
    for (const text of ["", "{", "7", '{"step":"sent","hash":"0x12"}', '{"step":"signing","way":"x","epoch":-1}']) {
      store.all.set(key as string, text);
      expect(saved.read(), text).toBeNull();
    }
  });
});
