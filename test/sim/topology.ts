/**
 * Who holds a connection to whom, and which of those are mesh links, as gossipsub would settle: about D = 8 of about 12 connections.
 * The mesh stays as it is for the run: peers that turn out to be silent are not replaced, which is harsher than gossipsub.
 */
import type { NodeId } from "@quorate/common";
import type { Random } from "./random.ts";

/** Each node dials so many, and is dialled as often: about 12 connections (`targetPeers`). */
const DIALS = 6;
/** Gossipsub v1.1's D and Dlo. */
const MESH_DEGREE = 8;
const MESH_DEGREE_LOW = 6;

export interface Topology {
  readonly connections: ReadonlyMap<NodeId, readonly NodeId[]>;
  readonly mesh: ReadonlyMap<NodeId, ReadonlySet<NodeId>>;
}

export function makeTopology(ids: readonly NodeId[], random: Random): Topology {
  const connections = new Map(ids.map((id) => [id, new Set<NodeId>()]));
  const order = random.sample(ids, ids.length);
  const connect = (a: NodeId, b: NodeId): void => {
    if (a === b) return;
    connections.get(a)?.add(b);
    connections.get(b)?.add(a);
  };
  // A ring first: whatever chance does, the graph is connected.
  order.forEach((id, i) => {
    connect(id, order[(i + 1) % order.length] as NodeId);
  });
  for (const id of ids) for (const dialled of random.sample(ids, DIALS - 1)) connect(id, dialled);
  const mesh = new Map(ids.map((id) => [id, new Set<NodeId>()]));
  graft(connections, mesh, MESH_DEGREE, MESH_DEGREE, random);
  // Whoever is still below Dlo grafts others, up to their Dhi.
  graft(connections, mesh, MESH_DEGREE_LOW, 12, random);
  return { connections: new Map([...connections].map(([id, peers]) => [id, [...peers].sort((a, b) => a - b)])), mesh };
}

function graft(
  connections: ReadonlyMap<NodeId, ReadonlySet<NodeId>>,
  mesh: ReadonlyMap<NodeId, Set<NodeId>>,
  wanted: number,
  accepted: number,
  random: Random,
): void {
  for (const [id, peers] of connections) {
    const own = mesh.get(id) as Set<NodeId>;
    for (const peer of random.sample([...peers], peers.size)) {
      const theirs = mesh.get(peer) as Set<NodeId>;
      if (own.size >= wanted || own.has(peer) || theirs.size >= accepted) continue;
      own.add(peer);
      theirs.add(id);
    }
  }
}
