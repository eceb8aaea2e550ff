import { beforeAll, describe, expect, it } from "vitest";
import { makeShare, shareBytes } from "../../../test/support/cluster.ts";
import { ALL, boot, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import { LATE_MAX_MS, SHARE_RELAYS } from "../limits.ts";

let amount: bigint;
beforeAll(async () => {
  amount = await owedToStaker();
});

const MAKER = 7;
const share = (maker = MAKER) => shareBytes(makeShare(node(maker), { recipient: STAKER, epoch: 2, amount }));

/** An agent with so many of the others as peers, whose last tick came so late. */
async function bootLate(id: number, lateMs: number, peers = ALL.length - 1) {
  const agent = await boot(id);
  const others = ALL.filter((other) => other.id !== id).map(({ identityKey }) => identityKey);
  await agent.feed({ type: "peers", connected: others.slice(0, peers) });
  await agent.feed({ type: "timer", timer: "tick", lateMs });
  return agent;
}

/** The verdicts of all others on a node's share that came from a peer. */
async function verdicts(from: (typeof ALL)[number], lateMs: number, maker = MAKER): Promise<string[]> {
  const others = ALL.filter(({ id }) => id !== maker && id !== from.id);
  return Promise.all(
    others.map(async ({ id }) => (await (await bootLate(id, lateMs)).gossip(share(maker), from.identityKey)).verdict),
  );
}

describe("who forwards a share (P-153)", () => {
  it("P-153: all who are in time", async () => {
    expect(new Set(await verdicts(node(MAKER), 0))).toEqual(new Set(["accept"]));
  });

  it("P-153: of those who are late and have it from its own node some do, and the others keep it", async () => {
    const makers = [7, 8, 9, 10];
    const seen = (await Promise.all(makers.map((id) => verdicts(node(id), LATE_MAX_MS, id)))).flat();
    expect(new Set(seen)).toEqual(new Set(["accept", "keep"]));
    const relays = seen.filter((verdict) => verdict === "accept").length / makers.length;
    // By a hash, two of twenty on average.
    expect(relays).toBeGreaterThan(SHARE_RELAYS / 3);
    expect(relays).toBeLessThan(3 * SHARE_RELAYS);
  });

  it("P-153: all who are connected to fewer than six tenths of the nodes: so is its own node, perhaps", async () => {
    for (let id = 1; id < MAKER; id++) {
      const agent = await bootLate(id, LATE_MAX_MS, 11);
      expect((await agent.gossip(share(), node(MAKER).identityKey)).verdict).toBe("accept");
    }
  });

  it("P-153: whoever has it from another node does: not everyone is a peer of its own node, then", async () => {
    expect(new Set(await verdicts(node(8), LATE_MAX_MS))).toEqual(new Set(["accept"]));
  });

  it("P-153: that it was there already changes nothing", async () => {
    const agent = await bootLate(2, LATE_MAX_MS);
    const first = await agent.gossip(share(), node(MAKER).identityKey);
    expect(await agent.gossip(share(), node(MAKER).identityKey)).toMatchObject({ verdict: first.verdict, code: "OK" });
    expect(await agent.gossip(share(), node(8).identityKey)).toMatchObject({ verdict: "accept", code: "OK" });
  });

  it("P-153: one that is kept counts, and a bad one is rejected whoever sends it", async () => {
    const agent = await bootLate(2, LATE_MAX_MS);
    await agent.gossip(share(), node(MAKER).identityKey);
    await agent.ask(STAKER);
    expect(agent.claim(STAKER)?.signers).toContain(MAKER);
    const forged = makeShare(node(9), { recipient: STAKER, epoch: 2, amount, secret: node(10).blsSecret });
    expect(await agent.gossip(shareBytes(forged), node(9).identityKey)).toMatchObject({ verdict: "reject" });
  });
});
