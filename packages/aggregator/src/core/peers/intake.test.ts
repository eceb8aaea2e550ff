import { digestOf, encodeCatchUpResponse, encodeGossip, encodeInquiryRequest, type Share } from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import {
  DOMAIN,
  headAfter,
  makeRequest,
  makeShare,
  requestBytes,
  scheme,
  shareBytes,
  TestAgent,
  testNode,
} from "../../../test/support/cluster.ts";
import { ALL, boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import { UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { requestBudget } from "./requestCost.ts";

/** What every agent's ledger says the staker is owed at the close of epoch 2. */
let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

describe("bad shares", () => {
  const cases: { name: string; share: () => Parameters<typeof makeShare>[1]; verdict: string; code: string }[] = [
    {
      name: "a bad signature",
      share: () => ({ recipient: STAKER, epoch: 2, amount, secret: node(9).blsSecret }),
      verdict: "reject",
      code: "SHARE_BAD_SIGNATURE",
    },
    {
      name: "a signature under another's index",
      share: () => ({ recipient: STAKER, epoch: 2, amount, id: 7 }),
      verdict: "reject",
      code: "SHARE_BAD_SIGNATURE",
    },
    {
      name: "a share of an unregistered node",
      share: () => ({ recipient: STAKER, epoch: 2, amount, id: 99 }),
      verdict: "ignore",
      code: "SHARE_UNKNOWN_NODE",
    },
    {
      name: "an identity point",
      share: () => ({ recipient: STAKER, epoch: 2, amount, signature: new Uint8Array(192) }),
      verdict: "reject",
      code: "SHARE_BAD_SIGNATURE",
    },
    {
      name: "a point off the curve",
      share: () => ({ recipient: STAKER, epoch: 2, amount, signature: new Uint8Array(192).fill(1) }),
      verdict: "reject",
      code: "SHARE_BAD_SIGNATURE",
    },
    {
      name: "a share of an epoch long past",
      share: () => ({ recipient: STAKER, epoch: 0, amount }),
      verdict: "ignore",
      code: "EPOCH_TOO_OLD",
    },
  ];
  for (const { name, share, verdict, code } of cases) {
    it(`error: ${name} (P-83)`, async () => {
      const agent = await boot(1, 8);
      const claimed = share();
      const owed = agent.core.owed(STAKER)?.amount ?? 0n;
      const epoch = claimed.epoch === 2 ? 7 : claimed.epoch;
      expect(await agent.gossip(shareBytes(makeShare(node(5), { ...claimed, epoch, amount: owed })))).toMatchObject({
        verdict,
        code,
      });
      expect(agent.core.status().sharesAccepted).toBe(0);
    });
  }

  it("error: a signature of another length (P-82)", async () => {
    const agent = await boot(1);
    const whole = shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount }));
    expect(await agent.gossip(whole.slice(0, -1))).toMatchObject({ verdict: "reject" });
    expect(await agent.gossip(new Uint8Array())).toMatchObject({ verdict: "reject" });
    expect(await agent.gossip(new Uint8Array(2_000))).toMatchObject({ verdict: "reject", code: "WIRE_TOO_LARGE" });
  });

  it("blames the forwarder of a bad share, not the node it names (P-83)", async () => {
    const agent = await boot(1);
    await agent.gossip(
      shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount, id: 7 })),
      node(3).identityKey,
    );
    const blamed = agent.effects.flatMap((effect) => (effect.type === "blame" ? [effect.peer] : []));
    expect(blamed).toEqual([node(3).identityKey]);
  });

  it("a fake under an honest index does not crowd out the honest share, whatever comes first", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    const honest = shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount }));
    const fake = shareBytes(makeShare(node(5), { recipient: STAKER, epoch: 2, amount, id: 7 }));
    expect((await agent.gossip(fake)).verdict).toBe("reject");
    expect((await agent.gossip(honest)).verdict).toBe("accept");
    expect((await agent.gossip(fake)).verdict).toBe("reject");
    expect(agent.claim(STAKER)?.signers).toEqual([1, 7]);
  });

  it("a replayed share is accepted again and counted once", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    const share = shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount }));
    await agent.gossip(share);
    expect((await agent.gossip(share)).verdict).toBe("accept");
    expect(agent.core.status().sharesAccepted).toBe(1);
    // The same signature under another epoch is the same claim: valid there only if the ledger says the same amount.
    const replayed = makeShare(node(7), { recipient: STAKER, epoch: 1, amount });
    await agent.gossip(shareBytes(replayed));
    await agent.ask(STAKER, 1);
    expect(agent.claim(STAKER, 1)?.signers).toEqual([1]);
    expect(agent.claim(STAKER, 1)?.disagreements).toEqual([{ nodeId: 7, amount }]);
  });

  it("a share over another amount is forwarded and shown as a disagreement, never added (P-84)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    expect(
      (await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount: amount + 1n }))))
        .verdict,
    ).toBe("accept");
    expect(agent.claim(STAKER)).toMatchObject({ signers: [1], disagreements: [{ nodeId: 7, amount: amount + 1n }] });
    expect(agent.core.status().disagreements).toBe(1);
    // Its right share still counts.
    await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)?.signers).toEqual([1, 7]);
  });

  it("what an honest node signed for other epochs, replayed under this one, does not keep its share out (P-84)", async () => {
    for (const healthy of [true, false]) {
      const agent = await boot(1, 5);
      const owed = agent.core.owed(STAKER)?.amount ?? 0n;
      if (healthy) await agent.ask(STAKER);
      else await agent.feed({ type: "chain-health", health: { healthy, code: "CHAIN_PROVIDER_FAILED", detail: "" } });
      // The digest does not bind the epoch: these are valid signatures, and anyone who has them can send them as this
      // epoch's.
      for (const old of [owed - 3n, owed - 2n, owed - 1n])
        await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 4, amount: old })));
      const honest = shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 4, amount: owed }));
      expect(await agent.gossip(honest)).toMatchObject({ verdict: "accept", code: "OK" });
      await agent.feed({ type: "chain-health", health: { healthy: true } });
      await agent.ask(STAKER);
      expect(agent.claim(STAKER)?.signers).toEqual([1, 7]);
      expect(agent.claim(STAKER)?.disagreements).toHaveLength(2);
    }
  });

  it("two forgeries that cancel in a plain sum are both refused (P-6)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    const a = makeShare(node(5), { recipient: STAKER, epoch: 2, amount, id: 7 });
    const b = makeShare(node(7), { recipient: STAKER, epoch: 2, amount, id: 5 });
    const responses = encodeBoth(a, b);
    await agent.feed({ type: "catch-up-answered", from: node(3).identityKey, data: responses });
    expect(agent.claim(STAKER)?.signers).toEqual([1]);
    expect(agent.core.status().sharesRejected).toBe(2);
  });
});

