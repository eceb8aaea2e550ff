import {
  type Address,
  type CatchUpRequest,
  type CatchUpResponse,
  type CatchUpRound,
  decodeCatchUpRequest,
  decodeCatchUpResponse,
  digestOf,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  fromHex,
  isInSubnet,
  type NodeId,
  Signers,
  subnetOf,
} from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  DOMAIN,
  EPOCH_SECONDS,
  GENESIS,
  headAfter,
  makeRequest,
  makeShare,
  requestBytes,
  scheme,
  shareBytes,
  TestAgent,
  testNode,
} from "../../../test/support/cluster.ts";
import {
  BITS,
  bootInSubnets,
  EPOCH,
  identityOf,
  makePartial,
  pullsOf,
  sendShare,
} from "../../../test/support/subnets.ts";
import { boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import { turnMs, turnOf } from "../collect/turns.ts";
import type { Effect, Input } from "../io.ts";
import type { ChainEvent } from "../ledger/events.ts";
import { PULL_AFTER_MS, PULL_AGAIN_MS, PULLS_PER_TICK, TICK_MS } from "../limits.ts";

const amount = await owedToStaker();
/** When the test agents give a claim up. */
const DEADLINE_MS = 10_000;
const ROUND = { kind: "RewardClaim", epoch: EPOCH, subject: STAKER } as const;

async function responseTo(agent: TestAgent, request: CatchUpRequest) {
  const data = encodeCatchUpRequest(request);
  const effects = await agent.feed({ type: "catch-up-asked", handle: 1, from: identityOf(5), data });
  const reply = effects.find((effect) => effect.type === "catch-up-reply");
  return decodeCatchUpResponse(reply?.type === "catch-up-reply" ? reply.data : new Uint8Array());
}

/** What an agent answers whoever holds these signatures. */
async function answerOf(agent: TestAgent, held: readonly NodeId[], wishes: Partial<CatchUpRound> = {}) {
  const rounds = [{ ...ROUND, signers: Signers.of(held), needless: false, singles: false, ...wishes }];
  const { shares, partials } = await responseTo(agent, { rounds, onlyNamed: true, rest: null });
  return { shares: shares.map(({ nodeId }) => nodeId).sort(), partials: partials.map(({ signers }) => signers.ids()) };
}

const NO_ANSWER: CatchUpResponse = { requests: [], shares: [], partials: [], differs: false };

describe("P-137: what an agent lacks", () => {
  it("is asked of one node in each subnet that lacks signers, a second after the claim was asked for", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    await agent.tickAt(0);
    const early = pullsOf(await agent.tickAt(PULL_AFTER_MS - TICK_MS));
    expect(early.filter(({ peer }) => ![9, 10, 18].includes(peer))).toEqual([]);
    const pulls = pullsOf(await agent.tickAt(PULL_AFTER_MS + 10)).filter(({ peer }) => ![9, 10, 18].includes(peer));
    expect(new Set(pulls.map(({ peer }) => peer % 8)).size).toBe(pulls.length);
    expect(pulls.length).toBeGreaterThanOrEqual(6);
    for (const { asked } of pulls) {
      expect(asked).toMatchObject({
        rounds: [{ ...ROUND, needless: false, singles: false }],
        onlyNamed: true,
        rest: null,
      });
    }
  });

  it("is of a claim what active nodes sign: nothing else counts toward its quorum", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    // Node 21 of this subnet is pending.
    const data = encodeCatchUpResponse({
      ...{ requests: [], shares: [], differs: false },
      partials: [makePartial(amount, [5, 13])],
    });
    await agent.feed({ type: "catch-up-answered", from: identityOf(5), data });
    const asked = new Set<number>();
    for (let atMs = PULL_AFTER_MS; atMs < DEADLINE_MS; atMs += TICK_MS) {
      for (const { peer } of pullsOf(await agent.tickAt(atMs))) asked.add(peer % 8);
    }
    expect([...asked].sort()).toEqual([0, 1, 2, 3, 4, 6, 7]);
  });

  it("is asked of as many as a tick has room for; who had no room does not count as asked", async () => {
    const [second, third] = [node(6).beneficiary, node(7).beneficiary];
    /** Whom an agent with these claims asks about the third, in order. */
    const askedAbout = async (...claims: readonly Address[]) => {
      const agent = await bootInSubnets(2, []);
      for (const recipient of claims) await agent.ask(recipient, EPOCH);
      const asked: NodeId[] = [];
      for (let atMs = PULL_AFTER_MS; atMs < PULL_AFTER_MS + PULL_AGAIN_MS; atMs += TICK_MS) {
        const pulls = pullsOf(await agent.tickAt(atMs));
        expect(pulls.length).toBeLessThanOrEqual(PULLS_PER_TICK);
        asked.push(...pulls.filter(({ asked }) => asked.rounds[0]?.subject === third).map(({ peer }) => peer));
      }
      return asked.sort((a, b) => a - b);
    };
    expect(await askedAbout(STAKER, second, third)).toEqual(await askedAbout(third));
  });

  it("is answered without what other rounds have", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    const [other] = [node(7).beneficiary];
    for (const [origin, recipient] of [
      [5, STAKER],
      [6, other],
    ] as const)
      await agent.gossip(requestBytes(makeRequest(node(origin), recipient, EPOCH)), identityOf(9));
    expect((await responseTo(agent, { rounds: [], onlyNamed: false, rest: null })).requests).toHaveLength(2);
    expect((await responseTo(agent, { rounds: [], onlyNamed: true, rest: null })).requests).toEqual([]);
  });

  it("comes as shares where they are few, and not at all where nothing is needed", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.gossip(requestBytes(makeRequest(node(5), STAKER, EPOCH)), identityOf(9));
    await sendShare(agent, 10, amount);
    await sendShare(agent, 18, amount);
    expect(await answerOf(agent, [])).toEqual({ shares: [10, 18, 2], partials: [] });
    expect(await answerOf(agent, [2])).toEqual({ shares: [10, 18], partials: [] });
    expect(await answerOf(agent, [], { needless: true })).toEqual({ shares: [], partials: [] });
  });

  it("comes as one partial by those whom the asker lacks, where they are many: it adds to what the asker has", async () => {
    // 160 nodes have 16 subnets of ten.
    const all = Array.from({ length: 160 }, (_, i) => testNode(i + 1));
    const at = (id: NodeId) => all[id - 1] as (typeof all)[number];
    const mates = [18, 34, 50, 66, 82, 98, 114, 130, 146];
    const agent = await new TestAgent(at(2)).boot(all, 3);
    await agent.feed({ type: "peers", connected: mates.map((id) => at(id).identityKey) });
    const message = { recipient: STAKER, epoch: EPOCH, amount: agent.core.owed(STAKER)?.amount ?? 0n };
    await agent.gossip(requestBytes(makeRequest(at(5), STAKER, EPOCH)), at(18).identityKey);
    for (const id of mates) {
      const share = shareBytes(makeShare(at(id), message));
      await agent.feed({ type: "direct", from: at(id).identityKey, data: share });
    }
    expect(await answerOf(agent, [])).toEqual({ shares: [], partials: [[2, ...mates]] });
    expect(await answerOf(agent, [2, 3])).toEqual({ shares: [], partials: [mates] });
    expect((await answerOf(agent, [2, 18])).partials).toEqual([]);
    expect((await answerOf(agent, [2, 18])).shares).toHaveLength(8);
    // Of other subnets their own nodes are asked.
    const other = { requests: [], shares: [makeShare(at(3), message)], partials: [], differs: false };
    await agent.feed({ type: "catch-up-answered", from: at(18).identityKey, data: encodeCatchUpResponse(other) });
    expect((await answerOf(agent, [2, ...mates])).shares).toEqual([3]);
    expect(await answerOf(agent, [2], { singles: true })).toMatchObject({ shares: { length: 9 }, partials: [] });

    // Whoever has a part of the subnet adds it to that.
    const rounds = [{ ...ROUND, signers: Signers.of([2]), needless: false, singles: false }];
    const answer = await responseTo(agent, { rounds, onlyNamed: true, rest: null });
    const asker = await new TestAgent(at(3)).boot(all, 3);
    await asker.feed({ type: "peers", connected: [at(2).identityKey] });
    await asker.ask(STAKER, EPOCH);
    const answered = (response: CatchUpResponse) =>
      asker.feed({ type: "catch-up-answered", from: at(2).identityKey, data: encodeCatchUpResponse(response) });
    await answered({ requests: [], shares: [makeShare(at(2), message)], partials: [], differs: false });
    await answered(answer);
    expect(asker.claim(STAKER)?.signers).toEqual([2, 3, ...mates]);
  });

  it("is asked for at once where someone no longer counts because another partial has more", async () => {
    const all = Array.from({ length: 160 }, (_, i) => testNode(i + 1));
    const at = (id: NodeId) => all[id - 1] as (typeof all)[number];
    const agent = await new TestAgent(at(3)).boot(all, 3);
    await agent.ask(STAKER, EPOCH);
    const message = { recipient: STAKER, amount: agent.core.owed(STAKER)?.amount ?? 0n };
    const digest = digestOf(DOMAIN, "RewardClaim", message);
    const partialBy = (ids: readonly NodeId[]) => {
      const signature = scheme.aggregateSignatures(ids.map((id) => scheme.sign(at(id).blsSecret, digest)));
      const common = { kind: "RewardClaim", message, epoch: EPOCH, subnet: subnetOf(2, 4) } as const;
      const partials = [{ ...common, signers: Signers.of(ids), signature }];
      const data = encodeCatchUpResponse({ requests: [], shares: [], partials, differs: false });
      return agent.feed({ type: "catch-up-answered", from: at(2).identityKey, data });
    };
    /** What was asked in the subnet of node 2 in these ticks. */
    const askedIn = async (fromMs: number, ticks: number) => {
      const asked: CatchUpRound[] = [];
      for (let tick = 0; tick < ticks; tick++) {
        for (const effect of await agent.tickAt(fromMs + tick * TICK_MS)) {
          if (effect.type !== "catch-up-ask") continue;
          const peer = all.find(({ identityKey }) => identityKey === effect.peer);
          if (peer && peer.id % 16 === 2) asked.push(...decodeCatchUpRequest(effect.data).rounds);
          const data = encodeCatchUpResponse(NO_ANSWER);
          await agent.feed({ type: "catch-up-answered", from: effect.peer, data });
        }
      }
      return asked;
    };
    await partialBy([2, 18, 34]);
    expect(await askedIn(PULL_AFTER_MS, 8)).toHaveLength(5);
    expect(await askedIn(PULL_AFTER_MS + 8 * TICK_MS, 2)).toEqual([]);
    await partialBy([18, 50, 66, 82]);
    expect(agent.claim(STAKER)?.signers).toEqual([3, 18, 50, 66, 82]);
    const [asked] = await askedIn(PULL_AFTER_MS + 10 * TICK_MS, 1);
    expect(asked?.signers.ids()).toEqual([3, 18, 50, 66, 82]);
    expect(asked?.singles).toBe(true);
  });

  it("an answer is checked like gossip, and completes the claim", async () => {
    const agent = await bootInSubnets(2, [9, 10, 18]);
    await agent.ask(STAKER, EPOCH);
    const partials = [makePartial(amount, [3, 11, 19]), makePartial(amount, [4, 12, 20], [4, 12])];
    const data = encodeCatchUpResponse({ requests: [], shares: [], partials, differs: false });
    const effects = await agent.feed({ type: "catch-up-answered", from: identityOf(3), data });
    expect(agent.claim(STAKER)?.signers).toEqual([2, 3, 11, 19]);
    expect(effects).toContainEqual({ type: "blame", peer: identityOf(3), code: "SHARE_BAD_SIGNATURE" });
  });

  describe("P-91: of a report, by who may send it", () => {
    const ids = Array.from({ length: 20 }, (_, i) => i + 1);
    const turn = (id: NodeId) => turnOf(`report:${EPOCH}`, id, [...ids, 21]);
    const byTurn = ids.toSorted((a, b) => turn(a) - turn(b));
    const [first, last] = [byTurn[0], byTurn.at(-1)] as [NodeId, NodeId];
    const submits = { pack: false, finishExits: false, liquidate: false };
    const sender = (id: NodeId) => bootInSubnets(id, [], { trees: true, submits });
    // A question that is not the exchange with the next peers: nobody is connected.
    const ofReport = (effects: readonly Effect[]) =>
      pullsOf(effects).filter(({ asked }) => asked.rounds[0]?.kind === "EpochReport");
    const looks = (effects: readonly Effect[]) => effects.some(({ type }) => type === "look-ahead");
    const lastMs = turn(last) * turnMs(EPOCH_SECONDS, 21);

    const recordWithout = (nonSigners: readonly NodeId[]): ChainEvent => ({
      ...{ type: "report-recorded", epoch: EPOCH, isFirst: true, becamePayable: true },
      ...{ blockNumber: 150, logIndex: 0, timestamp: GENESIS + 3 * EPOCH_SECONDS + 10 },
      submitter: STAKER,
      digest: `0x${"d1".repeat(32)}`,
      signature: `0x${"51".repeat(192)}`,
      nonSigners,
      extraSigners: [],
    });

    /** The last agent in turn, after it has looked ahead and found this; what it asks then. */
    async function afterLook(found: Extract<Input, { type: "looked-ahead" | "look-ahead-failed" }>) {
      const agent = await sender(last);
      const asked: unknown[] = [];
      let looked = false;
      for (let atMs = lastMs; atMs < lastMs + 2_000 && !looked; atMs += TICK_MS) {
        const effects = await agent.tickAt(atMs);
        asked.push(...ofReport(effects));
        looked = looks(effects);
      }
      expect({ asked, looked }).toEqual({ asked: [], looked: true });
      await agent.feed(found);
      return ofReport(await agent.tickAt(agent.nowMs + TICK_MS));
    }

    it("is asked for when the own turn comes, counted from the epoch's close", async () => {
      expect(ofReport(await (await sender(first)).tickAt(TICK_MS)).length).toBeGreaterThan(0);
      const early = await (await sender(last)).tickAt(lastMs - 1);
      expect({ asked: ofReport(early), looked: looks(early) }).toEqual({ asked: [], looked: false });
      expect((await afterLook({ type: "looked-ahead", events: [] })).length).toBeGreaterThan(0);
    });

    it("P-92: is not asked for after its record has landed, final or not", async () => {
      expect(await afterLook({ type: "looked-ahead", events: [recordWithout([3])] })).toEqual([]);
    });

    it("is asked for by whom it lacks, also where a partial has them beside others who need no showing", async () => {
      const agent = await sender(last);
      const subnet = subnetOf(last === 3 ? 4 : 3, BITS);
      const inPartial = ids.filter((id) => isInSubnet(id, subnet));
      const absent = inPartial.slice(1);
      const records = agent.effects.flatMap((effect) => (effect.type === "persist" ? effect.records : []));
      const own = records
        .flatMap((one) => (one.type === "signing" && one.id.kind === "EpochReport" ? [one] : []))
        .at(-1);
      if (own?.signed.kind !== "EpochReport") throw new Error("an agent signs the report of a closed epoch");
      const signature = scheme.aggregateSignatures(
        inPartial.map((id) => scheme.sign(node(id).blsSecret, fromHex(own.digest))),
      );
      const partial = { ...own.signed, epoch: EPOCH, subnet, signers: Signers.of(inPartial), signature };
      const data = encodeCatchUpResponse({ requests: [], shares: [], partials: [partial], differs: false });
      await agent.feed({ type: "catch-up-answered", from: identityOf(inPartial[0] as NodeId), data });
      await agent.feed({ type: "chain", events: [recordWithout(absent)], head: headAfter(3.5) });
      const asked: ReturnType<typeof ofReport> = [];
      for (let atMs = lastMs; asked.length === 0 && atMs < 60_000; atMs += TICK_MS) {
        const effects = await agent.tickAt(atMs);
        asked.push(...ofReport(effects));
        if (looks(effects)) await agent.feed({ type: "looked-ahead", events: [] });
      }
      const [first] = asked;
      const held = first?.asked.rounds[0]?.signers;
      expect(held?.has(inPartial[0] as NodeId)).toBe(true);
      expect(absent.filter((id) => held?.has(id))).toEqual([]);
      // A partial by them would be within the one that is here, and not be taken (P-135).
      const askedIn = (index: number) => asked.filter(({ peer }) => subnetOf(peer, BITS).index === index);
      expect(askedIn(subnet.index).map(({ asked }) => asked.rounds[0]?.singles)).toEqual([true]);
    });

    it("is asked for as partials in the subnets of which no partial is here", async () => {
      const asked = ofReport(await (await sender(first)).tickAt(TICK_MS));
      expect(asked.filter(({ asked }) => asked.rounds[0]?.singles !== false)).toEqual([]);
    });

    it("is asked for where nobody can say whether it has landed", async () => {
      const failed = { type: "look-ahead-failed", code: "CHAIN_PROVIDER_FAILED", detail: "down" } as const;
      expect((await afterLook(failed)).length).toBeGreaterThan(0);
    });
  });

  it("with one subnet nobody is pulled: gossip and catch-up bring everything", async () => {
    const agent = await boot(2);
    await agent.feed({ type: "peers", connected: [9].map(identityOf) });
    await agent.ask(STAKER, EPOCH);
    await agent.tickAt(0);
    expect(pullsOf(await agent.tickAt(PULL_AFTER_MS - TICK_MS))).toEqual([]);
  });
});
