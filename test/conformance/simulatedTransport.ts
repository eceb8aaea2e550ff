/**
 * The simulation's network, as the transport suite wants it: without faults, its own time runs while somebody waits.
 */

import { setImmediate } from "node:timers/promises";
import type { NodeId } from "@quorate/common";
import { MESH_FLOOD } from "../../packages/aggregator/src/adapters/libp2p/limits.ts";
import { Network } from "../sim/network.ts";
import { NO_FAULTS } from "../sim/options.ts";
import { makePlan, type Plan } from "../sim/plan.ts";
import { Random } from "../sim/random.ts";
import { Scheduler } from "../sim/scheduler.ts";
import type { Topology } from "../sim/topology.ts";
import type { Heard, Transport, TransportNode } from "./transportSuite.ts";

/** Virtual time in which everything that was sent has arrived, been forwarded, and been asked for at a heartbeat. */
const QUIET_MS = 5_000;
/** And in which anything has happened, or never will: questions time out after 8 s. */
const LONGEST_MS = 30_000;

const text = (data: Uint8Array): string => new TextDecoder().decode(data);

export function simulatedTransport(): Transport {
  const scheduler = new Scheduler();
  /** Says whether anything happened by then; promises of the suite have their turn in between. */
  const stepBefore = async (endMs: number): Promise<boolean> => {
    const ran = scheduler.step(endMs);
    await setImmediate();
    return ran;
  };
  const until = async (holds: () => boolean): Promise<void> => {
    const endMs = scheduler.nowMs + LONGEST_MS;
    // A promise of the suite may have planned something after a step that found nothing.
    for (let idle = 0; !holds(); idle = (await stepBefore(endMs)) ? 0 : idle + 1) {
      if (idle > 1) throw new Error(`not within ${LONGEST_MS} ms: ${holds}`);
    }
  };
  const quiet = async (): Promise<void> => {
    const endMs = scheduler.nowMs + QUIET_MS;
    while (await stepBefore(endMs));
    scheduler.at(endMs, () => {});
    await stepBefore(endMs);
  };
  return {
    async start(count, shape) {
      const random = new Random("transport");
      const options = { seed: 1, nodes: count, claims: 1, faults: NO_FAULTS };
      const plan: Plan = makePlan(options, random.fork("plan"), { newcomers: 0 });
      const net = new Network(NO_FAULTS, plan, topologyOf(plan.ids, shape), scheduler, random.fork("network"));
      const nodes = plan.ids.map((id) => attach(net, id, until));
      await quiet();
      return nodes;
    },
    until,
    quiet,
    async stop() {},
  };
}

function topologyOf(ids: readonly NodeId[], shape: "full" | "line"): Topology {
  const peersOf = (id: NodeId) => ids.filter((peer) => peer !== id && (shape === "full" || Math.abs(peer - id) === 1));
  return {
    bits: 0,
    degrees: MESH_FLOOD,
    connections: new Map(ids.map((id) => [id, new Set(peersOf(id))])),
    mesh: new Map(ids.map((id) => [id, new Set(peersOf(id))])),
  };
}

function attach(net: Network, id: NodeId, until: (holds: () => boolean) => Promise<void>): TransportNode {
  const ask = async (what: "catch-up" | "inquiry", peer: string, data: Uint8Array): Promise<Uint8Array> => {
    let ended: { readonly answer: Uint8Array | null } | null = null as { readonly answer: Uint8Array | null } | null;
    net.ask(what, id, Number(peer), data, (answer) => {
      ended = { answer };
    });
    await until(() => ended !== null);
    if (ended?.answer == null) throw new Error(`node ${peer} gave no answer to ${what}`);
    return ended.answer;
  };
  const gossip: Heard[] = [];
  const direct: Heard[] = [];
  const node: TransportNode = {
    key: String(id),
    gossip,
    direct,
    peers: [],
    verdict: () => "accept",
    answer: (data) => data,
    publish: async (data) => void net.publish(id, data),
    sendDirect: (peers, data) => {
      for (const peer of peers) net.direct(id, Number(peer), data);
    },
    catchUp: (peer, data) => ask("catch-up", peer, data),
    inquire: (peer, data) => ask("inquiry", peer, data),
    forget() {
      gossip.length = 0;
      direct.length = 0;
    },
    ban: (peer) => net.disconnect(id, Number(peer)),
    stop: async () => net.detach(id),
  };
  net.attach(id, {
    onGossip: async (from, message) => {
      gossip.push({ from: String(from), text: text(message.data) });
      net.settle(id, message, await node.verdict(text(message.data)));
    },
    onDuplicate: () => {},
    onDirect: (from, data) => void direct.push({ from: String(from), text: text(data) }),
    onAsked: async (_what, _from, data, answer) => {
      // An agent that cannot answer is silent in the simulation.
      const given = await Promise.resolve(data)
        .then(node.answer)
        .catch(() => null);
      if (given !== null) answer(given);
    },
    onPeers: (connected) => void node.peers.push(connected.map(String)),
  });
  return node;
}
