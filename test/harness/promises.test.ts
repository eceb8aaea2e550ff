/** The checker of the kill tests finds what it is for. */
import type { RoundKey } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { Promises, type SeenShare } from "./promises.ts";
import type { StoreContent } from "./storeFile.ts";

const ROUND: RoundKey = `RewardClaim:4:0x${"aa".repeat(20)}`;
const EARLIER: RoundKey = `RewardClaim:3:0x${"aa".repeat(20)}`;
const DIGEST = `0x${"01".repeat(32)}` as const;
const OTHER = `0x${"02".repeat(32)}` as const;
const SHARE: SeenShare = { nodeId: 1, round: ROUND, digest: DIGEST, amount: 5n, signature: Uint8Array.of(1, 2) };

function store(content: Partial<StoreContent> = {}): StoreContent {
  return {
    signings: new Map([[ROUND, { digest: DIGEST, amount: 5n }]]),
    digests: new Map(),
    claims: new Set([ROUND]),
    bundles: new Set([ROUND]),
    firstEpoch: 0,
    ...content,
  };
}

/** A node that published a share, took a claim and served its bundle, all of it in its store when it died. */
function kept(): Promises {
  const promises = new Promises();
  promises.sawShare(SHARE);
  promises.tookClaim(1, ROUND, SHARE);
  promises.servedBundle(1, ROUND);
  promises.atDeath(1, store());
  return promises;
}

describe("the checker of the kill tests", () => {
  it("finds nothing where all is kept, and lets claims leave the window", () => {
    const promises = kept();
    promises.sawShare(SHARE);
    promises.gaveAgain(1, SHARE, SHARE.signature);
    promises.atDeath(1, store({ claims: new Set(), firstEpoch: 5 }));
    expect(promises.violations).toEqual([]);
    expect(promises.counts).toEqual({ rounds: 1, shares: 1, signings: 1, acceptedClaims: 0, bundles: 1 });
  });

  it.each<[string, (promises: Promises) => void, string]>([
    ["two digests", (p) => p.sawShare({ ...SHARE, digest: OTHER }), "two digests"],
    ["other bytes for the same digest", (p) => p.sawShare({ ...SHARE, signature: Uint8Array.of(9) }), "other bytes"],
    ["other bytes after a restart", (p) => p.gaveAgain(1, SHARE, Uint8Array.of(9)), "after its restart 0x09"],
    ["no share after a restart", (p) => p.gaveAgain(1, SHARE, null), "after its restart no share"],
    ["a signing that is gone", (p) => p.atDeath(1, store({ signings: new Map() })), "its store has undefined"],
    ["a claim that is gone", (p) => p.atDeath(1, store({ claims: new Set() })), "no such claim"],
    ["a claim that is unknown", (p) => p.lost(1, ROUND, "after its restart it says 404"), "it says 404"],
    ["a bundle that is gone", (p) => p.atDeath(1, store({ bundles: new Set() })), "no such bundle"],
    ["an amount of its own", (p) => p.tookClaim(2, ROUND, { digest: OTHER, amount: 6n }), "others for 5"],
    [
      "an amount that fell",
      (p) =>
        p.atDeath(2, store({ signings: new Map([...store().signings, [EARLIER, { digest: OTHER, amount: 9n }]]) })),
      "less than 9 of epoch 3",
    ],
  ])("finds %s", (_what, breakIt, words) => {
    const promises = kept();
    breakIt(promises);
    expect(promises.violations.join()).toContain(words);
  });

  it("finds a share of an unrecorded digest", () => {
    const promises = new Promises();
    promises.sawShare(SHARE);
    promises.atDeath(1, store({ signings: new Map() }));
    expect(promises.violations).toEqual([
      `node 1 published a share over ${DIGEST} for ${ROUND}; its store has undefined`,
    ]);
  });
});
