/**
 * What peers send, up to the point where it is believed: decoded, bounded, attributed, queued for verification (P-72,
 * P-74, P-82, P-83). Enters: gossip messages, and requests and shares from catch-up. Leaves: verdicts, held or queued
 * shares, requested rounds. Not here: signing, stake.
 */
import {
  decodeGossip,
  digestOf,
  encodeGossip,
  equalBytes,
  fromHex,
  type GossipMessage,
  isQuorateError,
  messageToJson,
  type NodeId,
  type PartialAggregate,
  type RoundId,
  roundKey,
  type Share,
  type SignedClaimRequest,
  subjectOf,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import { type Digests, messageKey } from "../kinds/digests.ts";
import { kindNamed } from "../kinds/kinds.ts";
import { claimRound, rewardClaim } from "../kinds/rewardClaim.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import { speaker } from "../ledger/nodes.ts";
import { outsideWindow } from "../ledger/window.ts";
import { HELD_REQUESTS_MAX, PARTIAL_VERIFY_DELAY_MS, VERIFY_BATCH_MAX, VERIFY_DELAY_MS } from "../limits.ts";
import { addPartial, addShare, mayAdd, type Round, shareOf } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Arrival, Delivery, Intake, Signing } from "../stages.ts";
import { Budget } from "./budget.ts";
import { Offers } from "./offers.ts";
import { contributionOf, keysSum, whyNotWanted } from "./partials.ts";
import { isForwarded } from "./relays.ts";
import { requestBudget } from "./requestCost.ts";
import type { RequestTurns } from "./requestTurns.ts";
import type { Standing } from "./standing.ts";
import { ownSubnet, subnetsOf } from "./subnets.ts";
import { ACCEPTED, ignore, KEPT, MessageVerdicts, reject, type Verdict } from "./verdicts.ts";
import {
  companyMs,
  type Pending,
  type PendingPartial,
  type PendingShare,
  type Settled,
  VerificationQueue,
} from "./verification.ts";
import { WaitingLimits } from "./waitingLimits.ts";

/** `queued`: the verdict follows with the verification. */
type Outcome = Verdict | "queued";

export interface IntakeModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly digests: Digests;
  readonly signing: Signing;
  readonly standing: Standing;
  readonly turns: RequestTurns;
  readonly delivery: Delivery;
}

export class PeerIntake implements Intake {
  readonly counters = { sharesAccepted: 0, sharesRejected: 0, disagreements: 0 };
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #digests: Digests;
  readonly #signing: Signing;
  readonly #standing: Standing;
  readonly #turns: RequestTurns;
  readonly #delivery: Delivery;
  readonly #queue = new VerificationQueue();
  readonly #waitingLimits = new WaitingLimits();
  readonly #offers = new Offers();
  readonly #verdicts = new MessageVerdicts();
  readonly #requestBudget: Budget<NodeId>;
  /** When a verification was asked for; null when none is. */
  #verifyAtMs: number | null = null;

  constructor({ context, rounds, digests, signing, standing, turns, delivery }: IntakeModules) {
    this.#context = context;
    this.#rounds = rounds;
    this.#digests = digests;
    this.#signing = signing;
    this.#standing = standing;
    this.#turns = turns;
    this.#delivery = delivery;
    this.#requestBudget = new Budget(() => requestBudget(subnetsOf(context)));
  }

  gossip(arrival: Arrival, data: Uint8Array, step: Step): void {
    this.#settle(arrival, this.#gossipOutcome(arrival, data, step), step);
  }

