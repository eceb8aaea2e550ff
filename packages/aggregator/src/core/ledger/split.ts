/**
 * Splits one epoch's emission among nodes and their contributors (P-53, P-54).
 * Enters: an amount and each node's weight. Leaves: credits by beneficiary and what is carried over; their sum is the amount, exactly (P-55).
 */
import { type Address, BPS } from "@quorate/common";
import type { ContributorView } from "./events.ts";

export interface WeighedNode {
  readonly stake: bigint;
  readonly feeBps: number;
  readonly contributors: readonly ContributorView[];
  /** stake × active seconds in the epoch. */
  readonly weight: bigint;
}

export interface Split {
  readonly credits: Map<Address, bigint>;
  readonly carry: bigint;
}

export function splitEpoch(toSplit: bigint, nodes: readonly WeighedNode[]): Split {
  const totalWeight = nodes.reduce((sum, node) => sum + node.weight, 0n);
  const credits = new Map<Address, bigint>();
  if (totalWeight === 0n) return { credits, carry: toSplit };

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
    creditNode(credits, node, reward);
  }
  return { credits, carry };
}

/** P-54: the fee and the node's dust go to the first contributor's beneficiary, the rest by contributed stake. */
function creditNode(credits: Map<Address, bigint>, node: WeighedNode, reward: bigint): void {
  const operator = node.contributors[0];
  if (operator === undefined) throw new Error("a node without contributors cannot be registered (P-27)");
  const fee = (reward * BigInt(node.feeBps)) / BPS;
  const shared = reward - fee;
  let dust = shared;
  // As above: contributors of one node often have equal stakes.
  let lastStake = 0n;
  let part = 0n;
  for (const contributor of node.contributors) {
    if (contributor.stake !== lastStake) {
      lastStake = contributor.stake;
      part = (shared * lastStake) / node.stake;
    }
    dust -= part;
    credit(credits, contributor.beneficiary, part);
  }
  credit(credits, operator.beneficiary, fee + dust);
}

function credit(credits: Map<Address, bigint>, to: Address, amount: bigint): void {
  if (amount === 0n) return;
  const before = credits.get(to);
  credits.set(to, before === undefined ? amount : before + amount);
}
