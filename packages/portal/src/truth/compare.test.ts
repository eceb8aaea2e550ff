import { describe, expect, it } from "vitest";
import { compareSaid, heldByChain, type Said, wholeKey } from "./compare.ts";

interface Earned {
  readonly epoch: number;
  readonly amount: bigint;
}

const how = { keyOf: wholeKey, momentOf: ({ epoch }: Earned) => epoch };
const say = (url: string, epoch: number, amount: bigint): Said<Earned> => ({ url, value: { epoch, amount } });

describe("answers of several agents", () => {
  it("what most say is the value, and who says otherwise of the same epoch is named", () => {
    const compared = compareSaid([say("a", 5, 9n), say("b", 5, 10n), say("c", 5, 10n)], how);
    expect(compared).toMatchObject({ value: { amount: 10n }, belief: { by: "agents", count: 2 }, by: ["b", "c"] });
    expect(compared?.against).toEqual([say("a", 5, 9n)]);
    expect(compared?.elsewhen).toEqual([]);
  });

  it("an answer of another epoch contradicts nobody, and one alone does not win by a higher epoch", () => {
    const compared = compareSaid([say("liar", 900, 1n), say("b", 5, 10n), say("c", 5, 10n)], how);
    expect(compared).toMatchObject({ value: { epoch: 5 }, against: [], elsewhen: [say("liar", 900, 1n)] });
  });

  it("of answers that are one each, the newest counts, as one agent's word", () => {
    const compared = compareSaid([say("a", 5, 9n), say("b", 6, 10n)], how);
    expect(compared).toMatchObject({ value: { epoch: 6 }, belief: { by: "agents", count: 1 }, by: ["b"] });
  });

  it("nobody's answer is no answer", () => {
    expect(compareSaid<Earned>([], how)).toBeNull();
  });

  it("amounts beyond 2^53 that differ by one atomic unit differ", () => {
    const large = 9_007_199_254_740_993n;
    expect(compareSaid([say("a", 1, large), say("b", 1, large - 1n)], how)?.against).toHaveLength(1);
  });

  it("the chain's value stands, whatever agents say, and names those that say otherwise", () => {
    const compared = compareSaid([say("a", 5, 9n), say("b", 5, 9n), say("c", 5, 10n)], how);
    const held = heldByChain({ epoch: 5, amount: 10n }, compared, how);
    expect(held).toMatchObject({ value: { amount: 10n }, belief: { by: "chain" }, by: ["c"] });
    expect(held.against.map(({ url }) => url)).toEqual(["a", "b"]);
  });
});
