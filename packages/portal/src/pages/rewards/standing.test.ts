import { describe, expect, it } from "vitest";
import { laterOf, partOf, payableOf, type Rewards } from "./rewards.ts";
import { ChainClock } from "./schedule.ts";
import { type Sender, standingOf } from "./standing.ts";

const recipient = `0x${"aa".repeat(20)}` as const;
const OWN: Sender = { account: recipient, chainId: 31_337n };
const COST = { gas: 1n, gasPriceWei: 1n, costWei: 1n, maxCostWei: 2n, balanceWei: 2n, suffices: true };

interface Facts {
  readonly how?: "proof" | "bundle" | "recorded" | "nothing";
  readonly payable?: bigint;
  readonly paid?: bigint;
  readonly earned?: bigint;
  readonly agents?: number;
  readonly left?: bigint;
  readonly block?: number;
  readonly finalised?: number;
  readonly refusal?: string;
}

function rewardsWith(facts: Facts = {}): Rewards {
  const { how = "proof", payable = 10n, paid = 5n, earned = 15n, agents = 2, left = 100n, block = 50 } = facts;
  const refusal = facts.refusal === undefined ? null : { error: facts.refusal, meaning: null };
  const proof = how === "proof" ? { epoch: 3, agent: "http://a" } : null;
  const balance = {
    recipient,
    earned: null,
    recorded: paid,
    paid,
    payable,
    payableNow: payable,
    how,
    why: "",
    refusal,
  };
  const limit = { limit: 100n, left, cycleSeconds: 60, resetsAt: 120 };
  const compared = { value: { epoch: 3, amount: earned }, belief: { by: "agents", count: agents } as const };
  return {
    recipient,
    earned: { value: { ...compared, by: ["http://a"], against: [], elsewhen: [], silent: [] } },
    told: { value: { schedule: null, finalised: facts.finalised ?? 48, clock: null } },
    chain: { value: { balance: { ...balance, proof }, limit, blockNumber: block, clock: new ChainClock(100) } },
  };
}

const kindOf = (facts: Facts, sender: Sender | null = OWN, cost: typeof COST | null = COST) =>
  standingOf(rewardsWith(facts), sender, "31337", cost).kind;

describe("what stands in the way of a claim", () => {
  it("nothing: the button is there", () => {
    expect(kindOf({})).toBe("ready");
    expect(kindOf({}, OWN, null)).toBe("ready");
  });

  it("P-29: the limit of the cycle, with when it resets", () => {
    const standing = standingOf(rewardsWith({ left: 9n, refusal: "ClaimLimitExceeded(10, 9)" }), OWN, "31337", COST);
    expect(standing).toMatchObject({ kind: "limit", pays: 10n, limit: { left: 9n, resetsAt: 120 } });
  });

  it("P-29, P-147: of what the limit leaves a part can be claimed, if nothing else stands in its way", () => {
    const part = (facts: Facts, sender: Sender | null = OWN) => {
      const standing = standingOf(rewardsWith(facts), sender, "31337", COST);
      return standing.kind === "limit" ? standing.part?.kind : standing;
    };
    expect(part({ left: 9n, refusal: "ClaimLimitExceeded(10, 9)" })).toBe("ready");
    expect(part({ left: 9n, refusal: "EnforcedPause(1)" })).toBe("refused");
    expect(part({ left: 9n }, null)).toBe("no-wallet");
    expect(part({ left: 0n, refusal: "ClaimLimitExceeded(10, 0)" })).toBeUndefined();
    expect(partOf(rewardsWith({ left: 9n }))).toBe(9n);
    expect(partOf(rewardsWith({ left: 10n }))).toBeNull();
    expect(partOf(rewardsWith({ left: 0n }))).toBeNull();
  });

  it("each in its order: provider, amount, contract, wallet, account, chain, gas", () => {
    expect(standingOf({ ...rewardsWith(), chain: null }, OWN, "31337", null).kind).toBe("no-chain");
    expect(standingOf({ ...rewardsWith(), chain: { error: "x" } }, OWN, "31337", null).kind).toBe("chain-failed");
    expect(kindOf({ block: 40, finalised: 48 })).toBe("behind");
    expect(kindOf({ how: "nothing", payable: 0n })).toBe("nothing");
    expect(kindOf({ refusal: "EnforcedPause(1)" })).toBe("refused");
    expect(kindOf({}, null)).toBe("no-wallet");
    expect(kindOf({}, { ...OWN, account: `0x${"bb".repeat(20)}` })).toBe("not-yours");
    expect(kindOf({}, { ...OWN, chainId: 1n })).toBe("wrong-chain");
    expect(kindOf({}, OWN, { ...COST, balanceWei: 1n, suffices: false })).toBe("no-gas");
  });
});

describe("how far an amount is believed", () => {
  it("what a proof or the chain pays was checked by the page; what has to be signed is the agents' word", () => {
    expect(payableOf(rewardsWith())).toEqual({ amount: 10n, belief: { by: "chain" } });
    expect(payableOf(rewardsWith({ how: "bundle" }))).toEqual({ amount: 10n, belief: { by: "agents", count: 2 } });
    expect(payableOf(rewardsWith({ how: "bundle", agents: 1 }))?.belief).toEqual({ by: "agents", count: 1 });
    expect(payableOf({ ...rewardsWith(), chain: null })).toBeNull();
  });

  it("what was earned after the proof's epoch is told beside it, and never below nothing", () => {
    expect(laterOf(rewardsWith({ earned: 18n }))).toBe(3n);
    expect(laterOf(rewardsWith({ earned: 12n }))).toBe(0n);
  });
});
