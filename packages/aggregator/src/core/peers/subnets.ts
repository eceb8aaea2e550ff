/**
 * Who is in which subnet of a node set (P-134), and who adds up a round's shares in it. Enters: the node set. Leaves:
 * members, in an order for each round. Computed once for a set, whoever asks. Not here: what is sent (delivery.ts).
 */
import { FLOOD_MAX, type NodeId, type RoundKey, type Subnet, setNewest, subnetBits, subnetOf } from "@quorate/common";
import type { AgentOptions, Context } from "../context.ts";
import type { PeerKey } from "../io.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { AGGREGATORS, ORDERS_MAX } from "../limits.ts";
import { rank } from "../rank.ts";

/** Subnets of one node set. */
export interface Subnets {
  /** Nodes up to which there is one subnet. */
  readonly floodMax: number;
  /** Nodes that have not exited: each of them signs. */
  readonly nodes: number;
  /** 0: everyone hears every share. */
  readonly bits: number;
  /** Of each subnet those that have not exited, in id order. */
  readonly members: readonly (readonly LedgerNode[])[];
}

/** What of the context says who is where. */
export interface NodeSet {
  readonly nodes: readonly LedgerNode[];
  readonly options: Pick<AgentOptions, "floodMax">;
}

const known = new WeakMap<readonly LedgerNode[], Subnets>();
const knownOrders = new WeakMap<readonly LedgerNode[], Map<RoundKey, readonly LedgerNode[]>>();

/** The subnets of the latest finalised block's node set. */
export function subnetsOf({ nodes, options }: NodeSet): Subnets {
  const floodMax = options.floodMax ?? FLOOD_MAX;
  const found = known.get(nodes);
  if (found?.floodMax === floodMax) return found;
  const inSet = nodes.filter(({ state }) => state !== "exited");
  const bits = subnetBits(inSet.length, floodMax);
  const members: LedgerNode[][] = Array.from({ length: 2 ** bits }, () => []);
  for (const node of inSet) members[subnetOf(node.id, bits).index]?.push(node);
  const subnets = { floodMax, nodes: inSet.length, bits, members };
  known.set(nodes, subnets);
  return subnets;
}

/** The own node's subnet; null where there is only one, or this agent has no node. */
export function ownSubnet(context: NodeSet & Pick<Context, "ownNode">): Subnet | null {
  const { bits } = subnetsOf(context);
  return bits === 0 || context.ownNode === null ? null : subnetOf(context.ownNode.id, bits);
}

/** The other nodes of the own subnet, by their identities; empty where there is only one subnet. */
export function matesOf(context: NodeSet & Pick<Context, "ownNode">): ReadonlySet<PeerKey> {
  const subnet = ownSubnet(context);
  const members = subnet === null ? [] : (subnetsOf(context).members[subnet.index] ?? []);
  const others = members.filter(({ id, identityValid }) => identityValid && id !== context.ownNode?.id);
  return new Set(others.map(({ identityKey }) => identityKey));
}

/** The members of a subnet in the order in which they are a round's aggregators: the same for everyone. */
export function aggregatorOrder(round: RoundKey, members: readonly LedgerNode[]): readonly LedgerNode[] {
  const orders = knownOrders.get(members) ?? new Map<RoundKey, readonly LedgerNode[]>();
  knownOrders.set(members, orders);
  const found = orders.get(round);
  if (found !== undefined) return found;
  const order = orderOf(round, members);
  setNewest(orders, round, order, ORDERS_MAX);
  return order;
}

/**
 * Nodes that have not signed, in the order in which they are worth asking (P-89): first those of subnets of whose first
 * aggregators fewest have signed. Where these have signed, a node's share would be here if it were up.
 */
export function leastHeardFirst(context: NodeSet, round: RoundKey, missing: readonly NodeId[]): readonly NodeId[] {
  const { bits, members } = subnetsOf(context);
  if (bits === 0) return missing;
  const away = new Set(missing);
  const hears = ({ id, state }: LedgerNode): boolean => state === "active" && !away.has(id);
  const hearing = members.map((nodes) => aggregatorOrder(round, nodes).slice(0, AGGREGATORS).filter(hears).length);
  const heard = (id: NodeId): number => hearing[subnetOf(id, bits).index] ?? 0;
  return [...missing].sort((a, b) => heard(a) - heard(b));
}

function orderOf(round: RoundKey, members: readonly LedgerNode[]): LedgerNode[] {
  return members
    .filter(({ identityValid }) => identityValid)
    .map((node) => ({ node, place: rank(round, node.id) }))
    .sort((a, b) => a.place - b.place || a.node.id - b.node.id)
    .map(({ node }) => node);
}
