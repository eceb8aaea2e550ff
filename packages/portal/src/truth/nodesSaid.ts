/**
 * The node set as agents tell it. Enters: agents. Leaves: all nodes, page after page, so that no frame checks more than
 * a few hundred of them, with a key that tells two sets apart.
 */
import type { AgentClient } from "@quorate/client";
import { isQuorateError } from "@quorate/common";
import { NODES_PAGE_MAX, type NodeAnswer } from "@quorate/common/http";
import type { Question } from "../../truth/panel.ts";

export interface NodesSaid {
  /** The last closed epoch of who says so; -1 before the first. */
  readonly epoch: number;
  readonly nodes: readonly NodeAnswer[];
  /** The same for the same nodes, states, stakes and verdicts. */
  readonly key: string;
}

/** To an agent: all nodes, or those from one id on, `count` at most. */
export function nodesQuestion(signal: AbortSignal, from = 1, count = Number.POSITIVE_INFINITY): Question<NodesSaid> {
  return {
    ask: (agent) => nodesOf(agent, signal, from, count),
    keyOf: ({ key }) => key,
    momentOf: ({ epoch }) => epoch,
    signal,
  };
}

async function nodesOf(agent: AgentClient, signal: AbortSignal, from: number, count: number): Promise<NodesSaid> {
  const { closedEpoch } = await agent.status();
  const nodes: NodeAnswer[] = [];
  let key = "";
  for (let next: number | null = from; next !== null && nodes.length < count; ) {
    signal.throwIfAborted();
    const page = await pageOf(agent, next, Math.min(NODES_PAGE_MAX, count - nodes.length));
    nodes.push(...page.nodes);
    key += page.nodes.map(keyOf).join("");
    next = page.next;
  }
  return { epoch: closedEpoch ?? -1, nodes, key };
}

async function pageOf(agent: AgentClient, from: number, count: number) {
  try {
    const { nodes, next } = await agent.nodesPage(from, count);
    return { nodes, next: next ?? null };
  } catch (error) {
    // An agent of an earlier version has one page: all of them.
    if (!isQuorateError(error, "REQUEST_MALFORMED")) throw error;
    const nodes = (await agent.nodes()).filter(({ id }) => id >= from);
    return { nodes: nodes.slice(0, count >= NODES_PAGE_MAX ? nodes.length : count), next: null };
  }
}

/** A line for each; contributors and keys never change (P-27), and the contract has them. */
function keyOf({ id, state, silent, stake, operator, feeBps, uptime, unlocksAt }: NodeAnswer): string {
  return `${id} ${state} ${silent} ${stake} ${operator} ${feeBps} ${uptime} ${unlocksAt ?? ""}\n`;
}
