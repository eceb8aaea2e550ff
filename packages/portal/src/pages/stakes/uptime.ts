/**
 * The last epochs of nodes as agents judged them. Enters: a panel of agents, node ids. Leaves: a letter an epoch for
 * each node (P present, M missed, U not judged; P-60), and how many agents say the same.
 */
import type { NodeId } from "@quorate/common";
import { NODES_PAGE_MAX } from "@quorate/common/http";
import type { Compared } from "../../truth/compare.ts";
import { wholeKey } from "../../truth/compare.ts";
import { nodePages } from "../../truth/nodesSaid.ts";
import type { Panel } from "../../truth/panel.ts";

export interface Uptimes {
  readonly closedEpoch: number;
  /** By node, oldest epoch first. */
  readonly of: Readonly<Record<NodeId, string>>;
}

/** @throws AGENT_* when none answers */
export function askUptimes(panel: Panel, ids: readonly NodeId[], signal: AbortSignal): Promise<Compared<Uptimes>> {
  return panel.ask<Uptimes>({
    async ask(agent) {
      const { closedEpoch } = await agent.status();
      const of: Record<NodeId, string> = {};
      for (const { from, count, wanted } of spansOf(ids)) {
        for await (const some of nodePages(agent, signal, from, count)) {
          for (const { id, uptime } of some) if (wanted.has(id)) of[id] = uptime;
        }
      }
      return { closedEpoch: closedEpoch ?? -1, of };
    },
    keyOf: wholeKey,
    momentOf: ({ closedEpoch }) => closedEpoch,
    signal,
  });
}

export interface Span {
  readonly from: NodeId;
  /** Ids from the first wanted one to the last: no page has to have more. */
  readonly count: number;
  readonly wanted: ReadonlySet<NodeId>;
}

/** Ids near each other are asked for by one page, and what lies between two far ones is left out. */
export function spansOf(ids: readonly NodeId[]): readonly Span[] {
  const spans: Span[] = [];
  let near: NodeId[] = [];
  const close = () => {
    const [from, last] = [near[0], near.at(-1)];
    if (from !== undefined && last !== undefined) spans.push({ from, count: last - from + 1, wanted: new Set(near) });
  };
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (near[0] !== undefined && id - near[0] >= NODES_PAGE_MAX) {
      close();
      near = [];
    }
    near.push(id);
  }
  close();
  return spans;
}

export interface UptimeCount {
  readonly present: number;
  readonly missed: number;
  readonly open: number;
}

export function countUptime(uptime: string): UptimeCount {
  const count = (letter: string) => [...uptime].filter((one) => one === letter).length;
  return { present: count("P"), missed: count("M"), open: count("U") };
}