describe("what one node may send", () => {
  it("signing ever other amounts keeps two: the rest is ignored and costs no check (P-88)", async () => {
    const agent = await boot(1);
    const verdicts = [];
    for (const wrong of [amount + 1n, amount + 2n, amount + 3n]) {
      verdicts.push(await agent.gossip(shareBytes(makeShare(node(7), { recipient: STAKER, epoch: 2, amount: wrong }))));
    }
    expect(verdicts.map(({ code }) => code)).toEqual(["OK", "OK", "SHARE_TOO_MANY_MESSAGES"]);
    expect(verdicts[2]?.verdict).toBe("ignore");
  });

  it("takes another node's contest, and signs none itself while it is active (P-76)", async () => {
    const agent = await boot(1);
    const message = { epoch: 3 };
    const signature = scheme.sign(node(7).blsSecret, digestOf(DOMAIN, "Contest", message));
    const share: Share = { kind: "Contest", nodeId: 7, epoch: 3, message, signature };
    expect(await agent.gossip(shareBytes(share))).toMatchObject({ verdict: "accept", code: "OK" });
    expect(agent.records.filter(({ type }) => type === "signing")).toEqual([]);
  });

  it("rounds opened by shares alone end at the node's own budget (P-88)", async () => {
    const agent = await boot(1);
    const codes = [];
    for (let i = 0; i <= UNWANTED_ROUNDS_PER_NODE_MAX; i++) {
      const recipient: `0x${string}` = `0x${(5_000 + i).toString(16).padStart(40, "0")}`;
      codes.push((await agent.gossip(shareBytes(makeShare(node(7), { recipient, epoch: 2, amount: 1n })))).code);
    }
    expect(codes.slice(0, -1).every((code) => code === "OK")).toBe(true);
    expect(codes.at(-1)).toBe("BUDGET_EXCEEDED");
  });
});

