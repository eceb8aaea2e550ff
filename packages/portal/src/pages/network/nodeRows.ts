/** The node list as a person wants it: filtered and sorted. Enters: nodes. Leaves: nodes, in their order. */
import type { NodeState } from "@quorate/common";
import type { NodeAnswer } from "@quorate/common/http";

export const STATES = ["active", "decommissioned", "pending", "exited"] as const;

export interface NodeFilter {
  readonly state: NodeState | "all";
  /** An id, or a part of an operator's address. */
  readonly text: string;
}

export const SORTS = ["id", "state", "stake", "uptime", "operator"] as const;
export type SortKey = (typeof SORTS)[number];

export interface NodeSort {
  readonly by: SortKey;
  readonly isDescending: boolean;
}

/** Verdicts of the last epochs (P-60), oldest first. */
export interface Uptime {
  readonly present: number;
  readonly missed: number;
  /** Of `present` and `missed` together; null where no epoch was judged. In 1/10000, floored. */
  readonly presentBps: number | null;
}

export function uptimeOf(strip: string): Uptime {
  let present = 0;
  let missed = 0;
  for (const mark of strip) {
    if (mark === "P") present += 1;
    else if (mark === "M") missed += 1;
  }
  const judged = present + missed;
  return { present, missed, presentBps: judged === 0 ? null : Math.floor((present * 10_000) / judged) };
}

export function filterNodes(nodes: readonly NodeAnswer[], { state, text }: NodeFilter): readonly NodeAnswer[] {
  const wanted = text.trim().toLowerCase();
  const isId = /^[0-9]+$/.test(wanted);
  return nodes.filter((node) => {
    if (state !== "all" && node.state !== state) return false;
    if (wanted === "") return true;
    return isId ? String(node.id) === wanted : node.operator.includes(wanted);
  });
}

export function sortNodes(nodes: readonly NodeAnswer[], { by, isDescending }: NodeSort): readonly NodeAnswer[] {
  const valued = nodes.map((node) => ({ node, value: sortValue(node, by) }));
  const sign = isDescending ? -1 : 1;
  valued.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : a.node.id - b.node.id));
  return valued.map(({ node }) => node);
}

function sortValue(node: NodeAnswer, by: SortKey): number | bigint | string {
  switch (by) {
    case "id":
      return node.id;
    case "state":
      return STATES.indexOf(node.state);
    case "stake":
      return node.stake;
    case "uptime":
      return uptimeOf(node.uptime).presentBps ?? -1;
    case "operator":
      return node.operator;
  }
}

/** Of each state: how many nodes and which stake, in atomic units. */
export function byState(nodes: readonly NodeAnswer[]): Record<NodeState, { count: number; stake: bigint }> {
  const sums = {
    pending: { count: 0, stake: 0n },
    active: { count: 0, stake: 0n },
    decommissioned: { count: 0, stake: 0n },
    exited: { count: 0, stake: 0n },
  };
  for (const { state, stake } of nodes) {
    sums[state].count += 1;
    sums[state].stake += stake;
  }
  return sums;
}
