/**
 * One claim that a staker asked this agent for: its state, its bundle, and how people see it (P-86).
 * Not here: when any of it changes (claims.ts).
 */
import {
  type Address,
  type Bundle,
  buildBundle,
  type ClaimView,
  type Disagreement,
  type NotSigned,
  type SignedClaimRequest,
  Signers,
} from "@quorate/common";
import type { Context } from "../context.ts";
import type { Digests } from "../kinds/digests.ts";
import { claimRound, rewardClaim } from "../kinds/rewardClaim.ts";
import { amountAt, lastClosedEpoch } from "../ledger/ledger.ts";
import type { Aggregate } from "../rounds/aggregates.ts";
import { disagreeing, openRound, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { type Tally, tallyRound, tallySigners } from "../rounds/tally.ts";
import type { Inquiries } from "../stages.ts";

/** One claim; its round holds the shares. */
export interface Claim {
  readonly recipient: Address;
  readonly epoch: number;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  status: ClaimView["status"];
  quorumAfterMs: number | null;
  /** Until when the bundle is improved; null when it no longer is. */
  improveUntilMs: number | null;
  bundle: Bundle | null;
  /** Of a failed claim, who had signed at its deadline (P-86): what comes later changes nothing of it. */
  failedWith: Signers | null;
  /** The own ledger's amount as last seen: the epoch may leave the window while the claim is still collected. */
  amount: bigint;
  /** This node's request, for asking directly; null for a claim that came back from the disk with its bundle. */
  readonly request: SignedClaimRequest | null;
  readonly inquiries: Inquiries;
}

export function openClaim(
  request: SignedClaimRequest,
  { startedAtMs, deadlineMs }: Pick<Claim, "startedAtMs" | "deadlineMs">,
): Claim {
  const { recipient, epoch } = request;
  return {
    recipient,
    epoch,
    startedAtMs,
    deadlineMs,
    status: "collecting",
    quorumAfterMs: null,
    improveUntilMs: null,
    bundle: null,
    failedWith: null,
    amount: 0n,
    request,
    inquiries: new Map(),
  };
}

/** A claim that had its bundle before a restart. */
export function restoredClaim(bundle: Bundle, recipient: Address, epoch: number): Claim {
  return {
    recipient,
    epoch,
    startedAtMs: 0,
    deadlineMs: 0,
    status: "ready",
    quorumAfterMs: null,
    improveUntilMs: null,
    bundle,
    failedWith: null,
    amount: BigInt(bundle.message.amount),
    request: null,
    inquiries: new Map(),
  };
}

export function isOpen(claim: Claim): boolean {
  return claim.status === "collecting" || claim.improveUntilMs !== null;
}

/** The bundle of a round that has quorum; null without quorum, and null where the aggregate does not verify (P-109). */
export function bundleRound(
  context: Context,
  round: Round,
  tally: Tally,
  aggregate: (round: Round, signers: Signers) => Aggregate | null,
): Bundle | null {
  const { ledger, nodes, options } = context;
  const signed = round.own?.signed;
  if (!tally.quorum || signed?.kind !== "RewardClaim" || ledger.head === null) return null;
  const summed = aggregate(round, Signers.of(tally.signers));
  if (summed === null) return null;
  return buildBundle({
    domain: options.domain,
    epoch: round.id.epoch,
    message: signed.message,
    signature: summed.signature,
    signers: Signers.of(summed.signers),
    nodes,
    block: { number: ledger.head.number, hash: ledger.head.hash },
  });
}

/**
 * A ready claim shows its bundle's signers, which survive a restart; a failed one those it ended with; any other shows
 * the shares held.
 */
export function viewClaim(context: Context, rounds: RoundTable, digests: Digests, claim: Claim): ClaimView {
  const { recipient, epoch, status, startedAtMs, deadlineMs, quorumAfterMs, bundle } = claim;
  const id = claimRound(recipient, epoch);
  const round = rounds.get(id) ?? openRound(id, null);
  const ended = bundle === null ? claim.failedWith : Signers.fromHex(bundle.signers);
  const tally = ended === null ? tallyRound(context, rewardClaim, round) : tallySigners(context, rewardClaim, ended);
  const amount = bundle === null ? amountOf(context, claim, round) : BigInt(bundle.message.amount);
  return {
    recipient,
    epoch,
    amount,
    digest: digests.of({ kind: "RewardClaim", message: { recipient, amount } }).hex,
    status,
    startedAtMs,
    deadlineMs,
    quorumAfterMs,
    activeStake: tally.stake.activeStake,
    signedStake: tally.stake.signedActive,
    signedBps: tally.stake.signedBps,
    signers: tally.signers,
    missing: tally.missing,
    disagreements: disagreements(round),
    reasons: reasons(context, claim, round, tally),
    bundle,
  };
}

/** Of those that are missing; and this node's own fault, where the signatures are there and do not add up (P-109). */
function reasons({ ownNode, ledger }: Context, claim: Claim, round: Round, { missing }: Tally): NotSigned[] {
  const known = missing.flatMap((nodeId) => claim.inquiries.get(nodeId)?.reason ?? []);
  if (claim.bundle !== null || round.faultyParts === null || ownNode === null) return known;
  const fault = { nodeId: ownNode.id, code: "AGGREGATE_INVALID", closedEpochs: (lastClosedEpoch(ledger) ?? -1) + 1 };
  return [...known.filter(({ nodeId }) => nodeId !== ownNode.id), fault].sort((a, b) => a.nodeId - b.nodeId);
}

/**
 * What the ledger says is shown also while nothing may be signed, as after a restart before the chain was read
 * (P-57).
 */
function amountOf({ ledger }: Context, claim: Claim, { own }: Round): bigint {
  const known = own?.signed.kind === "RewardClaim" ? own.signed.message.amount : null;
  claim.amount = known ?? amountAt(ledger, claim.epoch, claim.recipient) ?? claim.amount;
  return claim.amount;
}

/** Who signed another amount than the own ledger's, in id order; empty while the own amount is unknown. */
function disagreements(round: Round): Disagreement[] {
  return disagreeing(round)
    .flatMap(({ nodeId, signed }) => (signed.kind === "RewardClaim" ? [{ nodeId, amount: signed.message.amount }] : []))
    .sort((a, b) => a.nodeId - b.nodeId || (a.amount < b.amount ? -1 : 1));
}
