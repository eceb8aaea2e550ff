/**
 * What a node earned (P-53). Enters: an agent, a node, the beneficiary of its first contributor, who has a share of
 * everything the node earns (P-54) and so a line in each such epoch. Leaves: what the node had before it is shared.
 */
import type { AgentClient } from "@quorate/client";
import type { Address, NodeId } from "@quorate/common";
import type { Question } from "../../truth/panel.ts";

/** Epochs looked at: as many as the strip shows. */
export const EARNED_EPOCHS = 48;

/** Amounts in atomic units. */
export interface NodeEarned {
  /** The same for the same reward in each epoch: sums alone could agree by chance. */
  readonly key: string;
  /** The last closed epoch. */
  readonly epoch: number;
  readonly from: number;
  readonly total: bigint;
  readonly inLast: bigint;
}

export function earnedQuestion(node: NodeId, beneficiary: Address, signal: AbortSignal): Question<NodeEarned> {
  return {
    ask: (agent) => earnedBy(agent, node, beneficiary, signal),
    keyOf: ({ key }) => key,
    momentOf: ({ epoch }) => epoch,
    signal,
  };
}

async function earnedBy(
  agent: AgentClient,
  node: NodeId,
  beneficiary: Address,
  signal: AbortSignal,
): Promise<NodeEarned> {
  const { closedEpoch } = await agent.status();
  const epoch = closedEpoch ?? -1;
  const from = Math.max(0, epoch - EARNED_EPOCHS + 1);
  const rewards = new Map<number, bigint>();
  for (let next: number | null = epoch < 0 ? null : from; next !== null; ) {
    signal.throwIfAborted();
    const page = await agent.ledgerPage(beneficiary, next, epoch);
    for (const line of page.lines) if (line.node === node) rewards.set(line.epoch, line.nodeReward);
    next = page.next;
  }
  const key = [...rewards].map(([of, reward]) => `${of} ${reward}`).join("\n");
  const total = [...rewards.values()].reduce((sum, reward) => sum + reward, 0n);
  return { key, epoch, from, total, inLast: rewards.get(epoch) ?? 0n };
}
