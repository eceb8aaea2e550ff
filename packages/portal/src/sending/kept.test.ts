import { describe, expect, it } from "vitest";
import { parseKept, type Sent, sentOf, withSent } from "./kept.ts";

const ACCOUNT = `0x${"a1".repeat(20)}` as const;
const entry = (id: string, more: Partial<Sent> = {}): Sent => ({
  id,
  kind: "transaction",
  topic: "stake",
  what: ["approve"],
  chainId: "31337",
  account: ACCOUNT,
  sentAtMs: 1,
  state: "waiting",
  block: null,
  trouble: null,
  ...more,
});

describe("what was sent survives a reload", () => {
  it("what is stored is read back, and nonsense is left out", () => {
    const all = [entry("0x01"), entry("0x02", { state: "mined", block: 7 })];
    expect(parseKept(JSON.stringify(all))).toEqual(all);
    expect(parseKept(JSON.stringify([all[0], 7, { id: 3 }, { ...all[1], account: "me" }]))).toEqual([all[0]]);
    for (const text of [null, "", "{", "7", "{}"]) expect(parseKept(text)).toEqual([]);
  });

  it("a new one stands first, a known one changes in its place, and the oldest of too many is forgotten", () => {
    const two = withSent(withSent([], entry("0x01")), entry("0x02"));
    expect(two.map(({ id }) => id)).toEqual(["0x02", "0x01"]);
    expect(withSent(two, entry("0x01", { state: "mined" })).map(({ state }) => state)).toEqual(["waiting", "mined"]);
    let many: readonly Sent[] = [];
    for (let i = 0; i < 40; i += 1) many = withSent(many, entry(`0x${i}`));
    expect([many.length, many[0]?.id, many.at(-1)?.id]).toEqual([30, "0x39", "0x10"]);
  });

  it("each part of the page shows its own, of the account and the chain that are looked at", () => {
    const all = [entry("0x01"), entry("0x02", { topic: "run" }), entry("0x03", { chainId: "1" })];
    const ids = (topic: string, account: typeof ACCOUNT | null) =>
      sentOf(all, { topic, chainId: "31337", account }).map(({ id }) => id);
    expect([ids("stake", ACCOUNT), ids("run", ACCOUNT), ids("stake", null)]).toEqual([["0x01"], ["0x02"], []]);
  });
});
