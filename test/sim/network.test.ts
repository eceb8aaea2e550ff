import { describe, expect, it } from "vitest";
import { VISIT_DIAL_TIMEOUT_MS, VISITS_MAX } from "../../packages/aggregator/src/adapters/libp2p/limits.ts";
import type { Verdict } from "../../packages/aggregator/src/core/io.ts";
import { Network, type Port } from "./network.ts";
import { type FaultOptions, NO_FAULTS } from "./options.ts";
import { makePlan, type Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { LONGEST_WAY_MS, regionOf, wayMs } from "./regions.ts";
import { Scheduler } from "./scheduler.ts";
import { makeTopology } from "./topology.ts";

const NODES = 60;
const DATA = Uint8Array.of(1, 2, 3);

/** A network whose agents all give one verdict; says who heard what. */
function network(
  verdict: (id: number) => Verdict,
  faults: Partial<FaultOptions> = {},
  planned: Partial<Plan> = {},
  bits = 0,
) {
  const random = new Random("network test");
  const scheduler = new Scheduler();
  const options = { seed: 1, nodes: NODES, claims: 1, faults: { ...NO_FAULTS, ...faults } };
  const plan: Plan = { ...makePlan(options, random.fork("plan"), { newcomers: 0 }), ...planned };
  const topology = makeTopology(plan.ids, random.fork("topology"), bits);
  const net = new Network(options.faults, plan, topology, scheduler, random.fork("network"));
  const heard: number[] = [];
  let duplicates = 0;
  let dials = 0;
  for (const id of plan.ids) {
    const port: Port = {
      onGossip: (_from, message) => {
        heard.push(id);
        net.settle(id, message, verdict(id));
      },
      onDuplicate: () => {
        duplicates += 1;
      },
      onDirect: () => {},
      onDial: () => {
        dials += 1;
      },
      onAsked: (_what, _from, data, answer) => answer(Uint8Array.of(...data.slice(0, 3), id)),
      onPeers: () => {},
    };
    net.attach(id, port);
  }
  const settle = (untilMs = 60_000): void => {
    while (scheduler.step(untilMs)) {
      // Until nothing is left.
    }
  };
  return { net, heard, settle, scheduler, topology, duplicates: () => duplicates, dials: () => dials };
}

describe("the network's model of gossip", () => {
  it("what everyone accepts reaches everyone once, several copies each", () => {
    const { net, heard, settle, duplicates } = network(() => "accept");
    net.publish(1, DATA);
    settle();
    expect(heard.sort((a, b) => a - b)).toEqual(Array.from({ length: NODES - 1 }, (_, i) => i + 2));
    expect(duplicates()).toBeGreaterThan(2 * NODES);
  });

  it.each(["ignore", "reject"] as const)("what gets %s is forwarded by nobody", (verdict) => {
    const { net, heard, settle, topology } = network(() => verdict);
    net.publish(1, DATA);
    settle();
    expect(heard.sort((a, b) => a - b)).toEqual([...(topology.connections.get(1) ?? [])]);
  });

  it("marks an id seen before the verdict: the same bytes again are no second chance (trap: a message id must bind the signature)", () => {
    const { net, heard, settle } = network(() => "ignore");
    const [one, other] = net.connections(2) as [number, number];
    net.push(one, 2, DATA);
    settle(10_000);
    net.push(other, 2, DATA);
    settle(20_000);
    expect(heard).toEqual([2]);
    net.push(other, 2, Uint8Array.of(1, 2, 4));
    settle(30_000);
    expect(heard).toEqual([2, 2]);
  });

  it("loses, repeats and reorders as it is told", () => {
    const lost = network(() => "ignore", { loss: 1 });
    lost.net.push(1, lost.net.connections(1)[0] as number, DATA);
    lost.settle();
    expect(lost.heard).toEqual([]);
    const doubled = network(() => "ignore", { duplicate: 1 });
    doubled.net.push(1, doubled.net.connections(1)[0] as number, DATA);
    doubled.settle();
    expect([doubled.heard.length, doubled.duplicates()]).toEqual([1, 1]);
    const mixed = network(() => "accept", { latencyMs: { min: 0, max: 400 } });
    for (const peer of mixed.net.connections(1)) mixed.net.push(1, peer, Uint8Array.of(peer));
    mixed.settle(400);
    const firsts = [...new Set(mixed.heard)];
    expect(firsts).not.toEqual([...firsts].sort((a, b) => a - b));
  });

  it("a partition lets nothing through, and heals: connections through it are dialled again", () => {
    const group = new Set(Array.from({ length: 20 }, (_, i) => i + 1));
    const partition = { group, window: { fromMs: 0, toMs: 5_000 } };
    const { net, heard, settle, scheduler } = network(() => "accept", {}, { partitions: [partition] });
    net.publish(1, DATA);
    settle(4_900);
    expect(heard.every((id) => group.has(id))).toBe(true);
    const before = new Set(net.connections(1));
    const outside = [...before].find((id) => !group.has(id)) as number;
    settle(5_000);
    expect(net.connections(1)).not.toContain(outside);
    settle(20_000);
    expect(new Set(net.connections(1))).toEqual(before);
    scheduler.at(20_000, () => net.push(1, outside, DATA));
    settle();
    expect(heard).toContain(outside);
    expect(new Set(heard).size).toBe(NODES - 1);
  });

  it("a question goes there and back, and not to a peer that was banned", () => {
    const { net, settle } = network(() => "accept");
    const answers: (number[] | null)[] = [];
    const ask = (): void =>
      net.ask("catch-up", 1, 2, DATA, (answer) => answers.push(answer === null ? null : [...answer]));
    ask();
    settle(10_000);
    net.disconnect(1, 2);
    ask();
    settle(20_000);
    expect(answers).toEqual([[1, 2, 3, 2], null]);
  });

  it("a question to a node without a connection dials it first: four round trips more, once", () => {
    const { net, settle, scheduler, dials } = network(() => "accept", { latencyMs: { min: 100, max: 100 } });
    const far = Array.from({ length: NODES }, (_, i) => i + 1).filter((id) => !net.connections(1).includes(id))[1];
    const afterMs: number[] = [];
    for (const askedMs of [0, 5_000]) {
      scheduler.at(askedMs, () => {
        net.ask("catch-up", 1, far as number, DATA, () => afterMs.push(Math.round(scheduler.nowMs - askedMs)));
      });
    }
    settle(10_000);
    expect(afterMs).toEqual([1_001, 200]);
    expect(dials()).toBe(2);
  });

  it("dials a few nodes at once for questions, and the others when one has not answered, as in production", () => {
    const silent = new Set(Array.from({ length: 50 }, (_, i) => i + 11));
    const cut = { group: silent, window: { fromMs: 0, toMs: 50_000 } };
    const { net, settle, dials } = network(() => "accept", {}, { partitions: [cut] });
    const far = [...silent].filter((id) => !net.connections(1).includes(id)).slice(0, VISITS_MAX);
    expect(far).toHaveLength(VISITS_MAX);
    const near = [2, 3, 4, 5, 6, 7, 8, 9, 10].filter((id) => !net.connections(1).includes(id));
    const answered: string[] = [];
    for (const id of [...far, ...near]) {
      net.ask("catch-up", 1, id, DATA, (answer, code) => answered.push(answer === null ? code : "answer"));
    }
    settle(VISIT_DIAL_TIMEOUT_MS - 100);
    expect(dials()).toBe(0);
    settle(12_000);
    expect(dials()).toBe(2 * near.length);
    expect(answered).toEqual([...far.map(() => "NETWORK_PEER_NOT_CONNECTED"), ...near.map(() => "answer")]);
  });

  it("what the mesh did not bring is told at a heartbeat (IHAVE) and fetched (IWANT)", () => {
    const cut = { group: new Set([7]), window: { fromMs: 0, toMs: 1_500 } };
    const { net, heard, settle } = network(() => "accept", {}, { partitions: [cut] });
    net.publish(1, DATA);
    settle(1_500);
    expect(heard).not.toContain(7);
    settle(6_000);
    expect(heard).toContain(7);
  });

  it("repairs the mesh of a node whose peers are gone", () => {
    const { net, heard, settle, topology } = network(() => "accept");
    for (const peer of topology.mesh.get(1) ?? []) net.disconnect(1, peer);
    net.mates(1, [20, 30, 40]);
    settle(4_000);
    net.push(20, 1, DATA);
    settle(6_000);
    expect(heard).toContain(1);
    expect(new Set(heard).size).toBeGreaterThan(NODES / 2);
  });

  it("P-131: above the flood everyone is connected to the own subnet, and to others", () => {
    const { net } = network(() => "accept", {}, {}, 2);
    const peers = net.connections(4);
    for (let id = 8; id <= NODES; id += 4) expect(peers).toContain(id);
    expect(peers.filter((id) => id % 4 !== 0).length).toBeGreaterThan(4);
  });

  it("connections close and are replaced as it is told", () => {
    const { net, settle } = network(() => "accept", { churn: 0.5 });
    const before = Array.from({ length: NODES }, (_, i) => net.connections(i + 1));
    settle(40_000);
    const kept = before.map((peers, i) => peers.filter((id) => net.connections(i + 1).includes(id)).length);
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    const all = sum(before.map(({ length }) => length));
    expect(sum(kept) / all).toBeLessThan(0.7);
    expect(sum(before.map((_, i) => net.connections(i + 1).length)) / all).toBeGreaterThan(0.8);
  });

  it("sends wait for each other on the sender's uplink, which may be another for each node", () => {
    const large = new Uint8Array(62_500);
    const times = (faults: Partial<FaultOptions>): number[] => {
      const { net, settle, scheduler } = network(() => "accept", { latencyMs: { min: 0, max: 0 }, ...faults });
      const answered: number[] = [];
      for (const peer of net.connections(1).slice(0, 2)) {
        net.ask("catch-up", 1, peer, large, () => answered.push(scheduler.nowMs));
      }
      settle(7_900);
      return answered;
    };
    const [first, second] = times({});
    expect(Math.round((second as number) - (first as number))).toBe(50);
    expect(times({ bandwidth: "spread" })[0]).not.toBe(first);
  });

  it("latencies between regions: near ones are near, and none is longer than said", () => {
    const random = new Random("regions test");
    const ids = Array.from({ length: 200 }, (_, i) => i + 1);
    const ways = ids.flatMap((a) => ids.slice(0, 20).map((b) => wayMs(a, b, random)));
    expect(Math.max(...ways)).toBeLessThanOrEqual(LONGEST_WAY_MS);
    expect(Math.min(...ways)).toBeLessThan(5);
    expect(new Set(ids.map(regionOf)).size).toBe(10);
  });
});
