/**
 * Subnets (P-134): which nodes add up their shares among themselves before others hear of them. A set of N nodes has
 * 2^bits subnets of about √N nodes, and a node's subnet is its id modulo their number: so a registration moves nobody,
 * and the number changes only when the set has grown fourfold. Not here: what is sent to whom.
 */
import { quorateError } from "./errors.ts";
import { Signers } from "./signers.ts";
import type { NodeId } from "./types.ts";

/** One of 2^bits subnets; all nodes are in the one subnet of 0 bits. */
export interface Subnet {
  readonly bits: number;
  /** The ids of its nodes, modulo 2^bits. */
  readonly index: number;
}

/** 256 subnets are those of 65,536 nodes, as many as a bitfield can have. */
export const MAX_SUBNET_BITS = 8;

/** Nodes up to which everyone hears every share: one round costs 128 shares of 330 bytes, some copies of each. */
export const FLOOD_MAX = 128;

/** The bits of the subnets of a set of so many nodes: the smallest power of two that is at least √nodes. */
export function subnetBits(nodes: number, floodMax: number = FLOOD_MAX): number {
  if (nodes <= floodMax) return 0;
  let bits = 0;
  while (bits < MAX_SUBNET_BITS && 4 ** bits < nodes) bits += 1;
  return bits;
}

export function subnetOf(id: NodeId, bits: number): Subnet {
  return { bits, index: id % 2 ** bits };
}

export function isInSubnet(id: NodeId, { bits, index }: Subnet): boolean {
  return id % 2 ** bits === index;
}

/**
 * A bitfield of nodes of one subnet: bit i is node id 2^bits · i + index, so that it is as long as the subnet and not
 * as the set. @throws NODE_ID_INVALID for a node of another subnet
 */
export function packSigners(signers: Signers, { bits, index }: Subnet): Uint8Array<ArrayBuffer> {
  const places = signers.ids().map((id) => {
    if (!isInSubnet(id, { bits, index })) throw quorateError("NODE_ID_INVALID", { id, subnet: index, bits });
    return (id - index) / 2 ** bits;
  });
  const bytes = new Uint8Array(((places.at(-1) ?? -1) >> 3) + 1);
  for (const place of places) bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (1 << (place & 7));
  return bytes;
}

/** @throws NODE_ID_INVALID when a bit stands for no id */
export function unpackSigners(bytes: Uint8Array, { bits, index }: Subnet): Signers {
  const ids: NodeId[] = [];
  bytes.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) ids.push((at * 8 + bit) * 2 ** bits + index);
  });
  return Signers.of(ids);
}
