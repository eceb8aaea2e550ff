/**
 * From a requested round to the own share: the policy's decision, recorded before it is signed (P-71), then signed and published.
 * Enters: rounds and finished signatures. Leaves: persist, sign and publish effects. Not here: what may be signed (policy.ts).
 */
import { type Address, digestOf, encodeGossip, type NodeId, type Refusal, type Share, toHex } from "@quorate/common";
import { parseRoundKey } from "./kinds/roundId.ts";
import { CLAIM_DIGESTS_MAX } from "./limits.ts";
import { decideClaim } from "./policy.ts";
import { addShare, type Round, shareOf } from "./rounds/round.ts";
import type { CoreState, Emit } from "./state.ts";

/** Every share of a round is over the same digest: hashed once, or 2,000 of them would hold the event loop for 0.1 s. */
export function claimDigest(state: CoreState, recipient: Address, amount: bigint): Uint8Array {
  const { claimDigests } = state;
  const key = `${recipient}:${amount}`;
  const known = claimDigests.get(key);
  if (known !== undefined) return known;
  const digest = digestOf(state.options.domain, "RewardClaim", { recipient, amount });
  if (claimDigests.size >= CLAIM_DIGESTS_MAX) claimDigests.delete(claimDigests.keys().next().value as string);
  claimDigests.set(key, digest);
  return digest;
}

/** Learns the own amount of a round and signs it if the policy says so. Returns why not, or null. Safe to call again at any time. */
export function considerRound(state: CoreState, round: Round, emit: Emit): Refusal | null {
  const decision = decideClaim(state.ledger, state.health, round.recipient, round.epoch);
  if (decision.kind !== "sign") return decision.refusal;
  round.ownAmount = decision.amount;
  if (round.requested && !round.signing && state.ownNode !== null) signRound(state, round, decision.amount, emit);
  return null;
}

/** P-71: one digest a round, ever. A record that disagrees with the ledger means one of them is wrong: nothing is signed. */
function signRound(state: CoreState, round: Round, amount: bigint, emit: Emit): void {
  const digest = claimDigest(state, round.recipient, amount);
  const recorded = state.signings.get(round.key);
  if (recorded !== undefined && recorded.digest !== toHex(digest)) {
    const values = { round: round.key, recorded: recorded.amount.toString(), ledger: amount.toString() };
    emit({ type: "observe", level: "warn", code: "SIGNING_CONFLICT", values });
    return;
  }
  if (recorded === undefined) {
    state.signings.set(round.key, { digest: toHex(digest), amount });
    emit({ type: "persist", records: [{ type: "signing", round: round.key, digest: toHex(digest), amount }] });
  }
  startSigning(state, round, amount, emit);
}

function startSigning(state: CoreState, round: Round, amount: bigint, emit: Emit): void {
  round.signing = true;
  const job = state.schedule.nextJob++;
  state.signJobs.set(job, { recipient: round.recipient, epoch: round.epoch, amount });
  emit({ type: "sign", job, digest: claimDigest(state, round.recipient, amount) });
}

/** The own signature is there: into the round, and out to the peers. Returns the round it completes, or null if that has left the window. */
export function takeSignature(state: CoreState, job: number, signature: Uint8Array, emit: Emit): Round | null {
  const signed = state.signJobs.get(job);
  state.signJobs.delete(job);
  const own = state.ownNode;
  if (signed === undefined || own === null) return null;
  const round = state.rounds.get(signed.recipient, signed.epoch);
  if (round === undefined) return null;
  addShare(round, signed.amount, own.id, signature);
  emit({
    type: "publish",
    data: encodeGossip({ type: "share", share: wireShare(round, signed.amount, own.id, signature) }),
  });
  emit({
    type: "observe",
    level: "info",
    code: "SHARE_SIGNED",
    values: { round: round.key, amount: signed.amount.toString() },
  });
  return round;
}

/** The wire form of a share that is in the round. */
export function wireShare(round: Round, amount: bigint, nodeId: NodeId, signature: Uint8Array): Share {
  return {
    kind: "RewardClaim",
    nodeId,
    epoch: round.epoch,
    message: { recipient: round.recipient, amount },
    signature,
  };
}

/** After a restart: every round signed before is open again and gets its share back, the same bytes as before. */
export function resumeSignings(state: CoreState, emit: Emit): void {
  for (const [key, { amount }] of state.signings) {
    const { recipient, epoch } = parseRoundKey(key);
    const round = state.rounds.request(recipient, epoch, null);
    if (round === null || state.ownNode === null || shareOf(round, amount, state.ownNode.id) !== undefined) continue;
    round.ownAmount = amount;
    startSigning(state, round, amount, emit);
  }
}
