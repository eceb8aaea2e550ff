/**
 * What peers send, up to the point where it is believed: decoded, bounded, attributed, queued for verification (P-72,
 * P-74, P-82, P-83). Enters: gossip messages, and requests and shares from catch-up. Leaves: verdicts, held or queued
 * shares, requested rounds. Not here: signing, stake.
 */
import {
  decodeGossip,
  digestOf,
  type ErrorCode,
  encodeGossip,
  equalBytes,
  fromHex,
  isQuorateError,
  messageToJson,
  type NodeId,
  type RoundId,
  type Share,
  type SignedClaimRequest,
  subjectOf,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { Verdict } from "../io.ts";
import type { Digest, Digests } from "../kinds/digests.ts";
import { kindNamed } from "../kinds/kinds.ts";
import { claimRound, rewardClaim } from "../kinds/rewardClaim.ts";
import { speaker } from "../ledger/nodes.ts";
import { outsideWindow } from "../ledger/window.ts";
import { BUDGET_ORIGINS_MAX, REQUEST_BURST, REQUEST_REFILL_MS, VERIFY_DELAY_MS } from "../limits.ts";
import { addShare, mayAdd, type Round, shareOf } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Arrival, Intake, Signing } from "../stages.ts";
import { Budget } from "./budget.ts";
import { type PendingShare, VerificationQueue } from "./verification.ts";

/** What became of a message. `queued`: the verdict follows with the verification. */
type Outcome =
  | { readonly verdict: "accept"; readonly code: "OK" }
  | { readonly verdict: Exclude<Verdict, "accept">; readonly code: ErrorCode }
  | "queued";

const ACCEPTED: Outcome = { verdict: "accept", code: "OK" };
const ignore = (code: ErrorCode): Outcome => ({ verdict: "ignore", code });
const reject = (code: ErrorCode): Outcome => ({ verdict: "reject", code });

export interface IntakeModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly digests: Digests;
  readonly signing: Signing;
}

