/**
 * What peers send, up to the point where it is believed: decoded, bounded, attributed, queued for verification (P-72, P-74, P-82, P-83).
 * Enters: gossip messages, and requests and shares from catch-up. Leaves: verdicts, held or queued shares, requested rounds. Not here: signing, stake.
 */
import {
  decodeGossip,
  digestOf,
  type ErrorCode,
  encodeGossip,
  equalBytes,
  fromHex,
  isQuorateError,
  type Share,
  type SignedClaimRequest,
} from "@quorate/common";
import type { PeerKey, Verdict } from "./io.ts";
import { amountAt } from "./ledger/ledger.ts";
import { VERIFY_DELAY_MS } from "./limits.ts";
import { decideClaim, outsideWindow } from "./policy.ts";
import { addShare, mayAdd, type Round, shareOf } from "./rounds/round.ts";
import { claimDigest, considerRound } from "./signing.ts";
import { type CoreState, type Emit, speaker } from "./state.ts";
import type { ClaimedShare, PendingShare } from "./verification.ts";

/** How a message came: its sender, and for gossip the handle its verdict goes to. */
export interface Arrival {
  readonly from: PeerKey;
  readonly handle: number | null;
}

/** What became of a message. `queued`: the verdict follows with the verification. */
type Outcome =
  | { readonly verdict: "accept"; readonly code: "OK" }
  | { readonly verdict: Exclude<Verdict, "accept">; readonly code: ErrorCode }
  | "queued";

const ACCEPTED: Outcome = { verdict: "accept", code: "OK" };
const ignore = (code: ErrorCode): Outcome => ({ verdict: "ignore", code });
const reject = (code: ErrorCode): Outcome => ({ verdict: "reject", code });

export function takeGossip(state: CoreState, arrival: Arrival, data: Uint8Array, nowMs: number, emit: Emit): void {
  settleArrival(state, arrival, gossipOutcome(state, arrival, data, nowMs, emit), emit);
}

/**
 * A request from a catch-up answer, checked exactly like gossip (P-87). Whoever signs because of it publishes it too: what gossip did not
 * bring here it may have brought to nobody (a partition, an asker without peers), and one pull after another would take minutes.
 */
export function takeRequest(
  state: CoreState,
  arrival: Arrival,
  request: SignedClaimRequest,
  nowMs: number,
  emit: Emit,
): void {
  const wasSigning = state.rounds.get(request.recipient, request.epoch)?.signing === true;
  const outcome = requestOutcome(state, request, nowMs, emit);
  settleArrival(state, arrival, outcome, emit);
  const signs = state.rounds.get(request.recipient, request.epoch)?.signing === true;
  if (outcome === ACCEPTED && signs && !wasSigning) {
    emit({ type: "publish", data: encodeGossip({ type: "request", request }) });
  }
}

/** A share from a catch-up answer, checked exactly like gossip (P-87). */
export function takeShare(state: CoreState, arrival: Arrival, share: Share, nowMs: number, emit: Emit): void {
  settleArrival(state, arrival, shareOutcome(state, arrival, flatten(share), nowMs, emit), emit);
}

function gossipOutcome(state: CoreState, arrival: Arrival, data: Uint8Array, nowMs: number, emit: Emit): Outcome {
  try {
    const message = decodeGossip(data);
    if (message.type === "request") return requestOutcome(state, message.request, nowMs, emit);
    return shareOutcome(state, arrival, flatten(message.share), nowMs, emit);
  } catch (error) {
    // The decoder's contract: whatever the bytes, it throws nothing but coded errors.
    if (isQuorateError(error)) return reject(error.code);
    throw error;
  }
}

function requestOutcome(state: CoreState, request: SignedClaimRequest, nowMs: number, emit: Emit): Outcome {
  const node = speaker(state, request.nodeId);
  // Not a rejection: the node may have registered in a block this agent has not read yet (P-72).
  if (node === null) return ignore("REQUEST_UNKNOWN_NODE");
  const outside = outsideWindow(state.ledger, request.epoch);
  if (outside !== null) return ignore(outside);
  const known = state.rounds.get(request.recipient, request.epoch);
  if (known?.request !== null && known?.request !== undefined && isSameRequest(known.request, request)) return ACCEPTED;
  // Whoever has it can send it again and again, and would use up its origin's budget. The round is open, and there is nothing more to do.
  if (known?.askedBy.has(node.id)) return ignore("REQUEST_REPEATED");
  // A recipient who is owed nothing has no round, so that rounds are bounded by recipients, not by requests.
  const decision = decideClaim(state.ledger, state.health, request.recipient, request.epoch);
  if (decision.kind === "refuse") return ignore(decision.refusal.code);
  if (!state.requestBudget.has(node.id, nowMs)) return ignore("BUDGET_EXCEEDED");
  const { recipient, epoch, nodeId } = request;
  const digest = digestOf(state.options.domain, "ClaimRequest", { recipient, epoch, nodeId });
  if (!state.modules.verifyIdentity(fromHex(node.identityKey), digest, request.identitySignature)) {
    return reject("IDENTITY_BAD_SIGNATURE");
  }
  if (!state.requestBudget.take(node.id, nowMs)) return ignore("BUDGET_EXCEEDED");
  const round = state.rounds.request(recipient, epoch, request);
  if (round === null) return ignore("ROUNDS_FULL");
  considerRound(state, round, emit);
  return ACCEPTED;
}

