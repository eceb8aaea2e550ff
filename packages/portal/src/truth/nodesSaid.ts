/**
 * The node set as agents tell it. Enters: agents. Leaves: all nodes, page after page, so that no frame checks more than
 * a few hundred of them, with a key that tells two sets apart.
 */
import type { AgentClient } from "@quorate/client";
import { isQuorateError } from "@quorate/common";
import { NODES_PAGE_MAX, type NodeAnswer } from "@quorate/common/http";
import type { Question } from "./panel.ts";

export interface NodesSaid {
  /** The last closed epoch of who says so; -1 before the first. */
  readonly epoch: number;
  readonly nodes: readonly NodeAnswer[];
  /** The same for the same nodes with all that is shown of them. */
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
  for await (const some of nodePages(agent, signal, from, count)) {
    nodes.push(...some);
    key += some.map(keyOf).join("");
  }
  return { epoch: closedEpoch ?? -1, nodes, key };
}

/** All nodes from an id on, `count` at most, a page at a time: each is checked in a task of its own. */
export async function* nodePages(
  agent: AgentClient,
  signal: AbortSignal,
  from = 1,
  count = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly NodeAnswer[]> {
  let left = count;
  for (let next: number | null = from; next !== null && left > 0; ) {
    signal.throwIfAborted();
    const page: Page = await pageOf(agent, next, Math.min(NODES_PAGE_MAX, left));
    yield page.nodes;
    left -= page.nodes.length;
    next = page.next;
  }
}

interface Page {
  readonly nodes: readonly NodeAnswer[];
  readonly next: number | null;
}

async function pageOf(agent: AgentClient, from: number, count: number): Promise<Page> {
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

function keyOf(node: NodeAnswer): string {
  const { id, state, silent, stake, operator, feeBps, uptime, unlocksAt, blsKey, identityKey, contributors } = node;
  const parts = contributors.map((one) => `${one.addr} ${one.beneficiary} ${one.stake}`).join(",");
  return (
    `${id} ${state} ${silent} ${stake} ${operator} ${feeBps} ${uptime} ${unlocksAt ?? ""} ${blsKey} ${identityKey} ` +
    `${parts}\n`
  );
}
