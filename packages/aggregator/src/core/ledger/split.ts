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
  // Most nodes weigh what the one before them does: arithmetic of large integers is what closing an epoch spends its
  // time on.
  const runs = runsOf(nodes);
  const totalWeight = runs.reduce((sum, { weight, from, to }) => sum + weight * BigInt(to - from), 0n);
  if (totalWeight === 0n) return toSplit;

  let carry = toSplit;
  for (const { weight, from, to } of runs) {
    const reward = (toSplit * weight) / totalWeight;
    if (reward === 0n) continue;
    carry -= reward * BigInt(to - from);
    for (let at = from; at < to; at++) {
      const node = nodes[at] as WeighedNode;
      if (credits.concern(node.contributors)) creditNode(credits, node, reward);
    }
  }
  return carry;
}

/** Nodes `from` to before `to` have the same weight. */
interface Run {
  readonly weight: bigint;
  readonly from: number;
  to: number;
}

function runsOf(nodes: readonly WeighedNode[]): readonly Run[] {
  const runs: Run[] = [];
  for (const [at, { weight }] of nodes.entries()) {
    const run = runs.at(-1);
    if (run?.weight === weight) run.to = at + 1;
    else runs.push({ weight, from: at, to: at + 1 });
  }
  return runs;
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
