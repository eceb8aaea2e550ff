/**
 * Why a node has not signed (P-89): asked of it directly, and answered to others.
 * Enters: claims that lack shares, others' inquiries, answers. Leaves: inquiries, answers, shares for verification, reasons for people.
 * Not here: streams (adapters/libp2p). A reason never counts toward anything.
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
  type SignedClaimRequest,
} from "@quorate/common";
import { takeRequest, takeShare } from "./intake.ts";
import type { PeerKey } from "./io.ts";
import { type RoundKey, roundKey } from "./kinds/roundId.ts";
import { lastClosedEpoch } from "./ledger/ledger.ts";
import { INQUIRE_AGAIN_MS, INQUIRIES_PER_TICK } from "./limits.ts";
import { decideClaim } from "./policy.ts";
import { type Round, shareOf } from "./rounds/round.ts";
import { wireShare } from "./signing.ts";
import { type CoreState, type Emit, speaker } from "./state.ts";

/** What is known of the nodes a claim lacks: when each was asked last, and what came of it. Bounded by the node set. */
export type Inquiries = Map<NodeId, { readonly askedAtMs: number; readonly reason: NotSigned | null }>;

/** An inquiry under way. */
export interface InquiryJob {
  readonly inquiries: Inquiries;
  readonly nodeId: NodeId;
  readonly peer: PeerKey;
  /** The claim that lacks its share. */
  readonly round: RoundKey;
}

/** Asks the next few of the missing nodes that were not asked lately. */
export function inquire(
  state: CoreState,
  inquiries: Inquiries,
  request: SignedClaimRequest,
  missing: readonly NodeId[],
  nowMs: number,
  emit: Emit,
): void {
  let asked = 0;
  for (const nodeId of missing) {
    const node = speaker(state, nodeId);
    const known = inquiries.get(nodeId);
    if (node === null || nodeId === state.ownNode?.id) continue;
    if (known !== undefined && nowMs - known.askedAtMs < INQUIRE_AGAIN_MS) continue;
    if (asked++ >= INQUIRIES_PER_TICK) return;
    inquiries.set(nodeId, { askedAtMs: nowMs, reason: known?.reason ?? null });
    const job = state.schedule.nextJob++;
    const round = roundKey(request.recipient, request.epoch);
    state.inquiryJobs.set(job, { inquiries, nodeId, peer: node.identityKey, round });
    emit({ type: "inquire", job, peer: node.identityKey, data: encodeInquiryRequest(request) });
  }
}

/** Another agent asks. Its request counts like one from gossip, so that a node which missed it signs now. @throws coded errors of the decoder */
export function answerInquiry(
  state: CoreState,
  from: PeerKey,
  data: Uint8Array,
  nowMs: number,
  emit: Emit,
): Uint8Array {
  const request = decodeInquiryRequest(data);
  takeRequest(state, { from, handle: null }, request, nowMs, emit);
  return encodeInquiryResponse(ownAnswer(state, request));
}

/** An answer: a share is checked like any other, a reason is kept for people, and whether it is a new one said. @throws coded errors of the decoder, and SHARE_UNKNOWN_NODE */
export function takeInquiryAnswer(
  state: CoreState,
  job: InquiryJob,
  data: Uint8Array,
  nowMs: number,
  emit: Emit,
): boolean {
  const response = decodeInquiryResponse(data);
  if (response.type === "reason") return note(job, nowMs, { nodeId: job.nodeId, ...response.reason });
  // Asked about itself a node has no business sending another's share.
  if (response.share.nodeId !== job.nodeId) {
    throw quorateError("SHARE_UNKNOWN_NODE", { asked: job.nodeId, answered: response.share.nodeId });
  }
  takeShare(state, { from: job.peer, handle: null }, response.share, nowMs, emit);
  return false;
}

/** The node was not reached, or did not answer in time. Says whether that is new. */
export function noteUnreached(job: InquiryJob, code: ErrorCode, nowMs: number): boolean {
  // Many claims ask the same node at once, and this agent's own line to it is full: that says nothing about the node.
  const known = job.inquiries.get(job.nodeId)?.reason;
  if (code === "NETWORK_PEER_BUSY" && known) return note(job, nowMs, known);
  return note(job, nowMs, { nodeId: job.nodeId, code, closedEpochs: null });
}

function note({ inquiries, nodeId }: InquiryJob, nowMs: number, reason: NotSigned): boolean {
  const before = inquiries.get(nodeId)?.reason;
  inquiries.set(nodeId, { askedAtMs: nowMs, reason });
  return before?.code !== reason.code || before.closedEpochs !== reason.closedEpochs;
}

function ownAnswer(state: CoreState, { recipient, epoch }: SignedClaimRequest): InquiryResponse {
  const round = state.rounds.get(recipient, epoch);
  const share = round === undefined ? null : ownShare(state, round);
  if (share !== null) return { type: "share", share };
  const lastClosed = lastClosedEpoch(state.ledger);
  const closedEpochs = lastClosed === null ? 0 : lastClosed + 1;
  return { type: "reason", reason: { code: whyNot(state, round, recipient, epoch), closedEpochs } };
}

function ownShare(state: CoreState, round: Round) {
  const own = state.ownNode;
  if (own === null || round.ownAmount === null) return null;
  const signature = shareOf(round, round.ownAmount, own.id);
  return signature === undefined ? null : wireShare(round, round.ownAmount, own.id, signature);
}

function whyNot(state: CoreState, round: Round | undefined, recipient: Round["recipient"], epoch: number): string {
  const decision = decideClaim(state.ledger, state.health, recipient, epoch);
  if (decision.kind !== "sign") {
    // The chain's own code says more than that it is unhealthy.
    return decision.refusal.code === "CHAIN_UNHEALTHY" && !state.health.healthy
      ? state.health.code
      : decision.refusal.code;
  }
  if (state.ownNode === null) return "NODE_NOT_REGISTERED";
  return round?.signing === true ? "SHARE_PENDING" : "SHARE_WITHHELD";
}
