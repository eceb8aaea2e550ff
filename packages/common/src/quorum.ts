/**
 * Who signed, by stake (P-24, P-102). In: a signers bitfield and a node set. Out: the id lists the contract takes, the
 * stakes that count, and whether they suffice, in the contract's own integer arithmetic.
 */

import type { Signers } from "./signers.ts";
import type { NodeId, NodeState } from "./types.ts";

/** One whole, in basis points. */
export const BPS = 10_000n;
/** What moves money needs this part of the active stake (P-24). */
export const MONEY_QUORUM_BPS = 9_500n;
/** What moves money needs this part of the active and decommissioned stake together, too (P-24). */
export const FLOOR_QUORUM_BPS = 7_500n;
/** A report is recorded at this part of the active stake (P-24). */
export const REPORT_QUORUM_BPS = 6_667n;

/** What quorum needs to know of a node. */
export interface NodeView {
  readonly id: NodeId;
  readonly state: NodeState;
  /** Whether a decommissioned node was dropped from the floor (P-110): its stake is on neither side of it. */
  readonly silent: boolean;
  /** Atomic units. */
  readonly stake: bigint;
  /** 96 bytes (P-2). */
  readonly blsKey: Uint8Array;
}

/** What the contract's `verify` takes beside digest and signature; both ascending. */
export interface IdLists {
  readonly nonSigners: readonly NodeId[];
  readonly extraSigners: readonly NodeId[];
}

/** Stakes in atomic units, named as in P-23. */
export interface SignedStake {
  readonly activeStake: bigint;
  /** Of decommissioned nodes that count toward the floor. */
  readonly decommissionedStake: bigint;
  readonly signedActive: bigint;
  readonly signedFloor: bigint;
  /** `signedActive` of `activeStake`, floored, for showing; 0 without active stake. Never compare with it. */
  readonly signedBps: number;
}

/** `part / total ≥ bps / 10000`, exactly; never met by an empty total. */
export function meetsBps(part: bigint, total: bigint, bps: bigint): boolean {
  return total > 0n && part * BPS >= bps * total;
}

/**
 * Non-signers are the active nodes not in `signers`, extra signers the signers that are not active (P-102). A signer
 * that `nodes` does not know counts as exited: it is an extra signer, and the contract decides.
 */
export function deriveIdLists(signers: Signers, nodes: Iterable<NodeView>): IdLists {
  const active = new Set<NodeId>();
  for (const node of nodes) if (node.state === "active") active.add(node.id);
  return {
    nonSigners: [...active].filter((id) => !signers.has(id)).sort((a, b) => a - b),
    extraSigners: signers.ids().filter((id) => !active.has(id)),
  };
}

/** The stakes of P-23 for an aggregate of `signers` over `nodes`. */
export function stakeSigned(signers: Signers, nodes: Iterable<NodeView>): SignedStake {
  let activeStake = 0n;
  let decommissionedStake = 0n;
  let signedActive = 0n;
  let signedDecommissioned = 0n;
  for (const { id, state, silent, stake } of nodes) {
    const signed = signers.has(id);
    if (state === "active") {
      activeStake += stake;
      if (signed) signedActive += stake;
    } else if (state === "decommissioned" && !silent) {
      decommissionedStake += stake;
      if (signed) signedDecommissioned += stake;
    }
  }
  return {
    activeStake,
    decommissionedStake,
    signedActive,
    signedFloor: signedActive + signedDecommissioned,
    signedBps: activeStake === 0n ? 0 : Number((signedActive * BPS) / activeStake),
  };
}

/** Both conditions of P-24 for what moves money. */
export function hasMoneyQuorum(stake: Omit<SignedStake, "signedBps">): boolean {
  return (
    meetsBps(stake.signedActive, stake.activeStake, MONEY_QUORUM_BPS) &&
    meetsBps(stake.signedFloor, stake.activeStake + stake.decommissionedStake, FLOOR_QUORUM_BPS)
  );
}

/** The condition of P-24 for recording a report. */
export function hasReportQuorum(stake: Omit<SignedStake, "signedBps">): boolean {
  return meetsBps(stake.signedActive, stake.activeStake, REPORT_QUORUM_BPS);
}
