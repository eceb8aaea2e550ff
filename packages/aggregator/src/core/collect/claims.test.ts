import {
  type Address,
  decodeGossip,
  digestOf,
  encodeCatchUpResponse,
  hasMoneyQuorum,
  Signers,
  stakeSigned,
  toHex,
} from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import {
  DOMAIN,
  headAfter,
  makeRequest,
  makeShare,
  NOTHING_RESTORED,
  published,
  publishedShares,
  requestBytes,
  shareBytes,
  TestAgent,
  testNode,
} from "../../../test/support/cluster.ts";
import { ledgerOf } from "../../../test/support/ledgerDisk.ts";
import { ALL, boot, node, owedToStaker, PENDING, STAKER } from "../../../test/support/twenty.ts";
import type { Agent, SigningRecord } from "../io.ts";
import { claimRound } from "../kinds/rewardClaim.ts";
import type { ChainEvent, ContributorView } from "../ledger/events.ts";
import { CLAIMS_MAX, ROUNDS_MAX } from "../limits.ts";

/** What every agent's ledger says the staker is owed at the close of epoch 2. */
let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

/** What an agent has recorded for epoch 2. */
function signingOf(recipient: Address, over: bigint): SigningRecord {
  const message = { recipient, amount: over };
  const digest = toHex(digestOf(DOMAIN, "RewardClaim", message));
  return { id: claimRound(recipient, 2), digest, signed: { kind: "RewardClaim", message } };
}

