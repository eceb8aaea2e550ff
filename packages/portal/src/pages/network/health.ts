/**
 * How much of the stake may still fail before payments stop (P-24). Enters: stakes by what they count for, in atomic
 * units. Leaves: the exact stake that may be missing, by the contract's own conditions, and how many nodes that is.
 */
import { BPS, FLOOR_QUORUM_BPS, MONEY_QUORUM_BPS } from "@quorate/common";

export interface Stakes {
  readonly activeStake: bigint;
  /** Of decommissioned nodes that count toward the floor: silent ones do not. */
  readonly decommissionedStake: bigint;
}

export interface Health {
  /** Active stake that may be missing while the rest can still move money, if no decommissioned node signs. */
  readonly mayFail: bigint;
  /** Which condition ends first: 95% of active stake, or 75% of active and decommissioned stake together. */
  readonly by: "active" | "floor";
  /** Below zero: so much decommissioned stake has to sign too, although every active node does. */
  readonly isShort: boolean;
}

const needed = (total: bigint, bps: bigint): bigint => (total * bps + BPS - 1n) / BPS;

export function healthOf({ activeStake, decommissionedStake }: Stakes): Health {
  const byActive = activeStake - needed(activeStake, MONEY_QUORUM_BPS);
  const byFloor = activeStake - needed(activeStake + decommissionedStake, FLOOR_QUORUM_BPS);
  const by = byFloor < byActive ? "floor" : "active";
  const margin = by === "floor" ? byFloor : byActive;
  return { mayFail: margin < 0n ? 0n : margin, by, isShort: margin < 0n };
}

/** How many active nodes may fail whichever they are: those with most stake are counted first. */
export function nodesThatMayFail(activeStakes: readonly bigint[], mayFail: bigint): number {
  const largestFirst = [...activeStakes].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  let left = mayFail;
  let count = 0;
  for (const stake of largestFirst) {
    left -= stake;
    if (left < 0n) break;
    count += 1;
  }
  return count;
}

/** Whole per cents are for people, never for decisions: 1/10000 of `total`, floored. */
export function bpsOf(part: bigint, total: bigint): number {
  return total === 0n ? 0 : Number((part * BPS) / total);
}
