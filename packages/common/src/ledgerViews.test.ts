import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childRanges, commonPrefix, hashOfEntries, RANGE_ENTRIES_MAX, rangesOf } from "./ledgerViews.ts";
import type { RewardsEntry } from "./rewardsTree.ts";
import type { Address } from "./types.ts";

const addressOf = (value: bigint): Address => `0x${value.toString(16).padStart(40, "0")}`;
/** Some close together, some far apart. */
const value = fc.oneof(fc.bigInt(0n, 500n), fc.bigInt(0n, 2n ** 160n - 1n));
const entries = fc
  .uniqueArray(value, { minLength: 150, maxLength: 300, size: "max" })
  .map((values) => values.map(addressOf).sort())
  .map((sorted) => sorted.map((recipient, i): RewardsEntry => [recipient, BigInt(i) + 1n]));

describe("ranges of recipients", () => {
  it("property: going down from everybody reaches each recipient once; a hash is that of all below it", () => {
    let deepest = 0;
    fc.assert(
      fc.property(entries, (sorted) => {
        const below = (prefix: string, depth: number): RewardsEntry[] => {
          deepest = Math.max(deepest, depth);
          const page = rangesOf(7, sorted, prefix);
          if (page.entries !== null) {
            expect(page.entries.length).toBeLessThanOrEqual(RANGE_ENTRIES_MAX);
            return page.entries.map(({ recipient, amount }): RewardsEntry => [recipient, amount]);
          }
          return page.ranges.flatMap((range) => {
            const found = below(range.prefix, depth + 1);
            expect(range).toMatchObject({ count: found.length, hash: hashOfEntries(found) });
            return found;
          });
        };
        expect(below("", 0)).toEqual(sorted);
      }),
      { numRuns: 30 },
    );
    expect(deepest).toBeGreaterThan(1);
    expect(deepest).toBeLessThan(6);
  });

  it("one changed amount changes the hash of its own part alone", () => {
    const sorted = Array.from({ length: 100 }, (_, i): RewardsEntry => [addressOf(BigInt(i) << 150n), 5n]);
    const changed = sorted.map(([recipient, amount], i): RewardsEntry => [recipient, i === 70 ? 6n : amount]);
    const [one, other] = [childRanges(sorted, ""), childRanges(changed, "")];
    const differing = one.filter(({ hash }, i) => hash !== other[i]?.hash);
    expect(differing).toHaveLength(1);
    expect(
      addressOf(70n << 150n)
        .slice(2)
        .startsWith(differing[0]?.prefix as string),
    ).toBe(true);
  });

  it("nobody has no parts, and shared digits end where the texts do", () => {
    expect(rangesOf(0, [], "")).toEqual({ epoch: 0, prefix: "", ranges: [], entries: [] });
    expect([commonPrefix("abc", "abd"), commonPrefix("ab", "ab"), commonPrefix("", "a")]).toEqual(["ab", "ab", ""]);
  });
});