export class PeerIntake implements Intake {
  readonly counters = { sharesAccepted: 0, sharesRejected: 0, disagreements: 0 };
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #digests: Digests;
  readonly #signing: Signing;
  readonly #queue = new VerificationQueue();
  readonly #requestBudget = new Budget<NodeId>({
    burst: REQUEST_BURST,
    refillMs: REQUEST_REFILL_MS,
    originsMax: BUDGET_ORIGINS_MAX,
  });
  /** When a verification was asked for; null when none is. */
  #verifyAtMs: number | null = null;

  constructor({ context, rounds, digests, signing }: IntakeModules) {
    this.#context = context;
    this.#rounds = rounds;
    this.#digests = digests;
    this.#signing = signing;
  }

  gossip(arrival: Arrival, data: Uint8Array, step: Step): void {
    this.#settle(arrival, this.#gossipOutcome(arrival, data, step), step);
  }

  /**
   * Whoever signs because of a request that came by catch-up publishes it too: what gossip did not bring here it may
   * have brought to nobody (a partition, an asker without peers), and one pull after another would take minutes.
   */
  request(arrival: Arrival, request: SignedClaimRequest, step: Step): void {
    const id = claimRound(request.recipient, request.epoch);
    const wasSigning = this.#rounds.get(id)?.signing === true;
    const outcome = this.#requestOutcome(request, step);
    this.#settle(arrival, outcome, step);
    if (outcome === ACCEPTED && this.#rounds.get(id)?.signing === true && !wasSigning) {
      step.emit({ type: "publish", data: encodeGossip({ type: "request", request }) });
    }
  }

  share(arrival: Arrival, share: Share, step: Step): void {
    this.#settle(arrival, this.#shareOutcome(arrival, share, step), step);
  }

  /** Each round once: counting its stake takes as long as there are nodes, and a job may bring a share of each. */
  verified(job: number, results: readonly (readonly boolean[])[], step: Step): Set<Round> {
    const changed = new Set<Round>();
    for (const { pending, valid } of this.#queue.settle(job, results, step.nowMs)) {
      const round = this.#takeVerified(pending, valid, step);
      if (round !== null) changed.add(round);
    }
    return changed;
  }

  verifyTimer(step: Step): void {
    this.#verifyAtMs = null;
    this.startVerification(step);
  }

  /** Hands the next job to the driver, unless one is under way or nothing waits. */
  startVerification({ emit }: Step): void {
    const job = this.#queue.next();
    if (job !== null) emit({ type: "verify", ...job });
  }

  spendRequest(nodeId: NodeId, nowMs: number): boolean {
    return this.#requestBudget.take(nodeId, nowMs);
  }

  #gossipOutcome(arrival: Arrival, data: Uint8Array, step: Step): Outcome {
    try {
      const message = decodeGossip(data);
      if (message.type === "request") return this.#requestOutcome(message.request, step);
      return this.#shareOutcome(arrival, message.share, step);
    } catch (error) {
      // The decoder's contract: whatever the bytes, it throws nothing but coded errors.
      if (isQuorateError(error)) return reject(error.code);
      throw error;
    }
  }

  #requestOutcome(request: SignedClaimRequest, step: Step): Outcome {
    const { ledger, options, modules } = this.#context;
    const { nowMs } = step;
    const node = speaker(ledger, request.nodeId);
    // Not a rejection: the node may have registered in a block this agent has not read yet (P-72).
    if (node === null) return ignore("REQUEST_UNKNOWN_NODE");
    const outside = outsideWindow(ledger, request.epoch);
    if (outside !== null) return ignore(outside);
    const id = claimRound(request.recipient, request.epoch);
    const known = this.#rounds.get(id);
    if (known?.request !== null && known?.request !== undefined && isSameRequest(known.request, request)) {
      return ACCEPTED;
    }
    // Whoever has it can send it again and again, and would use up its origin's budget. The round is open, and there
    // is nothing more to do.
    if (known?.askedBy.has(node.id)) return ignore("REQUEST_REPEATED");
    // A recipient who is owed nothing has no round, so that rounds are bounded by recipients, not by requests.
    const decision = rewardClaim.decide(this.#context, id);
    if (decision.type === "refuse") return ignore(decision.refusal.code);
    if (!this.#requestBudget.has(node.id, nowMs)) return ignore("BUDGET_EXCEEDED");
    const { recipient, epoch, nodeId } = request;
    const digest = digestOf(options.domain, "ClaimRequest", { recipient, epoch, nodeId });
    if (!modules.verifyIdentity(fromHex(node.identityKey), digest, request.identitySignature)) {
      return reject("IDENTITY_BAD_SIGNATURE");
    }
    if (!this.#requestBudget.take(node.id, nowMs)) return ignore("BUDGET_EXCEEDED");
    const round = this.#rounds.want(id, request);
    if (round === null) return ignore("ROUNDS_FULL");
    this.#signing.consider(round, step);
    return ACCEPTED;
  }

  #shareOutcome(arrival: Arrival, share: Share, step: Step): Outcome {
    const node = speaker(this.#context.ledger, share.nodeId);
    if (node === null) return ignore("SHARE_UNKNOWN_NODE");
    const outside = outsideWindow(this.#context.ledger, share.epoch);
    if (outside !== null) return ignore(outside);
    const id = idOf(share);
    if (!this.#rounds.mayShare(id, node.id)) return ignore("BUDGET_EXCEEDED");
    const digest = this.#digests.of(share);
    const round = this.#rounds.get(id);
    if (round !== undefined) {
      const known = shareOf(round, digest, node.id);
      // A BLS signature is unique: other bytes under a share that was checked cannot be valid.
      if (known !== undefined) return equalBytes(known, share.signature) ? ACCEPTED : reject("SHARE_BAD_SIGNATURE");
      if (!mayAdd(round, digest, node.id, this.#ownDigest(id))) return ignore("SHARE_TOO_MANY_MESSAGES");
    }
    const { from, handle } = arrival;
    if (!this.#queue.add({ share, digest, publicKey: node.blsKey, from, handle }, step.nowMs)) {
      return ignore("VERIFY_QUEUE_FULL");
    }
    this.#scheduleVerification(step);
    return "queued";
  }

  /** A verified or refuted share. Returns the round it changed, or null. */
  #takeVerified({ share, digest, from, handle }: PendingShare, valid: boolean, step: Step): Round | null {
    const arrival = { from, handle };
    if (!valid) {
      this.#settle(arrival, reject("SHARE_BAD_SIGNATURE"), step);
      return null;
    }
    // Its epoch may have left the window while it waited: no round is opened again for it.
    const outside = outsideWindow(this.#context.ledger, share.epoch);
    if (outside !== null) {
      this.#settle(arrival, ignore(outside), step);
      return null;
    }
    const id = idOf(share);
    const round = this.#rounds.forShare(id, share.nodeId);
    if (round === null || !mayAdd(round, digest, share.nodeId, this.#ownDigest(id))) {
      this.#settle(arrival, ignore(round === null ? "BUDGET_EXCEEDED" : "SHARE_TOO_MANY_MESSAGES"), step);
      return null;
    }
    addShare(round, share, digest, share.nodeId, share.signature);
    this.counters.sharesAccepted += 1;
    this.#settle(arrival, ACCEPTED, step);
    this.#signing.consider(round, step);
    if (round.own !== null && round.own.digest.hex !== digest.hex) this.#noteDisagreement(round, share, step);
    return round;
  }

  #noteDisagreement(round: Round, share: Share, { emit }: Step): void {
    if (round.own === null) return;
    this.counters.disagreements += 1;
    const theirs = messageToJson(share);
    const values = { round: round.key, nodeId: share.nodeId, theirs, ours: messageToJson(round.own.signed) };
    emit({ type: "observe", level: "warn", code: "MESSAGE_DISAGREES", values });
  }

  /** Asks for a verification soon, unless one is asked for or under way (its end starts the next). */
  #scheduleVerification({ nowMs, emit }: Step): void {
    if (this.#verifyAtMs !== null || !this.#queue.idle) return;
    this.#verifyAtMs = nowMs + VERIFY_DELAY_MS;
    emit({ type: "set-timer", timer: "verify", atMs: this.#verifyAtMs });
  }

  #settle(arrival: Arrival, outcome: Outcome, { emit }: Step): void {
    if (outcome === "queued") return;
    if (arrival.handle !== null) emit({ type: "verdict", handle: arrival.handle, ...outcome });
    if (outcome.verdict === "accept") return;
    const { verdict, code } = outcome;
    if (verdict === "reject") {
      this.counters.sharesRejected += 1;
      emit({ type: "blame", peer: arrival.from, code });
    }
    const level = verdict === "reject" ? "warn" : "debug";
    emit({ type: "observe", level, code, values: { from: arrival.from, verdict } });
  }

  /** What the own ledger says, also while nothing may be signed (P-73). */
  #ownDigest(id: RoundId): Digest | null {
    const own = kindNamed(id.kind).own(this.#context, id);
    return own === null ? null : this.#digests.of(own);
  }
}

function idOf(share: Share): RoundId {
  return { kind: share.kind, epoch: share.epoch, subject: subjectOf(share) };
}

function isSameRequest(a: SignedClaimRequest, b: SignedClaimRequest): boolean {
  return a.nodeId === b.nodeId && equalBytes(a.identitySignature, b.identitySignature);
}