describe("requests", () => {
  it("error: one of an unregistered node is ignored: it may be in a block not read yet (P-72)", async () => {
    const agent = await boot(2);
    const request = makeRequest(testNode(40), STAKER, 2);
    expect(await agent.gossip(requestBytes(request))).toMatchObject({
      verdict: "ignore",
      code: "REQUEST_UNKNOWN_NODE",
    });
  });

  it("error: one signed by another identity is rejected", async () => {
    const agent = await boot(2);
    const forged = { ...makeRequest(node(3), STAKER, 2), nodeId: 4 };
    expect(await agent.gossip(encodeGossip({ type: "request", request: forged }))).toMatchObject({
      verdict: "reject",
      code: "IDENTITY_BAD_SIGNATURE",
    });
  });

  it("an origin beyond its budget is ignored, others are heard (P-74)", async () => {
    const agent = await boot(2);
    // A request that is known already costs its origin nothing, however often catch-up brings it.
    const asked = [];
    for (let i = 0; i < 260; i++) {
      const of = node((i % 20) + 1);
      asked.push((await agent.gossip(requestBytes(makeRequest(node(3), of.beneficiary, 2)))).verdict);
    }
    expect(new Set(asked)).toEqual(new Set(["accept"]));
    const strangers = new TestAgent(node(2));
    await strangers.boot(ALL, 1);
    let ignored = 0;
    for (let i = 0; i < 300; i++) {
      const recipient: `0x${string}` = `0x${(1_000 + i).toString(16).padStart(40, "0")}`;
      if ((await strangers.gossip(requestBytes(makeRequest(node(3), recipient, 1)))).code === "BUDGET_EXCEEDED")
        ignored += 1;
    }
    expect(ignored).toBe(300 - requestBudget({ nodes: 20, bits: 0 }).burst);
    expect((await strangers.gossip(requestBytes(makeRequest(node(4), STAKER, 1)))).verdict).toBe("accept");
  });

  it("what an origin asked for, sent again and again by others, is ignored and costs it nothing (P-74)", async () => {
    const agent = await boot(2);
    await agent.gossip(requestBytes(makeRequest(node(4), STAKER, 1)));
    // Not the request that opened the round: that one is kept, and known by its bytes.
    const second = makeRequest(node(3), STAKER, 1);
    expect((await agent.gossip(requestBytes(second))).verdict).toBe("accept");
    for (let i = 0; i < 300; i++) {
      const data = encodeInquiryRequest(second);
      await agent.feed({ type: "inquiry-asked", handle: i, from: node(9).identityKey, data });
    }
    expect(await agent.gossip(requestBytes(second))).toMatchObject({ verdict: "ignore", code: "REQUEST_REPEATED" });
    expect((await agent.gossip(requestBytes(makeRequest(node(3), node(6).beneficiary, 1)))).verdict).toBe("accept");
  });

  it("others that send an agent's own requests back do not use up what its stakers need (P-74)", async () => {
    const agent = await boot(2);
    await agent.gossip(requestBytes(makeRequest(node(4), STAKER, 1)));
    expect((await agent.ask(STAKER, 1)).reply.ok).toBe(true);
    const own = encodeInquiryRequest(makeRequest(node(2), STAKER, 1));
    for (let i = 0; i < 300; i++)
      await agent.feed({ type: "inquiry-asked", handle: i, from: node(9).identityKey, data: own });
    expect((await agent.ask(node(6).beneficiary, 1)).reply.ok).toBe(true);
  });

  it("a recipient who is owed nothing gets no round, now or when a held epoch closes (P-88)", async () => {
    const agent = await boot(2);
    const nobody: `0x${string}` = `0x${"99".repeat(20)}`;
    expect(await agent.gossip(requestBytes(makeRequest(node(3), nobody, 2)))).toMatchObject({
      verdict: "ignore",
      code: "NO_REWARDS",
    });
    const before = agent.core.status().rounds;
    expect((await agent.gossip(requestBytes(makeRequest(node(3), nobody, 3)))).verdict).toBe("accept");
    expect(agent.core.status().rounds).toBe(before + 1);
    await agent.feed({ type: "chain", events: [], head: headAfter(4) });
    // The epoch's report and the next one's contests have rounds of their own now (P-75, P-76).
    expect(agent.core.status().rounds).toBe(before + 2);
  });

  it("an epoch far ahead is ignored, not held and not rejected (P-72)", async () => {
    const agent = await boot(2);
    expect(await agent.gossip(requestBytes(makeRequest(node(3), STAKER, 5)))).toMatchObject({
      verdict: "ignore",
      code: "EPOCH_TOO_FAR",
    });
    const share = makeShare(node(3), { recipient: STAKER, epoch: 5, amount });
    expect(await agent.gossip(shareBytes(share))).toMatchObject({ verdict: "ignore", code: "EPOCH_TOO_FAR" });
  });

  it("a refusal is a value with a code: no rewards, epoch open, epoch too old", async () => {
    const agent = await boot(1, 8);
    const refusal = async (recipient: `0x${string}`, epoch: number | null) => {
      const { reply } = await agent.ask(recipient, epoch);
      return reply.ok ? "accepted" : reply.refusal.code;
    };
    expect(await refusal(`0x${"99".repeat(20)}`, null)).toBe("NO_REWARDS");
    expect(await refusal(STAKER, 8)).toBe("EPOCH_NOT_CLOSED");
    expect(await refusal(STAKER, 2)).toBe("EPOCH_TOO_OLD");
    expect(await refusal(STAKER, 3)).toBe("accepted");
  });
});

/** Shares 5 and 7 with their signatures exchanged: each is bad, their sum is good. */
function encodeBoth(a: ReturnType<typeof makeShare>, b: ReturnType<typeof makeShare>): Uint8Array {
  expect(scheme.name).toContain("blst");
  return encodeCatchUpResponse({ requests: [], shares: [a, b], partials: [], differs: false });
}
