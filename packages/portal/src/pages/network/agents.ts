/**
 * What each agent says of the network, side by side. Enters: agents. Leaves: how each answered, and where two say
 * different things of the same epoch or block. Not its job: believing any of them.
 */
import type { AgentClient } from "@quorate/client";
import { type EpochsPage, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { PortalFacts, StatusAnswer } from "@quorate/common/http";
import { tokens } from "../../parts/format.ts";

/** Epochs compared, back from the last that an agent has closed. */
export const EPOCHS_COMPARED = 8;

/** Agents asked: a few hundred bytes each. The others are not. */
export const AGENTS_SHOWN_MAX = 32;

export interface AgentSaid {
  readonly url: string;
  /** Milliseconds until its status was here. */
  readonly tookMs: number;
  readonly status: StatusAnswer;
  readonly epochs: EpochsPage["epochs"];
}

export type AgentHeard = AgentSaid | { readonly url: string; readonly error: QuorateError };

/**
 * Two URLs of one agent are one. `onHeard` is told of all so far, whenever one has answered. @throws the signal's
 * reason
 */
export async function hearAgents(
  agents: readonly AgentClient[],
  facts: Pick<PortalFacts, "chainId" | "contract">,
  signal: AbortSignal,
  onHeard: (heard: readonly AgentHeard[]) => void = () => {},
): Promise<readonly AgentHeard[]> {
  const asked = agents.slice(0, AGENTS_SHOWN_MAX);
  const heard = new Map<string, AgentHeard>();
  const all = () => onceEach(asked.flatMap(({ url }) => heard.get(url) ?? []));
  await Promise.all(
    asked.map(async (agent) => {
      heard.set(agent.url, await hear(agent, facts));
      onHeard(all());
    }),
  );
  signal.throwIfAborted();
  return all();
}

function onceEach(heard: readonly AgentHeard[]): readonly AgentHeard[] {
  const peers = new Set<string>();
  return heard.filter((one) => {
    if ("error" in one) return true;
    const isNew = !peers.has(one.status.peerId);
    peers.add(one.status.peerId);
    return isNew;
  });
}

async function hear(agent: AgentClient, facts: Pick<PortalFacts, "chainId" | "contract">): Promise<AgentHeard> {
  const { url } = agent;
  const startedMs = performance.now();
  try {
    const status = await agent.status();
    const tookMs = performance.now() - startedMs;
    const { chainId, contract } = status.network;
    if (chainId !== facts.chainId || contract !== facts.contract) {
      const [given, expected] = [`${contract} on chain ${chainId}`, `${facts.contract} on chain ${facts.chainId}`];
      throw quorateError("AGENT_ANSWER_INVALID", { url, reason: "of another network", given, expected });
    }
    const from = Math.max(0, (status.closedEpoch ?? 0) - EPOCHS_COMPARED + 1);
    const { epochs } = await agent.ledgerEpochs(from, EPOCHS_COMPARED);
    return { url, tookMs, status, epochs };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { url, error };
  }
}

/** What one agent, or the chain, says in a disagreement. */
export interface Side {
  /** As it is shown: a root, a hash, an amount. */
  readonly value: string;
  readonly urls: readonly string[];
}

export interface Dispute {
  readonly about: "root" | "owed" | "block" | "stakes" | "nodes";
  /** The epoch, or the height of the block, that they speak of. */
  readonly at: number;
  readonly sides: readonly Side[];
}

/** What the page read from the chain itself: it takes part as one of them. */
export interface PayableRootSaid {
  readonly epoch: number;
  readonly root: string;
}

/** The name under which the chain takes part. */
export const THE_CHAIN = "chain";

export function disputesOf(said: readonly AgentSaid[], payable: PayableRootSaid | null = null): readonly Dispute[] {
  const claims = new Map<string, { about: Dispute["about"]; at: number; sides: Map<string, string[]> }>();
  const claim = (about: Dispute["about"], at: number, value: string, url: string) => {
    const key = `${about} ${at}`;
    const one = claims.get(key) ?? { about, at, sides: new Map<string, string[]>() };
    claims.set(key, one);
    one.sides.set(value, [...(one.sides.get(value) ?? []), url]);
  };
  for (const { url, epochs, status } of said) {
    for (const { epoch, root, totalOwed } of epochs) {
      // An agent that has not built the tree says nothing of its root.
      if (root !== null) claim("root", epoch, root, url);
      claim("owed", epoch, tokens(totalOwed), url);
    }
    const { head, nodes, activeStake, decommissionedStake, silentStake } = status;
    if (head === null) continue;
    claim("block", head.number, head.hash, url);
    claim("stakes", head.number, [activeStake, decommissionedStake, silentStake].map(tokens).join(" / "), url);
    claim("nodes", head.number, [nodes.active, nodes.decommissioned, nodes.pending, nodes.exited].join(" / "), url);
  }
  if (payable !== null) claim("root", payable.epoch, payable.root, THE_CHAIN);
  return [...claims.values()]
    .filter(({ sides }) => sides.size > 1)
    .map(({ about, at, sides }) => ({ about, at, sides: [...sides].map(([value, urls]) => ({ value, urls })) }))
    .sort((a, b) => a.about.localeCompare(b.about) || b.at - a.at);
}

/** The agent says that it is well, and is no more than a block or two behind the others. */
export function behindBlocks(said: readonly AgentSaid[], one: AgentSaid): number {
  const highest = Math.max(...said.map(({ status }) => status.head?.number ?? 0));
  return highest - (one.status.head?.number ?? 0);
}

/** Active nodes that more than half of the agents call out of reach. */
export function outOfReach(said: readonly AgentSaid[]): readonly number[] {
  const counted = new Map<number, number>();
  for (const { status } of said)
    for (const id of status.reach?.missing ?? []) counted.set(id, (counted.get(id) ?? 0) + 1);
  return [...counted].filter(([, count]) => count * 2 > said.length).map(([id]) => id);
}