describe("a claim among honest agents", () => {
  it("signs its own amount once a registered node has asked (P-70)", async () => {
    const agent = await boot(2);
    const effects = await agent.feed({
      type: "gossip",
      handle: 1,
      from: "0xfe",
      data: requestBytes(makeRequest(node(1), STAKER, 2)),
    });
    expect(publishedShares(effects)).toMatchObject([{ nodeId: 2, message: { recipient: STAKER, amount } }]);
  });

  it("records what it signs before it signs, and signs before it publishes (P-71)", async () => {
    const agent = await boot(2);
    const effects = await agent.feed({
      type: "gossip",
      handle: 1,
      from: "0xfe",
      data: requestBytes(makeRequest(node(1), STAKER, 2)),
    });
    const order = effects.map((effect) => effect.type).filter((type) => ["persist", "sign", "publish"].includes(type));
    expect(order).toEqual(["persist", "sign", "publish"]);
  });

  it("a second request for the same round signs nothing new", async () => {
    const agent = await boot(2);
    await agent.gossip(requestBytes(makeRequest(node(1), STAKER, 2)));
    const effects = await agent.feed({
      type: "gossip",
      handle: 9,
      from: "0xfe",
      data: requestBytes(makeRequest(node(3), STAKER, 2)),
    });
    expect(effects.filter(({ type }) => type === "sign" || type === "publish")).toEqual([]);
    expect(effects).toContainEqual({ type: "verdict", handle: 9, verdict: "accept", code: "OK" });
  });

  it("serves a bundle exactly when 95% of the stake has signed (P-86)", async () => {
    const agent = await boot(1);
    const { reply } = await agent.ask(STAKER);
    expect(reply.ok && reply.claim.status).toBe("collecting");
    for (let id = 2; id <= 18; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)?.status).toBe("collecting");
    expect(agent.claim(STAKER)?.signedBps).toBe(9_000);
    expect(agent.claim(STAKER)?.bundle).toBeNull();
    await agent.gossip(shareBytes(makeShare(node(19), { recipient: STAKER, epoch: 2, amount })));
    const claim = agent.claim(STAKER);
    expect(claim?.status).toBe("ready");
    expect(claim?.missing).toEqual([20]);
    expect(claim?.bundle?.nonSigners).toEqual(["20"]);
    expect(claim?.bundle?.message).toEqual({ recipient: STAKER, amount: amount.toString() });
  });

  it("shares checked together count once: one tally, one change, however many they are", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    const shares = ALL.slice(1, 19).map((signer) => makeShare(signer, { recipient: STAKER, epoch: 2, amount }));
    const data = encodeCatchUpResponse({ requests: [], shares, partials: [], differs: false });
    const effects = await agent.feed({ type: "catch-up-answered", from: node(3).identityKey, data });
    const changes = effects.flatMap((effect) => (effect.type === "claim-changed" ? [effect.claim.signers.length] : []));
    expect(changes).toEqual([19]);
    expect(agent.claim(STAKER)?.status).toBe("ready");
  });

  it("improves a bundle for two seconds after quorum, pending signers included, and no longer (P-86)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    for (let id = 2; id <= 19; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    await agent.gossip(shareBytes(makeShare(PENDING, { recipient: STAKER, epoch: 2, amount })));
    await agent.tickAt(1_000);
    expect(agent.claim(STAKER)?.bundle?.extraSigners).toEqual(["21"]);
    await agent.tickAt(2_000);
    await agent.gossip(shareBytes(makeShare(node(20), { recipient: STAKER, epoch: 2, amount })));
    await agent.tickAt(3_000);
    expect(agent.claim(STAKER)?.bundle?.nonSigners).toEqual(["20"]);
  });

  it("fails at the deadline without quorum: how much signed, who is missing, no bundle (P-86)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    for (let id = 2; id <= 18; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    const effects = await agent.tickAt(10_000);
    const claim = agent.claim(STAKER);
    expect(claim).toMatchObject({ status: "failed", signedBps: 9_000, missing: [19, 20], bundle: null });
    expect(effects).toContainEqual(expect.objectContaining({ type: "observe", code: "QUORUM_NOT_REACHED" }));
    expect(agent.records.some(({ type }) => type === "bundle")).toBe(false);
  });

  it("a failed claim goes on naming who was missing at its deadline, whoever signs later (P-86)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    await agent.tickAt(10_000);
    for (let id = 2; id <= 20; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)).toMatchObject({ status: "failed", signedBps: 500 });
    expect(agent.claim(STAKER)?.missing).toHaveLength(19);
    const { reply } = await agent.ask(STAKER);
    expect(reply.ok && reply.claim).toMatchObject({ status: "ready", missing: [] });
  });

  it("behaviour: the set changes while a claim is collected: quorum is recounted at once, without another share (P-85)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    for (let id = 2; id <= 18; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    const decommission = (blockNumber: number, id: number) =>
      agent.feed({
        type: "chain",
        events: [
          { type: "nodes-decommissioned", ids: [id], blockNumber, logIndex: 0, timestamp: headAfter(3).timestamp + 1 },
        ],
        head: { ...headAfter(3), number: blockNumber, timestamp: headAfter(3).timestamp + 1 },
      });
    // A signer: 17 of 19. Then the two that are silent: 17 of 17.
    for (const [i, id] of [18, 19, 20].entries()) {
      expect(agent.claim(STAKER)?.status).toBe("collecting");
      await decommission(200 + i, id);
    }
    expect(agent.claim(STAKER)).toMatchObject({ status: "ready", missing: [] });
    expect(agent.claim(STAKER)?.bundle).toMatchObject({ nonSigners: [], extraSigners: ["18"] });
  });

  it("a failed claim asked again is collected again, from the shares already held", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    for (let id = 2; id <= 18; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    await agent.tickAt(10_000);
    const { reply } = await agent.ask(STAKER);
    expect(reply.ok && reply.claim.status).toBe("collecting");
    await agent.gossip(shareBytes(makeShare(node(20), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)?.status).toBe("ready");
  });

  it("a pending node signs and is counted as extra signer, never towards quorum (P-24, P-85)", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    await agent.gossip(shareBytes(makeShare(PENDING, { recipient: STAKER, epoch: 2, amount })));
    for (let id = 2; id <= 18; id++)
      await agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    expect(agent.claim(STAKER)?.status).toBe("collecting");
    expect(
      hasMoneyQuorum(stakeSigned(Signers.of([21, ...Array.from({ length: 18 }, (_, i) => i + 1)]), agent.core.nodes())),
    ).toBe(false);
  });
});