function shareOutcome(state: CoreState, arrival: Arrival, share: ClaimedShare, nowMs: number, emit: Emit): Outcome {
  const node = speaker(state, share.nodeId);
  if (node === null) return ignore("SHARE_UNKNOWN_NODE");
  const outside = outsideWindow(state.ledger, share.epoch);
  if (outside !== null) return ignore(outside);
  if (!state.rounds.mayShare(share.recipient, share.epoch, node.id)) return ignore("BUDGET_EXCEEDED");
  const round = state.rounds.get(share.recipient, share.epoch);
  if (round !== undefined) {
    const known = shareOf(round, share.amount, node.id);
    // A BLS signature is unique: other bytes under a share that was checked cannot be valid.
    if (known !== undefined) return equalBytes(known, share.signature) ? ACCEPTED : reject("SHARE_BAD_SIGNATURE");
    if (!mayAdd(round, share.amount, node.id, ownAmount(state, share))) return ignore("SHARE_TOO_MANY_AMOUNTS");
  }
  const digest = claimDigest(state, share.recipient, share.amount);
  const queued = state.verification.add(
    {
      share,
      digest,
      publicKey: node.blsKey,
      from: arrival.from,
      handle: arrival.handle,
    },
    nowMs,
  );
  if (!queued) return ignore("VERIFY_QUEUE_FULL");
  scheduleVerification(state, nowMs, emit);
  return "queued";
}

/** A verified or refuted share. Returns the round it changed, or null. */
export function takeVerified(state: CoreState, pending: PendingShare, valid: boolean, emit: Emit): Round | null {
  const { share, from, handle } = pending;
  if (!valid) {
    settleArrival(state, { from, handle }, reject("SHARE_BAD_SIGNATURE"), emit);
    return null;
  }
  // Its epoch may have left the window while it waited: no round is opened again for it.
  const outside = outsideWindow(state.ledger, share.epoch);
  if (outside !== null) {
    settleArrival(state, { from, handle }, ignore(outside), emit);
    return null;
  }
  const round = state.rounds.forShare(share.recipient, share.epoch, share.nodeId);
  if (round === null || !mayAdd(round, share.amount, share.nodeId, ownAmount(state, share))) {
    settleArrival(state, { from, handle }, ignore(round === null ? "BUDGET_EXCEEDED" : "SHARE_TOO_MANY_AMOUNTS"), emit);
    return null;
  }
  addShare(round, share.amount, share.nodeId, share.signature);
  state.counters.sharesAccepted += 1;
  settleArrival(state, { from, handle }, ACCEPTED, emit);
  considerRound(state, round, emit);
  if (round.ownAmount !== null && round.ownAmount !== share.amount) {
    state.counters.disagreements += 1;
    const values = {
      round: round.key,
      nodeId: share.nodeId,
      theirs: share.amount.toString(),
      ours: round.ownAmount.toString(),
    };
    emit({ type: "observe", level: "warn", code: "AMOUNT_DISAGREES", values });
  }
  return round;
}

/** Asks for a verification soon, unless one is asked for or under way (its end starts the next). */
export function scheduleVerification(state: CoreState, nowMs: number, emit: Emit): void {
  if (state.schedule.verifyAtMs !== null || !state.verification.idle) return;
  state.schedule.verifyAtMs = nowMs + VERIFY_DELAY_MS;
  emit({ type: "set-timer", timer: "verify", atMs: state.schedule.verifyAtMs });
}

function settleArrival(state: CoreState, arrival: Arrival, outcome: Outcome, emit: Emit): void {
  if (outcome === "queued") return;
  if (arrival.handle !== null) emit({ type: "verdict", handle: arrival.handle, ...outcome });
  if (outcome.verdict === "accept") return;
  const { verdict, code } = outcome;
  if (verdict === "reject") {
    state.counters.sharesRejected += 1;
    emit({ type: "blame", peer: arrival.from, code });
  }
  emit({
    type: "observe",
    level: verdict === "reject" ? "warn" : "debug",
    code,
    values: { from: arrival.from, verdict },
  });
}

/** What the own ledger says, also while nothing may be signed (P-73). */
function ownAmount(state: CoreState, { epoch, recipient }: ClaimedShare): bigint | null {
  return amountAt(state.ledger, epoch, recipient);
}

function isSameRequest(a: SignedClaimRequest, b: SignedClaimRequest): boolean {
  return a.nodeId === b.nodeId && equalBytes(a.identitySignature, b.identitySignature);
}

function flatten({ nodeId, epoch, signature, message }: Share): ClaimedShare {
  return { nodeId, epoch, signature, recipient: message.recipient, amount: message.amount };
}
