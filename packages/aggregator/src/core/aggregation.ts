/**
 * From a round's agreeing shares to stake signed, quorum and the bundle (P-85, P-86).
 * Enters: a round and the node set of the latest finalised block. Leaves: a tally, and a bundle exactly when quorum is met. Not here: when to look (claims.ts).
 */
import {
  type Bundle,
  buildBundle,
  hasMoneyQuorum,
  type NodeId,
  type NodeView,
  type SignedStake,
  Signers,
  stakeSigned,
} from "@quorate/common";
import { agreeingShares, type Round } from "./rounds/round.ts";
import { claimDigest } from "./signing.ts";
import type { CoreState } from "./state.ts";

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

export function tallyRound(state: CoreState, round: Round): Tally {
  return tallySigners(state, agreeingShares(round));
}

/** As tallyRound, for any set of signers: a round's or a bundle's. */
export function tallySigners(state: CoreState, signed: { has(id: NodeId): boolean }): Tally {
  const { nodes } = state;
  const signers = nodes.filter(({ id }) => signed.has(id)).map(({ id }) => id);
  const stake = stakeSigned(Signers.of(signers), nodes);
  return {
    stake,
    quorum: hasMoneyQuorum(stake),
    signers,
    missing: nodes.filter(({ id, state: nodeState }) => nodeState === "active" && !signed.has(id)).map(({ id }) => id),
    complete: nodes.every(({ id, state: nodeState }) => nodeState === "exited" || signed.has(id)),
  };
}

/**
 * The bundle of a round that has quorum; null without quorum, and null (with a loud word) should the aggregate not verify: every share in it was
 * checked, so that would be a fault of this agent, and a bundle that fails on chain helps nobody.
 */
export function bundleRound(state: CoreState, round: Round, tally: Tally): Bundle | null {
  const { ledger, modules, nodes, options } = state;
  if (!tally.quorum || round.ownAmount === null || ledger.head === null) return null;
  const shares = agreeingShares(round);
  const signing = nodes.filter(({ id }) => shares.has(id));
  const signature = modules.scheme.aggregateSignatures(signing.map(({ id }) => shares.get(id) as Uint8Array));
  const digest = claimDigest(state, round.recipient, round.ownAmount);
  if (!modules.scheme.verifyAggregate(keysOf(signing), digest, signature)) return null;
  return buildBundle({
    domain: options.domain,
    epoch: round.epoch,
    message: { recipient: round.recipient, amount: round.ownAmount },
    signature,
    signers: Signers.of(tally.signers),
    nodes,
    block: { number: ledger.head.number, hash: ledger.head.hash },
  });
}

function keysOf(nodes: readonly NodeView[]): Uint8Array[] {
  return nodes.map(({ blsKey }) => blsKey);
}
