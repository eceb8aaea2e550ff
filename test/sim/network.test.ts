import { describe, expect, it } from "vitest";
import type { Verdict } from "../../packages/aggregator/src/core/io.ts";
import { Network, type Port } from "./network.ts";
import { type FaultOptions, NO_FAULTS } from "./options.ts";
import { makePlan, type Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { makeTopology } from "./topology.ts";

const NODES = 60;
const DATA = Uint8Array.of(1, 2, 3);

/** A network whose agents all give one verdict; says who heard what. */
function network(verdict: (id: number) => Verdict, faults: Partial<FaultOptions> = {}, planned: Partial<Plan> = {}) {
  const random = new Random("network test");
  const scheduler = new Scheduler();
  const options = { seed: 1, nodes: NODES, claims: 1, faults: { ...NO_FAULTS, ...faults } };
  const plan: Plan = { ...makePlan(options, random.fork("plan"), { newcomers: 0 }), ...planned };
  const topology = makeTopology(plan.ids, random.fork("topology"), 0);
  const net = new Network(options.faults, plan, topology, scheduler, random.fork("network"));
  const heard: number[] = [];
  let duplicates = 0;
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
      onAsked: (_what, _from, data, answer) => answer(Uint8Array.of(...data, id)),
      onPeers: () => {},
    };
    net.attach(id, port);
  }
  const settle = (untilMs = 60_000): void => {
    while (scheduler.step(untilMs)) {
      // Until nothing is left.
    }
  };
  return { net, heard, settle, scheduler, topology, duplicates: () => duplicates };
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
    expect(heard.sort((a, b) => a - b)).toEqual(topology.connections.get(1));
  });

  it("marks an id seen before the verdict: the same bytes again are no second chance (trap: a message id must bind the signature)", () => {
    const { net, heard, settle } = network(() => "ignore");
    net.push(1, 2, DATA);
    settle();
    net.push(3, 2, DATA);
    settle();
    expect(heard).toEqual([2]);
    net.push(3, 2, Uint8Array.of(1, 2, 4));
    settle();
    expect(heard).toEqual([2, 2]);
  });

  it("loses, repeats and reorders as it is told", () => {
    const lost = network(() => "ignore", { loss: 1 });
    lost.net.push(1, 2, DATA);
    lost.settle();
    expect(lost.heard).toEqual([]);
    const doubled = network(() => "ignore", { duplicate: 1 });
    doubled.net.push(1, 2, DATA);
    doubled.settle();
    expect([doubled.heard.length, doubled.duplicates()]).toEqual([1, 1]);
    const mixed = network(() => "accept", { latencyMs: { min: 0, max: 400 } });
    for (let i = 0; i < 20; i++) mixed.net.push(1, 2 + i, Uint8Array.of(i));
    mixed.settle(400);
    const firsts = [...new Set(mixed.heard)];
    expect(firsts).not.toEqual([...firsts].sort((a, b) => a - b));
  });

  it("a partition lets nothing through, and heals", () => {
    const group = new Set(Array.from({ length: 20 }, (_, i) => i + 1));
    const partition = { group, window: { fromMs: 0, toMs: 5_000 } };
    const { net, heard, settle, scheduler } = network(() => "accept", {}, { partitions: [partition] });
    net.publish(1, DATA);
    settle(4_900);
    expect(heard.every((id) => group.has(id))).toBe(true);
    scheduler.at(5_000, () => net.push(1, 40, DATA));
    settle();
    expect(heard).toContain(40);
    expect(new Set(heard).size).toBe(NODES - 1);
  });

  it("a question goes there and back, and not to a peer that was banned", () => {
    const { net, settle } = network(() => "accept");
    const answers: (number[] | null)[] = [];
    const ask = (): void =>
      net.ask("catch-up", 1, 2, DATA, (answer) => answers.push(answer === null ? null : [...answer]));
    ask();
    settle();
    net.disconnect(1, 2);
    ask();
    settle();
    expect(answers).toEqual([[1, 2, 3, 2], null]);
  });
});
