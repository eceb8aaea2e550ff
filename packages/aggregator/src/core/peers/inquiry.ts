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
  quorateError,
  type RoundId,
  type SignedClaimRequest,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import { kindNamed } from "../kinds/kinds.ts";
import { claimRound } from "../kinds/rewardClaim.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import { speaker } from "../ledger/nodes.ts";
import { INQUIRE_AGAIN_MS, INQUIRIES_PER_TICK } from "../limits.ts";
import { type Round, shareOf } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { wireShare } from "../signing.ts";
import type { Inquiries, Inquiry, Intake } from "../stages.ts";
import { blaming } from "./blame.ts";

/** An inquiry under way. */
interface Job {
  readonly inquiries: Inquiries;
  readonly nodeId: NodeId;
  readonly peer: PeerKey;
  /** The claim that lacks its share. */
  readonly round: RoundId;
}

export class PeerInquiry implements Inquiry {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #intake: Intake;
  readonly #jobs = new Map<number, Job>();
  #nextJob = 1;

  constructor(context: Context, rounds: RoundTable, intake: Intake) {
    this.#context = context;
    this.#rounds = rounds;
    this.#intake = intake;
  }

  ask(inquiries: Inquiries, request: SignedClaimRequest, missing: readonly NodeId[], { nowMs, emit }: Step): void {
    let asked = 0;
    for (const nodeId of missing) {
      const node = speaker(this.#context.ledger, nodeId);
      const known = inquiries.get(nodeId);
      if (node === null || nodeId === this.#context.ownNode?.id) continue;
      if (known !== undefined && nowMs - known.askedAtMs < INQUIRE_AGAIN_MS) continue;
      if (asked++ >= INQUIRIES_PER_TICK) return;
      inquiries.set(nodeId, { askedAtMs: nowMs, reason: known?.reason ?? null });
      const job = this.#nextJob++;
      const round = claimRound(request.recipient, request.epoch);
      this.#jobs.set(job, { inquiries, nodeId, peer: node.identityKey, round });
      emit({ type: "inquire", job, peer: node.identityKey, data: encodeInquiryRequest(request) });
    }
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
    // What a node answers that is stopping, or that refuses the request.
    if (data.length === 0) return this.#noteUnreached(asked, "NETWORK_REQUEST_REFUSED", step.nowMs);
    return blaming(asked.peer, step, () => this.#takeAnswer(asked, data, step));
  }

  failed(job: number, code: ErrorCode, { nowMs }: Step): RoundId | null {
    const asked = this.#finish(job);
    return asked === null ? null : this.#noteUnreached(asked, code, nowMs);
  }

  #finish(job: number): Job | null {
    const asked = this.#jobs.get(job) ?? null;
    this.#jobs.delete(job);
    return asked;
  }

  #takeAnswer(job: Job, data: Uint8Array, step: Step): RoundId | null {
    const response = decodeInquiryResponse(data);
    if (response.type === "reason") return note(job, step.nowMs, { nodeId: job.nodeId, ...response.reason });
    // Asked about itself a node has no business sending another's share.
    if (response.share.nodeId !== job.nodeId) {
      throw quorateError("SHARE_UNKNOWN_NODE", { asked: job.nodeId, answered: response.share.nodeId });
    }
    this.#intake.share({ from: job.peer, handle: null }, response.share, step);
    return null;
  }

  /** The node was not reached, or did not answer in time. */
  #noteUnreached(job: Job, code: ErrorCode, nowMs: number): RoundId | null {
    // Many claims ask the same node at once, and this agent's own line to it is full: that says nothing about the node.
    const known = job.inquiries.get(job.nodeId)?.reason;
    if (code === "NETWORK_PEER_BUSY" && known) return note(job, nowMs, known);
    return note(job, nowMs, { nodeId: job.nodeId, code, closedEpochs: null });
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
    return round?.signing === true ? "SHARE_PENDING" : (round?.withheld ?? "SHARE_WITHHELD");
  }
}

/** Keeps a reason; returns the round if it is a new one. */
function note({ inquiries, nodeId, round }: Job, nowMs: number, reason: NotSigned): RoundId | null {
  const before = inquiries.get(nodeId)?.reason;
  inquiries.set(nodeId, { askedAtMs: nowMs, reason });
  return before?.code !== reason.code || before.closedEpochs !== reason.closedEpochs ? round : null;
}
