/**
 * From a set of signers to stake signed, quorum and those who are missing (P-85); and from agreeing shares to their
 * aggregate. Enters: a round and the node set of the latest finalised block. Leaves: a tally, an aggregate. Not here:
 * when to look (collect/).
 */
import { type NodeId, type SignedStake, Signers, stakeSigned } from "@quorate/common";
import type { Context } from "../context.ts";
import type { MessageKind } from "../kinds/kind.ts";
import { agreeingShares, type Round } from "./round.ts";

/** How far a round has come, counted anew from the shares held. */
export interface Tally {
  readonly stake: SignedStake;
  readonly quorum: boolean;
  readonly signers: readonly NodeId[];
  /** Active nodes whose share is not here, in id order. */
  readonly missing: readonly NodeId[];
  /** Whether every node that has not exited has signed: nothing is left to wait for. */
  readonly complete: boolean;
}

export function tallyRound(context: Context, kind: MessageKind, round: Round): Tally {
  return tallySigners(context, kind, agreeingShares(round));
}

/** As tallyRound, for any set of signers: a round's or a bundle's. */
export function tallySigners({ nodes }: Context, kind: MessageKind, signed: { has(id: NodeId): boolean }): Tally {
  const signers = nodes.filter(({ id }) => signed.has(id)).map(({ id }) => id);
  const stake = stakeSigned(Signers.of(signers), nodes);
  return {
    stake,
    quorum: kind.quorum(stake),
    signers,
    missing: nodes.filter(({ id, state }) => state === "active" && !signed.has(id)).map(({ id }) => id),
    complete: nodes.every(({ id, state }) => state === "exited" || signed.has(id)),
  };
}

/** An aggregate over the own message of a round, by exactly these nodes. */
export interface Aggregate {
  readonly signers: readonly NodeId[];
  /** 192 bytes (P-2). */
  readonly signature: Uint8Array;
}

/**
 * The aggregate of the agreeing shares of these nodes; null should it not verify: every share in it was checked, so
 * that would be a fault of this agent, and an aggregate that fails on chain helps nobody.
 */
export function aggregateShares(
  context: Context,
  round: Round,
  chosen: { has(id: NodeId): boolean },
): Aggregate | null {
  const { modules, nodes } = context;
  const shares = agreeingShares(round);
  const signing = nodes.filter(({ id }) => shares.has(id) && chosen.has(id));
  if (round.own === null || signing.length === 0) return null;
  const signature = modules.scheme.aggregateSignatures(signing.map(({ id }) => shares.get(id) as Uint8Array));
  const keys = signing.map(({ blsKey }) => blsKey);
  if (!modules.scheme.verifyAggregate(keys, round.own.digest.bytes, signature)) return null;
  return { signers: signing.map(({ id }) => id), signature };
}
