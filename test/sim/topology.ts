/**
 * Who holds a connection to whom at the start, and which of those are mesh links, as gossipsub would settle: about D of
 * all. About 12 connections go across the whole set; above FLOOD_MAX nodes everyone is also connected to all of the own
 * subnet (P-131).
 */
import type { NodeId } from "@quorate/common";
import { MESH_FLOOD, MESH_SUBNETS } from "../../packages/aggregator/src/adapters/libp2p/limits.ts";
import type { Random } from "./random.ts";

/** Each node dials so many, and is dialled as often: about 12 connections (`targetPeers`). */
const DIALS = 6;
/** Gossipsub's D, Dlo and Dhi. */
export interface MeshDegrees {
  readonly D: number;
  readonly Dlo: number;
  readonly Dhi: number;
}

export interface Topology {
  /** Of the subnets (P-131); 0 where there is one. */
  readonly bits: number;
  readonly degrees: MeshDegrees;
  readonly connections: ReadonlyMap<NodeId, ReadonlySet<NodeId>>;
  readonly mesh: ReadonlyMap<NodeId, ReadonlySet<NodeId>>;
}

export function makeTopology(ids: readonly NodeId[], random: Random, bits: number): Topology {
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
  for (const subnet of subnetsOf(ids, bits)) for (const a of subnet) for (const b of subnet) connect(a, b);
  const sorted = new Map([...connections].map(([id, peers]) => [id, new Set([...peers].sort((a, b) => a - b))]));
  const mesh = new Map(ids.map((id) => [id, new Set<NodeId>()]));
  const degrees = bits === 0 ? MESH_FLOOD : MESH_SUBNETS;
  graft(connections, mesh, degrees.D, degrees.D, random);
  // Whoever is still below Dlo grafts others, up to their Dhi.
  graft(connections, mesh, degrees.Dlo, degrees.Dhi, random);
  return { bits, degrees, connections: sorted, mesh };
}

/** None where one flood reaches everyone. */
function subnetsOf(ids: readonly NodeId[], bits: number): NodeId[][] {
  if (bits === 0) return [];
  const subnets = Array.from({ length: 2 ** bits }, (): NodeId[] => []);
  for (const id of ids) subnets[id % 2 ** bits]?.push(id);
  return subnets;
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
