/**
 * From a set of signers to stake signed, quorum and those who are missing (P-85). Enters: a round and the node set of
 * the latest finalised block. Leaves: a tally. Not here: when to look (collect/).
 */
import { type NodeId, type SignedStake, Signers, stakeSigned } from "@quorate/common";
import type { Context } from "../context.ts";
import type { MessageKind } from "../kinds/kind.ts";
import { agreeing, type Round } from "./round.ts";

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
  return tallySigners(context, kind, agreeing(round));
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
