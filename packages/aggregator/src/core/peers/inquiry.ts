/**
 * Why a node has not signed (P-89): asked of it directly, and answered to others.
 * Enters: claims that lack shares, others' inquiries, answers. Leaves: inquiries, answers, shares for verification,
 * reasons for people. Not here: streams (adapters/libp2p). A reason never counts toward anything.
 */
import {
  decodeInquiryRequest,
  decodeInquiryResponse,
  type ErrorCode,
  encodeInquiryRequest,
  encodeInquiryResponse,
  type InquiryResponse,
  type NodeId,
  type NotSigned,
  type RoundId,
  type RoundKey,
  roundKey,
  type SignedClaimRequest,
} from "@quorate/common";
import { type Context, connectedSet, type Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import { kindNamed } from "../kinds/kinds.ts";
import { claimRound } from "../kinds/rewardClaim.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import { speaker } from "../ledger/nodes.ts";
import { INQUIRE_AGAIN_MS, INQUIRIES_PER_TICK, INQUIRY_LATE_SPACING, INQUIRY_VISITS_MAX, TICK_MS } from "../limits.ts";
import { type Round, shareOf } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { wireShare } from "../signing.ts";
import type { Inquiries, Inquiry, Intake, LacksShares, Tried } from "../stages.ts";
import { Budget } from "./budget.ts";
import type { PeerReach } from "./reach.ts";
import type { Standing } from "./standing.ts";
import { leastHeardFirst } from "./subnets.ts";

/** The bucket is every claim's. */
const ALL = "all";

/** An inquiry under way. */
interface Job {
  readonly inquiries: Inquiries;
  readonly nodeId: NodeId;
  /** Whether the node has to be dialled for it. */
  readonly isVisit: boolean;
  readonly peer: PeerKey;
  /** The claim that lacks its share. */
  readonly round: RoundId;
  /** What was known before it. */
  readonly before: Tried | null;
}

/** A question that may be asked. */
interface Due {
  readonly claim: LacksShares;
  readonly round: RoundId;
  readonly node: LedgerNode;
  /** Null if never tried. */
  readonly before: Tried | null;
}

export interface InquiryModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly intake: Intake;
  readonly standing: Standing;
  readonly reach: Pick<PeerReach, "has">;
}

export class PeerInquiry implements Inquiry {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #intake: Intake;
  readonly #standing: Standing;
  readonly #reach: Pick<PeerReach, "has">;
  readonly #jobs = new Map<number, Job>();
  /** Questions whose answer is awaited: a second one to the same node would only wait behind the first. */
  readonly #awaited = new Set<string>();
  readonly #rate: Budget<string>;
  #nextJob = 1;

