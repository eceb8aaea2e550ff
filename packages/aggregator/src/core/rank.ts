/**
 * An order of nodes that nobody chooses: from a hash over what it is for. Whose turn it is to send (collect/turns.ts),
 * who adds up a round's shares (peers/subnets.ts).
 */
import type { NodeId } from "@quorate/common";

/**
 * A 32-bit hash of what is wanted and a node: MurmurHash3's finaliser over both. It only has to differ from one wish
 * to the next.
 */
export function rank(wanted: string, node: NodeId): number {
  let hash = node >>> 0;
  for (let i = 0; i < wanted.length; i++) hash = mix(hash ^ wanted.charCodeAt(i));
  return hash;
}

function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