describe("refusals", () => {
  const codeOf = async (agent: TestAgent) => {
    const { reply } = await agent.ask(STAKER);
    return reply.ok ? "OK" : reply.refusal.code;
  };

  it("error: NODE_NOT_REGISTERED when nobody would listen to this agent", async () => {
    expect(await codeOf(await new TestAgent(testNode(40)).boot(ALL, 3))).toBe("NODE_NOT_REGISTERED");
  });

  it("error: CLAIMS_FULL beyond the claims collected at once (P-88)", async () => {
    // As many recipients as claims are collected, and one more, all contributors of one node.
    const rich = testNode(1);
    const contributors = Array.from({ length: CLAIMS_MAX + 1 }, (_, i): ContributorView => {
      const addr: Address = `0x${(10_000 + i).toString(16).padStart(40, "0")}`;
      return { addr, beneficiary: addr, stake: 1_000_000n };
    });
    const agent = new TestAgent(rich);
    await agent.boot([{ ...rich, registered: { ...rich.registered, contributors } as ChainEvent }, node(2)], 3);
    const codes = [];
    for (const [i, { addr }] of contributors.entries()) {
      agent.nowMs = i * 500;
      const { reply } = await agent.ask(addr);
      codes.push(reply.ok ? "OK" : reply.refusal.code);
    }
    expect(codes.slice(0, CLAIMS_MAX).every((code) => code === "OK")).toBe(true);
    expect(codes.at(-1)).toBe("CLAIMS_FULL");
  });
});

describe("a restart", () => {
  it("signs the same bytes again, and finishes the claims it accepted (P-71)", async () => {
    const before = await boot(1);
    await before.ask(STAKER);
    const firstShare = published(before.effects).find((data) => decodeGossip(data).type === "shares");
    const restored = {
      ...NOTHING_RESTORED,
      ledger: ledgerOf(before.records),
      signings: before.records.flatMap((record) => (record.type === "signing" ? [record] : [])),
      claims: before.records.flatMap((record) => (record.type === "claim" ? [record] : [])),
    };
    const after = new TestAgent(node(1), restored);
    const effects = await after.feed({ type: "started" });
    const again = published(effects).find((data) => decodeGossip(data).type === "shares");
    expect(toHex(again as Uint8Array)).toBe(toHex(firstShare as Uint8Array));
    expect(after.claim(STAKER)?.status).toBe("collecting");
    for (let id = 2; id <= 19; id++)
      await after.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount })));
    expect(after.claim(STAKER)?.status).toBe("ready");
    const bundle = after.records.flatMap((record) => (record.type === "bundle" ? [record] : []));
    const third = new TestAgent(node(1), { ...restored, bundles: bundle });
    expect(third.claim(STAKER)).toMatchObject({ status: "ready", signers: after.claim(STAKER)?.signers });
  });

  it("shows the ledger's amount for a claim taken up again before the chain was read, never a lower one", async () => {
    const before = await boot(1);
    await before.ask(STAKER);
    // Killed after the claim was recorded, before its signing was.
    const after = new TestAgent(node(1), {
      ...NOTHING_RESTORED,
      ledger: ledgerOf(before.records),
      claims: [{ recipient: STAKER, epoch: 2 }],
    });
    await after.feed({ type: "started" });
    expect(after.claim(STAKER)).toMatchObject({ status: "collecting", amount, signers: [] });
  });

  it("takes up a claim of an epoch that its stored ledger does not hold when that closes again, never with a lower amount", async () => {
    const before = await boot(1);
    await before.ask(STAKER);
    // Killed after the claim was recorded, while the ledger of its epoch was being written.
    const after = new TestAgent(node(1), { ...NOTHING_RESTORED, claims: [{ recipient: STAKER, epoch: 2 }] });
    await after.feed({ type: "started" });
    expect(after.claim(STAKER)).toBeNull();
    await after.boot(ALL, 3);
    expect(after.claim(STAKER)).toMatchObject({ status: "collecting", amount, signers: [1] });
  });

  it("never signs another digest for a round it has signed (P-71)", async () => {
    const agent = await new TestAgent(node(1), {
      ...NOTHING_RESTORED,
      signings: [signingOf(STAKER, amount + 5n)],
    }).boot(ALL, 3);
    const { effects } = await agent.ask(STAKER);
    expect(effects.filter(({ type }) => type === "sign")).toEqual([]);
    expect(agent.effects).toContainEqual(expect.objectContaining({ type: "observe", code: "SIGNING_CONFLICT" }));
  });

  it("does not sign again what its record does not say it signed: a damaged record, or another network's (P-71)", async () => {
    const before = await boot(1);
    const damaged = { ...signingOf(STAKER, amount), digest: toHex(new Uint8Array(32).fill(1)) };
    const after = new TestAgent(node(1), {
      ...NOTHING_RESTORED,
      ledger: ledgerOf(before.records),
      signings: [damaged, signingOf(node(2).beneficiary, 5n)],
    });
    const effects = await after.feed({ type: "started" });
    expect(effects.filter(({ type }) => type === "sign")).toHaveLength(1);
    expect(effects).toContainEqual(expect.objectContaining({ type: "observe", code: "SIGNING_CONFLICT" }));
  });
});

