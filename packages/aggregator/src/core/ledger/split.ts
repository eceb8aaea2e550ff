/**
 * Splits one epoch's emission among nodes and their contributors (P-53, P-54).
 * Enters: an amount and each node's weight. Leaves: credits by beneficiary and what is carried over; their sum is the
 * amount, exactly (P-55).
 */
import { BPS, type NodeId } from "@quorate/common";
import type { Credits } from "./credits.ts";
import type { ContributorView } from "./events.ts";

export interface WeighedNode {
  readonly id: NodeId;
  readonly stake: bigint;
  readonly feeBps: number;
  readonly contributors: readonly ContributorView[];
  readonly activeSeconds: number;
  /** stake × active seconds in the epoch. */
  readonly weight: bigint;
}

/** Returns what is carried over, in atomic units. */
export function splitEpoch(toSplit: bigint, nodes: readonly WeighedNode[], credits: Credits): bigint {
  const totalWeight = nodes.reduce((sum, node) => sum + node.weight, 0n);
  if (totalWeight === 0n) return toSplit;

  let carry = toSplit;
  // Most nodes weigh what the one before them does: a division of large integers is what closing an epoch spends its
  // time on.
  let lastWeight = 0n;
  let reward = 0n;
  for (const node of nodes) {
    if (node.weight !== lastWeight) {
      lastWeight = node.weight;
      reward = (toSplit * lastWeight) / totalWeight;
    }
    if (reward === 0n) continue;
    carry -= reward;
    if (credits.concern(node.contributors)) creditNode(credits, node, reward);
  }
  return carry;
}

/** P-54: the fee and the node's dust go to the first contributor's beneficiary, the rest by contributed stake. */
function creditNode(credits: Credits, node: WeighedNode, reward: bigint): void {
  const { id, activeSeconds, contributors } = node;
  const [operator] = contributors;
  if (operator === undefined) throw new Error("a node without contributors cannot be registered (P-27)");
  const earning = { id, activeSeconds, reward };
  const fee = (reward * BigInt(node.feeBps)) / BPS;
  const shared = reward - fee;
  let dust = shared;
  // As above: contributors of one node often have equal stakes.
  let lastStake = 0n;
  let part = 0n;
  for (const contributor of contributors) {
    if (contributor.stake !== lastStake) {
      lastStake = contributor.stake;
      part = (shared * lastStake) / node.stake;
    }
    dust -= part;
    credits.add(contributor.beneficiary, part, "share", earning);
  }
  credits.add(operator.beneficiary, fee, "fee", earning);
  credits.add(operator.beneficiary, dust, "dust", earning);
}