  constructor({ context, rounds, intake, standing, reach }: InquiryModules) {
    this.#context = context;
    this.#rounds = rounds;
    this.#intake = intake;
    this.#standing = standing;
    this.#reach = reach;
    this.#rate = new Budget(() => ({
      burst: INQUIRIES_PER_TICK,
      refillMs: Math.max(TICK_MS / INQUIRIES_PER_TICK, context.load.lateMs * INQUIRY_LATE_SPACING),
      originsMax: 1,
    }));
  }

  ask(claims: Iterable<LacksShares>, { nowMs, emit }: Step): void {
    if (!this.#rate.has(ALL, nowMs)) return;
    const connected = connectedSet(this.#context);
    let visits = INQUIRY_VISITS_MAX - this.#visits();
    for (const { claim, round, node, before } of this.#due(claims, nowMs)) {
      const { inquiries, request } = claim;
      const { id: nodeId, identityKey: peer } = node;
      if (!node.identityValid) {
        // P-8: whoever holds that key has not said that this node is its own; asking it would be asking a stranger.
        inquiries.set(nodeId, { atMs: nowMs, isAsked: true, reason: notSaid(nodeId, "NODE_IDENTITY_INVALID") });
        continue;
      }
      const isVisit = !connected.has(peer);
      if (isVisit && visits <= 0) continue;
      if (!this.#rate.take(ALL, nowMs)) return;
      if (isVisit) visits -= 1;
      inquiries.set(nodeId, { atMs: nowMs, isAsked: true, reason: before?.reason ?? null });
      const job = this.#nextJob++;
      this.#awaited.add(questionOf(nodeId, roundKey(round)));
      this.#jobs.set(job, { inquiries, nodeId, isVisit, peer, round, before });
      emit({ type: "inquire", job, peer, data: encodeInquiryRequest(request) });
    }
  }

  /**
   * The questions that may be asked now: first those that were never asked, of nodes that will probably answer before
   * the others, the oldest claim's first; and then whichever was asked longest ago. Nodes that are down must not be
   * asked again and again before the last one is asked, and the oldest claim has least time left.
   */
  #due(claims: Iterable<LacksShares>, nowMs: number): Due[] {
    const [likely, others, asked]: [Due[], Due[], Due[]] = [[], [], []];
    for (const due of this.#unanswered(claims, nowMs - INQUIRE_AGAIN_MS - this.#context.load.spacingMs)) {
      if (due.before?.isAsked) asked.push(due);
      else if (this.#reach.has(due.node)) likely.push(due);
      else others.push(due);
    }
    asked.sort((a, b) => (a.before?.atMs ?? 0) - (b.before?.atMs ?? 0));
    return [...likely, ...others, ...asked];
  }

  *#unanswered(claims: Iterable<LacksShares>, triedBeforeMs: number): Generator<Due> {
    const { ledger, ownNode } = this.#context;
    for (const claim of claims) {
      const round = claimRound(claim.request.recipient, claim.request.epoch);
      const key = roundKey(round);
      for (const id of leastHeardFirst(this.#context, key, claim.missing)) {
        const before = claim.inquiries.get(id) ?? null;
        const isDue = before === null || before.atMs <= triedBeforeMs;
        if (!isDue || id === ownNode?.id || this.#awaited.has(questionOf(id, key))) continue;
        const node = speaker(ledger, id);
        if (node !== null) yield { claim, round, node, before };
      }
    }
  }

  #visits(): number {
    let visits = 0;
    for (const { isVisit } of this.#jobs.values()) if (isVisit) visits += 1;
    return visits;
  }

  /** Its request counts like one from gossip, so that a node which missed it signs now. */
  answer(from: PeerKey, data: Uint8Array, step: Step): Uint8Array {
    const request = decodeInquiryRequest(data);
    this.#intake.request({ from, handle: null }, request, step);
    return encodeInquiryResponse(this.#ownAnswer(request));
  }

  /** A share is checked like any other; a reason is kept for people. A peer that answers nonsense is blamed. */
  answered(job: number, data: Uint8Array, step: Step): RoundId | null {
    const asked = this.#finish(job);
    if (asked === null) return null;
    // What a node answers that is stopping, or that refuses the request; and what a silenced one's counts as.
    const isRefusal = data.length === 0 || this.#standing.isSilenced(asked.peer, step.nowMs);
    if (isRefusal) return this.#noteUnreached(asked, "NETWORK_REQUEST_REFUSED", step.nowMs);
    return this.#standing.blaming(asked.peer, step, () => this.#takeAnswer(asked, data, step));
  }

  failed(job: number, code: ErrorCode, { nowMs }: Step): RoundId | null {
    const asked = this.#finish(job);
    return asked === null ? null : this.#noteUnreached(asked, code, nowMs);
  }

  #finish(job: number): Job | null {
    const asked = this.#jobs.get(job) ?? null;
    this.#jobs.delete(job);
    if (asked !== null) this.#awaited.delete(questionOf(asked.nodeId, roundKey(asked.round)));
    return asked;
  }

  #takeAnswer(job: Job, data: Uint8Array, step: Step): RoundId | null {
    const response = decodeInquiryResponse(data);
    if (response.type === "reason") return note(job, step.nowMs, { nodeId: job.nodeId, ...response.reason });
    this.#intake.share({ from: job.peer, handle: null }, response.share, step);
    // An agent answers with its own node's share. That this is another node may be its operator's doing (two nodes with
    // one identity key), or ours who asked the wrong peer: it is no reason for blame (P-79).
    if (response.share.nodeId === job.nodeId) return null;
    return note(job, step.nowMs, notSaid(job.nodeId, "NODE_ELSEWHERE"));
  }

  /** The node was not reached, or did not answer in time. */
  #noteUnreached(job: Job, code: ErrorCode, nowMs: number): RoundId | null {
    if (code !== "NETWORK_PEER_BUSY") return note(job, nowMs, notSaid(job.nodeId, code));
    // This agent had no room for the question: that says nothing about the node, which comes before those asked.
    const { before, nodeId } = job;
    return note(job, nowMs, before?.reason ?? notSaid(nodeId, code), before?.isAsked ?? false);
  }

  #ownAnswer({ recipient, epoch }: SignedClaimRequest): InquiryResponse {
    const id = claimRound(recipient, epoch);
    const round = this.#rounds.get(id);
    const share = round === undefined ? null : this.#ownShare(round);
    if (share !== null) return { type: "share", share };
    const lastClosed = lastClosedEpoch(this.#context.ledger);
    const closedEpochs = lastClosed === null ? 0 : lastClosed + 1;
    return { type: "reason", reason: { code: this.#whyNot(id, round), closedEpochs } };
  }

  #ownShare(round: Round) {
    const node = this.#context.ownNode;
    if (node === null || round.own === null) return null;
    const signature = shareOf(round, round.own.digest, node.id);
    return signature === undefined ? null : wireShare(round, round.own.signed, node.id, signature);
  }

  #whyNot(id: RoundId, round: Round | undefined): string {
    const { health, ownNode } = this.#context;
    const decision = kindNamed(id.kind).decide(this.#context, id);
    if (decision.type === "wait" || decision.type === "refuse") {
      const { code } = decision.refusal;
      // The chain's own code says more than that it is unhealthy.
      return code === "CHAIN_UNHEALTHY" && !health.healthy ? health.code : code;
    }
    if (ownNode === null) return "NODE_NOT_REGISTERED";
    if (round?.signing === true) return "SHARE_PENDING";
    const waits = round?.wanted === true && !round.turn;
    return round?.withheld ?? (waits ? "SHARE_WAITS_TURN" : "SHARE_WITHHELD");
  }
}

function questionOf(nodeId: NodeId, round: RoundKey): string {
  return `${nodeId} ${round}`;
}

/** A reason that this agent found, and not the node itself. */
function notSaid(nodeId: NodeId, code: ErrorCode): NotSigned {
  return { nodeId, code, closedEpochs: null };
}

/** Keeps a reason; returns the round if it is a new one. */
function note(job: Job, nowMs: number, reason: NotSigned, isAsked = true): RoundId | null {
  const { inquiries, nodeId, round, before } = job;
  inquiries.set(nodeId, { atMs: nowMs, isAsked, reason });
  return before?.reason?.code !== reason.code || before.reason.closedEpochs !== reason.closedEpochs ? round : null;
}