  /** A peer sends its own share, and partials (P-130). */
  direct(from: PeerKey, data: Uint8Array, step: Step): void {
    const arrival = { from, handle: null };
    if (this.#standing.isSilenced(from, step.nowMs)) return;
    this.#standing.blaming(from, step, () => {
      const message = decodeGossip(data);
      this.#settle(arrival, this.#directOutcome(arrival, message, step), step);
    });
  }

  /**
   * Whoever signs because of a request that came by catch-up publishes it too: what gossip did not bring here it may
   * have brought to nobody (a partition, an asker without peers), and one pull after another would take minutes.
   */
  request(arrival: Arrival, request: SignedClaimRequest, step: Step): void {
    const id = claimRound(request.recipient, request.epoch);
    const willSign = (round: Round | undefined) =>
      round?.wanted === true && (round.signing || kindNamed(id.kind).decide(this.#context, id).type === "sign");
    const wouldSign = willSign(this.#rounds.get(id));
    const outcome = this.#requestOutcome(arrival, request, step);
    this.#settle(arrival, outcome, step);
    if (outcome === ACCEPTED && !wouldSign && willSign(this.#rounds.get(id))) {
      step.emit({ type: "publish", data: encodeGossip({ type: "request", request }) });
    }
  }

  share(arrival: Arrival, share: Share, step: Step): void {
    this.#settle(arrival, this.#shareOutcome(arrival, share, step), step);
  }

  partial(arrival: Arrival, partial: PartialAggregate, step: Step): void {
    this.#settle(arrival, this.#partialOutcome(arrival, partial, step), step);
  }

  /** Each round once: counting its stake takes as long as there are nodes, and a job may bring a share of each. */
  verified(job: number, results: readonly (readonly boolean[])[] | null, step: Step): Set<Round> {
    const changed = new Set<Round>();
    for (const settled of this.#queue.settle(job, results)) {
      const round = this.#takeVerified(settled, step);
      if (round !== null) changed.add(round);
    }
    return changed;
  }

  verifyTimer(step: Step): void {
    this.#verifyAtMs = null;
    this.startVerification(step);
  }

  /** Hands the next job to the driver, unless one is under way or nothing waits. */
  startVerification({ nowMs, emit }: Step): void {
    const job = this.#queue.next((peer) => this.#standing.isSuspect(peer, nowMs));
    if (job !== null) emit({ type: "verify", ...job });
  }

  /** After a job: at once, or on a full host when what waits has had its time for company. */
  continueVerification(step: Step): void {
    const delayMs = companyMs(this.#context.load.lateMs);
    const isFull = this.#queue.waiting >= VERIFY_BATCH_MAX;
    if (delayMs < 2 * VERIFY_DELAY_MS || isFull) this.startVerification(step);
    else if (this.#queue.waiting > 0) this.#scheduleVerification(delayMs, step);
  }

  /** What a silenced peer has waiting is not looked at any more; each gets its verdict. */
  dropFrom(peer: PeerKey, step: Step): void {
    for (const { from, handle } of this.#queue.drop(peer))
      this.#settle({ from, handle }, ignore("PEER_SILENCED"), step);
  }

  spendRequest(nodeId: NodeId, nowMs: number): boolean {
    return this.#requestBudget.take(nodeId, nowMs);
  }

  #gossipOutcome(arrival: Arrival, data: Uint8Array, step: Step): Outcome {
    if (this.#standing.isSilenced(arrival.from, step.nowMs)) return ignore("PEER_SILENCED");
    try {
      const message = decodeGossip(data);
      if (message.type === "request") return this.#requestOutcome(arrival, message.request, step);
      if (message.type === "partial") return this.#partialOutcome(arrival, message.partial, step);
      // P-134: in a set of many nodes it would cost each of them its bytes and its check.
      if (ownSubnet(this.#context) !== null) return ignore("SHARE_NOT_GOSSIPED");
      return this.#sharesOutcome(arrival, message.shares, step);
    } catch (error) {
      // The decoder's contract: whatever the bytes, it throws nothing but coded errors.
      if (isQuorateError(error)) return reject(error.code);
      throw error;
    }
  }

  #directOutcome(arrival: Arrival, message: GossipMessage, step: Step): Outcome {
    if (message.type === "partial") return this.#partialOutcome(arrival, message.partial, step);
    if (message.type === "request") return reject("REQUEST_NOT_GOSSIPED");
    const node = speaker(this.#context.ledger, message.shares[0]?.nodeId ?? 0);
    // An identity never changes: an honest peer sends nobody's share but its own.
    if (node !== null && node.identityKey !== arrival.from) return reject("SHARE_NOT_SENDERS");
    return this.#sharesOutcome(arrival, message.shares, step);
  }

  /** P-158: each share for itself, and one verdict for all. */
  #sharesOutcome(arrival: Arrival, shares: readonly Share[], step: Step): Outcome {
    const { from, handle } = arrival;
    if (handle !== null) this.#verdicts.open(handle, shares.length, isForwarded(this.#context, shares, from));
    for (const share of shares) {
      const outcome = this.#shareOutcome(arrival, share, step);
      // Of shares that all have, whoever likes could put together as many messages as there are choices.
      this.#settle(arrival, outcome === ACCEPTED && shares.length > 1 ? KEPT : outcome, step);
    }
    return "queued";
  }

  #requestOutcome({ from }: Arrival, request: SignedClaimRequest, step: Step): Outcome {
    const { ledger, options, modules } = this.#context;
    const { nowMs } = step;
    const node = speaker(ledger, request.nodeId);
    // Not a rejection: the node may have registered in a block this agent has not read yet (P-72).
    if (node === null) return ignore("REQUEST_UNKNOWN_NODE");
    // P-8: it may have registered under another's key.
    if (!node.identityValid) return ignore("NODE_IDENTITY_INVALID");
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
    if (this.#isOneTooManyHeld(request)) return ignore("BUDGET_EXCEEDED");
    const { recipient, epoch, nodeId } = request;
    const digest = (modules.digestOf ?? digestOf)(options.domain, "ClaimRequest", { recipient, epoch, nodeId });
    if (!modules.verifyIdentity(fromHex(node.identityKey), digest, request.identitySignature)) {
      return reject("IDENTITY_BAD_SIGNATURE");
    }
    if (!this.#requestBudget.take(node.id, nowMs)) return ignore("BUDGET_EXCEEDED");
    const round = this.#rounds.want(id, request);
    if (round === null) return ignore("ROUNDS_FULL");
    round.routes.set(node.id, from);
    this.#delivery.routed(round, node.id, step);
    this.#turns.add(round, node.id, step);
    return ACCEPTED;
  }

  /** P-72: of many nodes each may ask for whom it likes in an epoch that has not closed here. */
  #isOneTooManyHeld({ nodeId, epoch }: SignedClaimRequest): boolean {
    if (subnetsOf(this.#context).bits === 0 || epoch <= (lastClosedEpoch(this.#context.ledger) ?? -1)) return false;
    return this.#turns.heldOf(nodeId) >= HELD_REQUESTS_MAX;
  }

  #shareOutcome(arrival: Arrival, share: Share, step: Step): Outcome {
    const node = speaker(this.#context.ledger, share.nodeId);
    if (node === null) return ignore("SHARE_UNKNOWN_NODE");
    const outside = outsideWindow(this.#context.ledger, share.epoch);
    if (outside !== null) return ignore(outside);
    const id = idOf(share);
    if (!this.#rounds.mayShare(id, node.id)) return ignore("BUDGET_EXCEEDED");
    const { from, handle } = arrival;
    const own = kindNamed(id.kind).own(this.#context, id);
    const message = messageKey(share);
    if (own === null || messageKey(own) !== message) {
      // Before it costs a hash: what this peer offers goes on for as long as it likes (P-97).
      if (this.#offers.isTooMany(from, roundKey(id), node.id, message)) return reject("SHARE_TOO_MANY_MESSAGES");
    }
    const digest = this.#digests.of(share, message);
    const round = this.#rounds.get(id);
    if (round !== undefined) {
      const known = shareOf(round, digest, node.id);
      // A BLS signature is unique: other bytes under a share that was checked cannot be valid.
      if (known !== undefined) {
        return equalBytes(known, share.signature) ? ACCEPTED : reject("SHARE_BAD_SIGNATURE");
      }
      if (!mayAdd(round, digest, node.id, own === null ? null : this.#digests.of(own))) {
        return ignore("SHARE_TOO_MANY_MESSAGES");
      }
    }
    const opens = round === undefined;
    const publicKey = node.blsKey;
    return this.#enqueue({ type: "share", signed: share, digest, publicKey, from, handle, opens }, step);
  }

  /** P-135: what adds nothing is not even checked. */
  #partialOutcome({ from, handle }: Arrival, partial: PartialAggregate, step: Step): Outcome {
    const outside = outsideWindow(this.#context.ledger, partial.epoch);
    if (outside !== null) return ignore(outside);
    const round = this.#rounds.get(idOf(partial));
    const refused = whyNotWanted(this.#context, round, partial, this.#digests);
    if (refused !== null) return ignore(refused);
    const publicKey = keysSum(this.#context, partial.signers);
    if (publicKey === null) return ignore("SHARE_UNKNOWN_NODE");
    const digest = this.#digests.of(partial);
    return this.#enqueue({ type: "partial", signed: partial, digest, publicKey, from, handle }, step);
  }

  #enqueue(pending: Pending, step: Step): Outcome {
    if (!this.#waitingLimits.enter(pending)) return ignore("BUDGET_EXCEEDED");
    const dropped = this.#queue.add(pending, (peer) => this.#standing.isSuspect(peer, step.nowMs));
    if (dropped === pending) {
      this.#waitingLimits.leave(pending);
      return ignore("VERIFY_QUEUE_FULL");
    }
    if (dropped !== null) {
      this.#waitingLimits.leave(dropped);
      this.#settle(dropped, ignore("VERIFY_QUEUE_FULL"), step);
    }
    this.#scheduleVerification(
      pending.type === "partial" ? PARTIAL_VERIFY_DELAY_MS : companyMs(this.#context.load.lateMs),
      step,
    );
    return "queued";
  }

  /** A verified or refuted share or partial. Returns the round it changed, or null. */
  #takeVerified({ pending, valid }: Settled, step: Step): Round | null {
    this.#waitingLimits.leave(pending);
    if (valid !== true) {
      // What could not be checked says nothing about who sent it.
      this.#settle(pending, valid === null ? ignore("VERIFY_FAILED") : reject("SHARE_BAD_SIGNATURE"), step);
      return null;
    }
    // Its epoch may have left the window while it waited: no round is opened again for it.
    const outside = outsideWindow(this.#context.ledger, pending.signed.epoch);
    if (outside !== null) {
      this.#settle(pending, ignore(outside), step);
      return null;
    }
    return pending.type === "share" ? this.#takeShare(pending, step) : this.#takePartial(pending, step);
  }

  #takeShare(pending: PendingShare, step: Step): Round | null {
    const { signed: share, digest } = pending;
    const id = idOf(share);
    const round = this.#rounds.forShare(id, share.nodeId);
    if (round === null || !mayAdd(round, digest, share.nodeId, this.#digests.ofOwn(this.#context, id))) {
      this.#settle(pending, ignore(round === null ? "BUDGET_EXCEEDED" : "SHARE_TOO_MANY_MESSAGES"), step);
      return null;
    }
    addShare(round, share, digest, share.nodeId, share.signature);
    this.counters.sharesAccepted += 1;
    this.#settle(pending, ACCEPTED, step);
    this.#signing.consider(round, step);
    if (round.own !== null && round.own.digest.hex !== digest.hex) this.#noteDisagreement(round, share, step);
    return round;
  }

  /** Another may have brought as much while this one waited. */
  #takePartial(pending: PendingPartial, step: Step): Round | null {
    const { signed: partial, digest, from, handle } = pending;
    const round = this.#rounds.get(idOf(partial));
    const refused = whyNotWanted(this.#context, round, partial, this.#digests);
    if (round === undefined || refused !== null) {
      this.#settle(pending, ignore(refused ?? "PARTIAL_UNASKED"), step);
      return null;
    }
    addPartial(round, partial, digest, contributionOf(partial));
    this.#settle(pending, ACCEPTED, step);
    // Gossip passes on what gossip brought.
    if (handle === null) this.#delivery.pass(round, partial, from, step);
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
  #scheduleVerification(delayMs: number, { nowMs, emit }: Step): void {
    if ((this.#verifyAtMs ?? Number.POSITIVE_INFINITY) <= nowMs + delayMs || !this.#queue.idle) return;
    this.#verifyAtMs = nowMs + delayMs;
    emit({ type: "set-timer", timer: "verify", atMs: this.#verifyAtMs });
  }

  #settle(arrival: Arrival, outcome: Outcome, step: Step): void {
    const { emit } = step;
    if (outcome === "queued") return;
    const whole = arrival.handle === null ? null : this.#verdicts.settle(arrival.handle, outcome);
    if (arrival.handle !== null && whole !== null) emit({ type: "verdict", handle: arrival.handle, ...whole });
    if (outcome.code === "OK") return;
    const { verdict, code } = outcome;
    if (verdict === "reject") this.counters.sharesRejected += 1;
    const isNews = verdict === "reject" && this.#standing.blame(arrival.from, code, step);
    const level = isNews ? "warn" : "debug";
    emit({ type: "observe", level, code, values: { from: arrival.from, verdict } });
  }
}

function idOf(signed: Share | PartialAggregate): RoundId {
  return { kind: signed.kind, epoch: signed.epoch, subject: subjectOf(signed) };
}

function isSameRequest(a: SignedClaimRequest, b: SignedClaimRequest): boolean {
  return a.nodeId === b.nodeId && equalBytes(a.identitySignature, b.identitySignature);
}
