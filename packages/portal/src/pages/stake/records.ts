/**
 * What an operator's other nodes have done. Enters: nodes as agents list them. Leaves: for each operator their ids,
 * states and epochs. Agents' word, held against each other; not the chain's.
 */
import type { Address, NodeId, NodeState } from "@quorate/common";
import type { NodeAnswer } from "@quorate/common/http";
import { type Compared, wholeKey } from "../../truth/compare.ts";
import { nodePages } from "../../truth/nodesSaid.ts";
import type { Panel } from "../../truth/panel.ts";
import { countUptime } from "../stakes/uptime.ts";

export interface OperatorRecord {
  readonly nodes: readonly { readonly id: NodeId; readonly state: NodeState; readonly uptime: string }[];
  /** Epochs in which a node of it was judged, and those of them in which it was present. */
  readonly judged: number;
  readonly present: number;
}

export type Records = Readonly<Record<Address, OperatorRecord>>;

export function recordsOf(
  nodes: readonly Pick<NodeAnswer, "id" | "state" | "uptime" | "operator">[],
  operators: readonly Address[],
): Records {
  const found = operators.map((operator): [Address, OperatorRecord] => {
    const own = nodes.filter((node) => node.operator === operator);
    const counts = own.map(({ uptime }) => countUptime(uptime));
    return [
      operator,
      {
        nodes: own.map(({ id, state, uptime }) => ({ id, state, uptime })),
        judged: counts.reduce((sum, { present, missed }) => sum + present + missed, 0),
        present: counts.reduce((sum, { present }) => sum + present, 0),
      },
    ];
  });
  return Object.fromEntries(found);
}

interface Said {
  readonly closedEpoch: number;
  readonly records: Records;
}

/** @throws AGENT_* when none answers */
export function askRecords(panel: Panel, operators: readonly Address[], signal: AbortSignal): Promise<Compared<Said>> {
  return panel.ask<Said>({
    async ask(agent) {
      const { closedEpoch } = await agent.status();
      const nodes: NodeAnswer[] = [];
      for await (const some of nodePages(agent, signal)) nodes.push(...some);
      return { closedEpoch: closedEpoch ?? -1, records: recordsOf(nodes, operators) };
    },
    keyOf: wholeKey,
    momentOf: ({ closedEpoch }) => closedEpoch,
    signal,
  });
}
