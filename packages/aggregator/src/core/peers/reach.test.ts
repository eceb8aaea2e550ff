import { encodeInquiryResponse, type NodeId } from "@quorate/common";
import { beforeAll, describe, expect, it } from "vitest";
import { GENESIS, headAfter, makeShare, shareBytes, TestAgent } from "../../../test/support/cluster.ts";
import { bootInSubnets, makePartial, partialBytes, sendShare } from "../../../test/support/subnets.ts";
import { ALL, boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import type { ChainEvent } from "../ledger/events.ts";
import { REFUSAL_MS } from "../limits.ts";

let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

const ids = (from: NodeId, to: NodeId): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const connect = (agent: TestAgent, nodes: readonly NodeId[]) =>
  agent.feed({ type: "peers", connected: nodes.map((id) => node(id).identityKey) });
const reach = (agent: TestAgent) => agent.core.status().reach;
const sign = (agent: TestAgent, id: NodeId, over = amount) =>
  agent.gossip(shareBytes(makeShare(node(id), { recipient: STAKER, epoch: 2, amount: over })));

/** The agent of node 1, connected to nodes 2 to 20, with a claim that nodes 19 and 20 have not signed. */
async function lackingTwo(): Promise<{ agent: TestAgent; jobs: readonly number[] }> {
  const agent = await boot(1);
  await connect(agent, ids(2, 20));
  await agent.ask(STAKER);
  for (const id of ids(2, 18)) await sign(agent, id);
  const effects = await agent.tickAt(1_500);
  return { agent, jobs: effects.flatMap((effect) => (effect.type === "inquire" ? [effect.job] : [])) };
}

describe("the stake within reach (P-126)", () => {
  it("is that of the nodes that are connected, and the own: peers of little stake are no quorum", async () => {
    const agent = await boot(1);
    expect(reach(agent)).toMatchObject({ activeBps: 500, suffices: false, missing: ids(2, 20) });
    await connect(agent, ids(2, 10));
    expect(reach(agent)).toMatchObject({ activeBps: 5_000, floorBps: 5_000, suffices: false, missing: ids(11, 20) });
    await connect(agent, ids(2, 20));
    expect(reach(agent)).toEqual({ activeBps: 10_000, floorBps: 10_000, suffices: true, missing: [] });
  });

  it("falls when nodes hang up: one of twenty may, the second is one too many, and one that comes back counts", async () => {
    const agent = await boot(1);
    await connect(agent, ids(2, 20));
    await connect(agent, ids(2, 19));
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, suffices: true, missing: [20] });
    await connect(agent, ids(2, 18));
    expect(reach(agent)).toMatchObject({ activeBps: 9_000, suffices: false, missing: [19, 20] });
    await connect(agent, [...ids(2, 18), 20]);
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, suffices: true, missing: [19] });
  });

  it("has nodes that sign without a connection, as most do in a large network, for two epochs", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    for (const id of ids(2, 19)) await sign(agent, id);
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, suffices: true, missing: [20] });
    await agent.feed({ type: "chain", events: [], head: headAfter(5) });
    expect(reach(agent)).toMatchObject({ suffices: true });
    await agent.feed({ type: "chain", events: [], head: headAfter(6) });
    expect(reach(agent)).toMatchObject({ activeBps: 500, suffices: false });
  });

  it("lacks nodes that hung up after they had signed, and has them again when they sign anew", async () => {
    const agent = await boot(1);
    await connect(agent, ids(2, 20));
    await agent.ask(STAKER);
    for (const id of ids(2, 18)) await sign(agent, id);
    await connect(agent, []);
    expect(reach(agent)).toMatchObject({ activeBps: 500 });
    await sign(agent, 20);
    expect(reach(agent)).toMatchObject({ activeBps: 1_000, missing: ids(2, 19) });
  });

  it("in a set with subnets lacks mates that hung up; other connections come and go", async () => {
    const agent = await bootInSubnets(2, ids(3, 18));
    await agent.ask(STAKER);
    for (const signers of [ids(3, 3), [4, 12]]) {
      const data = partialBytes(makePartial(amount, signers));
      await agent.feed({ type: "direct", from: node(12).identityKey, data });
    }
    await sendShare(agent, 10, amount);
    await connect(agent, [18]);
    // Of nodes that were connected and have not signed nothing is known any more. Node 10 is a mate.
    const within = [2, 3, 4, 12, 18];
    expect(reach(agent)?.missing).toEqual(ids(1, 20).filter((id) => !within.includes(id)));
  });

  it("lacks connected nodes that say they cannot sign, for a minute, and those that are not reached", async () => {
    const { agent, jobs } = await lackingTwo();
    expect(reach(agent)).toMatchObject({ suffices: true });
    const reason = { code: "CHAIN_PROVIDER_FAILED", closedEpochs: 3 };
    const data = encodeInquiryResponse({ type: "reason", reason });
    await agent.feed({ type: "inquiry-answered", job: jobs[0] as number, data });
    await agent.feed({ type: "inquiry-failed", job: jobs[1] as number, code: "NETWORK_REQUEST_FAILED" });
    expect(reach(agent)).toMatchObject({ activeBps: 9_000, suffices: false, missing: [19, 20] });
    await agent.tickAt(10_000);
    await agent.tickAt(10_000 + REFUSAL_MS - 1);
    expect(reach(agent)).toMatchObject({ suffices: false });
    await agent.tickAt(10_000 + REFUSAL_MS);
    expect(reach(agent)).toMatchObject({ suffices: true, missing: [] });
  });

  it("keeps nodes that are about to sign, or that this agent's own full line did not ask", async () => {
    const { agent, jobs } = await lackingTwo();
    const data = encodeInquiryResponse({ type: "reason", reason: { code: "SHARE_PENDING", closedEpochs: 3 } });
    await agent.feed({ type: "inquiry-answered", job: jobs[0] as number, data });
    await agent.feed({ type: "inquiry-failed", job: jobs[1] as number, code: "NETWORK_PEER_BUSY" });
    expect(reach(agent)).toMatchObject({ suffices: true, missing: [] });
  });

  it("lacks whoever a claim that failed has waited for in vain, whatever they said", async () => {
    const { agent } = await lackingTwo();
    await agent.tickAt(10_000);
    expect(agent.claim(STAKER)).toMatchObject({ status: "failed", missing: [19, 20] });
    expect(reach(agent)).toMatchObject({ activeBps: 9_000, suffices: false, missing: [19, 20] });
    await sign(agent, 19);
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, suffices: true, missing: [20] });
  });

  it("is moved by nobody who sends what a node signed over another amount", async () => {
    const agent = await boot(1);
    await agent.ask(STAKER);
    await sign(agent, 2, amount + 1n);
    expect(reach(agent)).toMatchObject({ activeBps: 500 });
  });

  it("of nodes of which nothing is known is what the ledger's last verdict says, as after a restart", async () => {
    const agent = await boot(1);
    const record: ChainEvent = {
      ...{ type: "report-recorded", epoch: 2, isFirst: true, becamePayable: false },
      ...{ blockNumber: 150, logIndex: 0, timestamp: GENESIS + 310 },
      submitter: STAKER,
      digest: `0x${"d1".repeat(32)}`,
      signature: `0x${"51".repeat(192)}`,
      nonSigners: [3, 4],
      extraSigners: [],
    };
    await agent.feed({ type: "chain", events: [record], head: headAfter(4) });
    expect(reach(agent)).toMatchObject({ activeBps: 9_000, suffices: false, missing: [3, 4] });
    await connect(agent, [3]);
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, suffices: true, missing: [4] });
  });

  it("does not count a node whose identity key another registered under its own name", async () => {
    const squatter = { ...node(20), registered: { ...node(20).registered, identityKey: node(2).identityKey } };
    const agent = await new TestAgent(node(1)).boot([...ALL.slice(0, 19), squatter as (typeof ALL)[number]], 3);
    await connect(agent, ids(2, 19));
    expect(reach(agent)).toMatchObject({ activeBps: 9_500, missing: [20] });
  });
});