describe("a claim that is still collected when its epoch leaves the window", () => {
  it("shows the amount it had, not zero", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER, 2);
    await agent.feed({ type: "chain", events: [], head: headAfter(9) });
    expect(agent.claim(STAKER, 2)).toMatchObject({ status: "collecting", amount });
  });
});

describe("the node set that shares are counted against (P-85)", () => {
  const ids = (agent: TestAgent): number[] => agent.core.nodes().map(({ id }) => id);

  it("is in id order, and made anew only when it changes, not at each share", async () => {
    const agent = await new TestAgent(node(1)).boot(ALL, 3);
    expect(ids(agent)).toEqual(ALL.map(({ id }) => id));
    const before = agent.core.nodes();
    await agent.ask(STAKER);
    await agent.gossip(shareBytes(makeShare(node(2), { recipient: STAKER, epoch: 2, amount })));
    await agent.feed({ type: "chain", events: [], head: headAfter(4) });
    expect(agent.core.nodes()).toBe(before);

    const head = headAfter(5);
    const activated = { type: "nodes-activated", ids: [21], blockNumber: head.number, logIndex: 0 } as const;
    await agent.feed({ type: "chain", events: [{ ...activated, timestamp: head.timestamp }], head });
    expect(agent.core.nodes()).not.toBe(before);
    expect(agent.core.nodes().at(-1)).toMatchObject({ id: 21, state: "active" });
  });
});

describe("when every round is taken (P-88)", () => {
  const fullRounds = Array.from({ length: ROUNDS_MAX }, (_, i) =>
    signingOf(`0xff${i.toString(16).padStart(38, "0")}`, 1n),
  );

  /**
   * An agent with three closed epochs that has come back to as many rounds as there may be: it has signed in each of
   * them.
   */
  async function full(): Promise<Agent> {
    const before = await boot(1);
    const restored = { ...NOTHING_RESTORED, ledger: ledgerOf(before.records), signings: fullRounds };
    const agent = new TestAgent(node(1), restored).core;
    agent.handle({ type: "started" }, 0);
    agent.handle({ type: "chain-health", health: { healthy: true } }, 0);
    expect(agent.status().rounds).toBe(ROUNDS_MAX);
    return agent;
  }

  it("P-78: a staker of this agent gets a round all the same: one that was signed before makes room", async () => {
    const agent = await full();
    const effects = agent.handle({ type: "claim", handle: 1, recipient: STAKER, epoch: 2 }, 0);
    expect(effects.find(({ type }) => type === "claim-reply")).toMatchObject({ reply: { ok: true } });
    expect(agent.status().rounds).toBe(ROUNDS_MAX);
    // And so does another node's request; the staker's own round stays.
    const data = requestBytes(makeRequest(node(3), node(6).beneficiary, 2));
    const asked = agent.handle({ type: "gossip", handle: 1, from: "0xfe", data }, 0);
    expect(asked).toContainEqual({ type: "verdict", handle: 1, verdict: "accept", code: "OK" });
    expect(agent.status().rounds).toBe(ROUNDS_MAX);
    expect(agent.claim(STAKER, 2, 0)?.status).toBe("collecting");
  });
});
