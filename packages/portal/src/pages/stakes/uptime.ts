/**
 * The last epochs of nodes as agents judged them. Enters: a panel of agents, node ids. Leaves: a letter an epoch for
 * each node (P present, M missed, U not judged; P-60), and how many agents say the same.
 */
import type { NodeId } from "@quorate/common";
import type { Compared } from "../../truth/compare.ts";
import { wholeKey } from "../../truth/compare.ts";
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
      const [{ closedEpoch }, nodes] = await Promise.all([agent.status(), agent.nodes()]);
      const wanted = new Set(ids);
      const mine = nodes.filter(({ id }) => wanted.has(id)).map(({ id, uptime }) => [id, uptime] as const);
      return { closedEpoch: closedEpoch ?? -1, of: Object.fromEntries(mine) };
    },
    keyOf: wholeKey,
    momentOf: ({ closedEpoch }) => closedEpoch,
    signal,
  });
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
