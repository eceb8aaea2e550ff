/** The checkers of chaos runs find what they are for. */
import type { Address, Bundle, Hex, RoundKey } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { checkClaims, checkHealed, checkPaid, RECOVERY_MS, SignedOnce } from "./checks.ts";
import type { Happened } from "./injector.ts";
import type { Claim } from "./stakers.ts";

const ALICE: Address = `0x${"aa".repeat(20)}`;
const ROUND: RoundKey = `RewardClaim:4:${ALICE}`;
const LATER: RoundKey = `RewardClaim:5:${ALICE}`;
const [ONE, OTHER] = [`0x${"01".repeat(32)}`, `0x${"02".repeat(32)}`] as const;
const NODES = 5;

const CLAIM: Claim = {
  ...{ asker: 1, recipient: ALICE, askedAtMs: 100_000, epoch: 4, amount: 5n, end: "ready", endedAtMs: 101_000 },
  ...{ code: null, missing: [], reasons: [], isAfter: false },
};
const FAILED: Claim = { ...CLAIM, end: "failed", endedAtMs: 140_000, missing: [3] };

function killed(node: number, fromMs: number, toMs: number): Happened {
  return { fault: { kind: "kill", node, atMs: fromMs, forMs: toMs - fromMs }, fromMs, toMs };
}

describe("claims are paid or explained", () => {
  it("ready, refused, unanswered and gone ones, and a failed one whose missing node had been killed", () => {
    const claims: Claim[] = [CLAIM, { ...CLAIM, end: "refused", code: "CLAIM_QUEUE_FULL" }, FAILED];
    expect(checkClaims(claims, [killed(3, 120_000, 121_000)], [], NODES)).toEqual([]);
    expect(checkClaims([FAILED], [killed(1, 120_000, 121_000)], [], NODES)).toEqual([]);
  });

  it.each<[string, Claim, Happened[], string]>([
    ["nothing happened to the missing node", FAILED, [killed(2, 120_000, 121_000)], "without 3"],
    ["what happened was long before", FAILED, [killed(3, 0, 100_000 - RECOVERY_MS - 1)], "without 3"],
    ["what happened came later", FAILED, [killed(3, 140_001, 141_000)], "without 3"],
    ["it names nobody", { ...FAILED, missing: [] }, [killed(3, 120_000, 121_000)], "failed without"],
    ["it never ended", { ...CLAIM, end: "open", endedAtMs: null }, [], "has not ended"],
  ])("finds that %s", (_what, claim, happened, words) => {
    expect(checkClaims([claim], happened, [], NODES).join()).toContain(words);
  });

  it("an agent that said it was not ready explains it too, while it lasts", () => {
    const notReady = { id: 3, atMs: 110_000, why: "silent" };
    expect(checkClaims([FAILED], [], [notReady], NODES)).toEqual([]);
    expect(checkClaims([FAILED], [], [{ ...notReady, atMs: 140_001 }], NODES)).toHaveLength(1);
    expect(checkClaims([FAILED], [], [{ ...notReady, id: 2 }], NODES)).toHaveLength(1);
  });

  it("after healing the last claim of each staker must be ready, whatever those before it were", () => {
    const after = { ...CLAIM, isAfter: true };
    expect(checkHealed([{ ...FAILED, isAfter: true }, after], [ALICE])).toEqual([]);
    expect(checkHealed([after, { ...FAILED, isAfter: true }], [ALICE]).join()).toContain(
      "2 times after all had healed",
    );
    expect(checkHealed([CLAIM], [ALICE])).toHaveLength(1);
  });

  it("a partition explains those it cut off, and a one-way cut whom it names", () => {
    const times = { fromMs: 110_000, toMs: 120_000 };
    const timed = { atMs: 0, forMs: 10_000 };
    const parted: Happened = { ...times, fault: { ...timed, kind: "partition", nodes: [4, 5] } };
    const oneWay: Happened = { ...times, fault: { ...timed, kind: "oneWay", nodes: [2], to: [3] } };
    expect(checkClaims([FAILED], [parted], [], NODES)).toHaveLength(1);
    expect(checkClaims([{ ...FAILED, missing: [4, 5] }], [parted], [], NODES)).toEqual([]);
    expect(checkClaims([FAILED], [oneWay], [], NODES)).toEqual([]);
    expect(checkClaims([{ ...FAILED, missing: [4] }], [oneWay], [], NODES)).toHaveLength(1);
  });
});

describe("what is signed is paid once", () => {
  const bundles = [3n, 7n, 7n].map((amount) => ({ recipient: ALICE, amount, error: null }));
  const facts = (raised: bigint[], paid: bigint[], balance: bigint) => ({
    raised: new Map([[ALICE, raised]]),
    paid: new Map([[ALICE, paid]]),
    balances: new Map([[ALICE, balance]]),
  });

  it("in steps up to the highest amount, or at once", () => {
    expect(checkPaid(bundles, facts([3n, 7n], [3n, 4n], 7n))).toEqual([]);
    expect(checkPaid(bundles, facts([7n], [7n], 7n))).toEqual([]);
    expect(checkPaid([], facts([], [], 0n))).toEqual([]);
  });

  it.each<[string, bigint[], bigint[], bigint, string]>([
    ["paid twice", [3n, 7n], [3n, 4n, 4n], 11n, "was paid 11"],
    ["not paid", [3n], [3n], 3n, "signed were 7"],
    ["more in the account than was paid", [7n], [7n], 8n, "has 8"],
    ["raised twice to the same", [7n, 7n], [7n], 7n, "did not rise"],
    ["raised to what nobody signed", [5n, 7n], [5n, 2n], 7n, "in no bundle"],
  ])("finds what was %s", (_what, raised, paid, balance, words) => {
    expect(checkPaid(bundles, facts(raised, paid, balance)).join()).toContain(words);
  });
});

describe("nothing is signed twice in conflict (P-71)", () => {
  const bundle = { epoch: 4, digest: ONE } as unknown as Bundle;

  it("the same record at every death, and more", () => {
    const signed = new SignedOnce();
    signed.saw(1, new Map([[ROUND, ONE]]));
    signed.saw(
      1,
      new Map<RoundKey, Hex>([
        [ROUND, ONE],
        [LATER, OTHER],
      ]),
    );
    signed.checkBundle(ALICE, bundle, [1]);
    expect(signed.violations).toEqual([]);
    expect(signed.count).toBe(2);
  });

  it("finds another digest, a lost record, and a signer that recorded nothing or something else", () => {
    const signed = new SignedOnce();
    signed.saw(1, new Map([[ROUND, ONE]]));
    signed.saw(1, new Map([[ROUND, OTHER]]));
    expect(signed.violations.splice(0).join()).toContain("node 1 signed");
    signed.checkBundle(ALICE, bundle, [1, 2]);
    expect(signed.violations.splice(0)).toHaveLength(2);
    signed.saw(1, new Map());
    expect(signed.violations.join()).toContain("lost its record");
  });
});
