/**
 * Whose turn it is to send what everyone could send: nodes in an order drawn from a hash of what is wanted, in groups
 * that double. So the first sends alone; should it not, two are next, then four; and after eleven turns each of 2,000
 * nodes has had its own, however few have an account.
 */
import type { NodeId } from "@quorate/common";
import { TURN_MAX_MS, TURNS_PART_OF_EPOCH } from "../limits.ts";
import { rank } from "../rank.ts";

/**
 * When a node sends, in turns from 0, among the nodes that may send: its turn, and its place within it as a fraction,
 * so that the nodes of one turn do not all send at once.
 */
export function turnOf(wanted: string, node: NodeId, nodes: readonly NodeId[]): number {
  const own = rank(wanted, node);
  let before = 0;
  for (const id of nodes) {
    const other = rank(wanted, id);
    if (other < own || (other === own && id < node)) before += 1;
  }
  const turn = Math.floor(Math.log2(before + 1));
  const size = 2 ** turn;
  return turn + (before + 1 - size) / size;
}

/**
 * Milliseconds between turns: all turns take a part of the epoch, and none is longer than it has to be for the one
 * before to be seen.
 */
export function turnMs(epochSeconds: number, nodes: number): number {
  const turns = Math.floor(Math.log2(Math.max(1, nodes))) + 1;
  return Math.min(TURN_MAX_MS, Math.floor((epochSeconds * 1_000) / TURNS_PART_OF_EPOCH / turns));
}
