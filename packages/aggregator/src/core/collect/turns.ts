/**
 * Whose turn it is to send what everyone could send: nodes in an order drawn from a hash of what is wanted, in groups
 * that double. So the first sends alone; should it not, two are next, then four; and after eleven turns each of 2,000
 * nodes has had its own, however few have an account.
 */
import type { NodeId } from "@quorate/common";
import type { Context } from "../context.ts";
import { TURN_MAX_MS, TURNS_KEPT_MAX, TURNS_PART_OF_EPOCH } from "../limits.ts";
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

/** As turnMs, of the node set as it is. */
export function spacingOf({ ledger, nodes }: Context): number {
  return turnMs(ledger.epochSeconds ?? 0, nodes.length);
}

/** The own node's turns, each counted once in a node set: it is looked for at each tick. */
export class OwnTurns {
  #nodes: Context["nodes"] | null = null;
  readonly #known = new Map<string, number>();

  /** Milliseconds from when a call is wanted until the own node's turn; infinity without a node. */
  afterMs(context: Context, wanted: string): number {
    const { nodes, ownNode } = context;
    if (ownNode === null) return Number.POSITIVE_INFINITY;
    if (this.#nodes !== nodes || this.#known.size > TURNS_KEPT_MAX) this.#known.clear();
    this.#nodes = nodes;
    const turn = this.#known.get(wanted) ?? turnOf(wanted, ownNode.id, senderIds(context));
    this.#known.set(wanted, turn);
    return turn * spacingOf(context);
  }
}

function senderIds({ nodes }: Context): NodeId[] {
  return nodes.filter(({ state }) => state !== "exited").map(({ id }) => id);
}
