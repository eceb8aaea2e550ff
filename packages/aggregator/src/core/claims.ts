/**
 * The claims this agent was asked for by stakers: from the request to a bundle or an explained failure (P-86).
 * Enters: requests, changes of rounds, time. Leaves: replies, progress and bundles. Not here: shares and signatures.
 */
import {
  type Address,
  type Bundle,
  type ClaimReply,
  type ClaimView,
  digestOf,
  type ErrorCode,
  encodeGossip,
  type SignedClaimRequest,
  Signers,
  toHex,
  type UnsignedClaim,
} from "@quorate/common";
import { bundleRound, tallyRound, tallySigners } from "./aggregation.ts";
import { type Inquiries, inquire } from "./inquiry.ts";
import type { RestoredState } from "./io.ts";
import { parseRoundKey, type RoundKey, roundKey } from "./kinds/roundId.ts";
import type { LedgerNode } from "./ledger/events.ts";
import { amountAt, lastClosedEpoch } from "./ledger/ledger.ts";
import { CLAIMS_MAX, IMPROVE_MS, INQUIRE_AFTER_MS, UNSIGNED_CLAIMS_MAX } from "./limits.ts";
import { decideClaim } from "./policy.ts";
import { disagreements, openRound, type Round } from "./rounds/round.ts";
import { claimDigest, considerRound } from "./signing.ts";
import type { CoreState, Emit } from "./state.ts";

/** One claim; its round holds the shares. */
interface Claim {
  readonly recipient: Address;
  readonly epoch: number;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  status: ClaimView["status"];
  quorumAfterMs: number | null;
  /** Until when the bundle is improved; null when it no longer is. */
  improveUntilMs: number | null;
  bundle: Bundle | null;
  /** This node's request, for asking directly; null for a claim that came back from the disk with its bundle. */
  readonly request: SignedClaimRequest | null;
  readonly inquiries: Inquiries;
}

export class Claims {
  readonly #claims = new Map<RoundKey, Claim>();

  /** Bundles from before a crash are served again; claims that had none are asked for anew by `resume`. */
  constructor(restored: RestoredState) {
    for (const { round, bundle } of restored.bundles) {
      const { recipient, epoch } = parseRoundKey(round);
      this.#claims.set(round, restoredClaim(bundle, recipient, epoch));
    }
  }

  /** Whether any claim is still collecting or being improved. */
  get busy(): boolean {
    for (const claim of this.#claims.values()) if (isOpen(claim)) return true;
    return false;
  }

  /** A staker asks. The same claim asked again is answered from what is there; a failed one is collected anew. */
  request(state: CoreState, recipient: Address, epoch: number | null, nowMs: number, emit: Emit): ClaimReply {
    const wanted = epoch ?? lastClosedEpoch(state.ledger);
    if (wanted === null) return refuse("EPOCH_NOT_CLOSED", { epoch: 0, lastClosed: "none" });
    const key = roundKey(recipient, wanted);
    const existing = this.#claims.get(key);
    if (existing !== undefined && existing.status !== "failed") return { ok: true, claim: this.#view(state, existing) };
    if (state.ownNode === null) return refuse("NODE_NOT_REGISTERED", { blsKey: toHex(state.options.blsKey) });
    const decision = decideClaim(state.ledger, state.health, recipient, wanted);
    if (decision.kind !== "sign") return { ok: false, refusal: decision.refusal };
    if (this.#openCount() >= CLAIMS_MAX) return refuse("CLAIMS_FULL", { open: CLAIMS_MAX });
    if (!state.requestBudget.take(state.ownNode.id, nowMs))
      return refuse("BUDGET_EXCEEDED", { nodeId: state.ownNode.id });
    const request = signRequest(state, state.ownNode, recipient, wanted);
    const round = state.rounds.request(recipient, wanted, request);
    if (round === null) return refuse("ROUNDS_FULL", { rounds: state.rounds.size });
    emit({ type: "persist", records: [{ type: "claim", recipient, epoch: wanted }] });
    return { ok: true, claim: this.#view(state, this.#open(state, round, request, nowMs, emit)) };
  }

  /** After a restart: accepted claims without a bundle are collected again, if their epoch is still in the window. */
  resume(state: CoreState, restored: RestoredState, nowMs: number, emit: Emit): void {
    for (const { recipient, epoch } of restored.claims) {
      if (this.#claims.has(roundKey(recipient, epoch)) || state.ownNode === null) continue;
      const request = signRequest(state, state.ownNode, recipient, epoch);
      const round = state.rounds.request(recipient, epoch, request);
      if (round !== null) this.#open(state, round, request, nowMs, emit);
    }
  }

  /** A round got a share: quorum may be reached. */
  roundChanged(state: CoreState, round: Round, nowMs: number, emit: Emit): void {
    const claim = this.#claims.get(round.key);
    if (claim === undefined || !isOpen(claim)) return;
    if (claim.status === "collecting") this.#lookForQuorum(state, claim, round, nowMs, emit);
    this.#changed(state, claim, emit);
  }

  /** A node that is missing was heard of, or was not reached (P-89). */
  reasonChanged(state: CoreState, round: RoundKey, emit: Emit): void {
    const claim = this.#claims.get(round);
    if (claim !== undefined && isOpen(claim)) this.#changed(state, claim, emit);
  }

  /** Those of the newest claims that lack shares for a known reason, newest first, for the operator (P-89). */
  unsigned(state: CoreState): UnsignedClaim[] {
    const newest = [...this.#claims.values()].slice(-UNSIGNED_CLAIMS_MAX).reverse();
    return newest
      .map((claim) => this.#view(state, claim))
      .filter(({ reasons, disagreements }) => reasons.length + disagreements.length > 0)
      .map(({ recipient, epoch, status, amount, signedBps, missing, reasons, disagreements }) => {
        return { recipient, epoch, status, amount, signedBps, missing, reasons, disagreements };
      });
  }

  /** The node set changed: stake that left may have been all that was missing (P-85). */
  nodesChanged(state: CoreState, nowMs: number, emit: Emit): void {
    for (const claim of this.#claims.values()) {
      const round = state.rounds.get(claim.recipient, claim.epoch);
      if (claim.status === "collecting" && round !== undefined) this.roundChanged(state, round, nowMs, emit);
    }
  }

  /** Deadlines pass and bundles are improved at ticks only, so that a burst of late shares costs one aggregation. */
  tick(state: CoreState, nowMs: number, emit: Emit): void {
    for (const claim of this.#claims.values()) {
      if (claim.status === "collecting" && nowMs >= claim.deadlineMs) this.#fail(state, claim, emit);
      else if (claim.improveUntilMs !== null) this.#improve(state, claim, nowMs, emit);
      if (claim.status === "collecting") this.#askWhyNot(state, claim, nowMs, emit);
    }
  }

  /** Drops claims below an epoch. */
  prune(belowEpoch: number): void {
    for (const [key, claim] of this.#claims) if (claim.epoch < belowEpoch && !isOpen(claim)) this.#claims.delete(key);
  }

  view(state: CoreState, recipient: Address, epoch: number | null): ClaimView | null {
    let newest: Claim | null = null;
    for (const claim of this.#claims.values()) {
      if (claim.recipient !== recipient || (epoch !== null && claim.epoch !== epoch)) continue;
      if (newest === null || claim.epoch > newest.epoch) newest = claim;
    }
    return newest === null ? null : this.#view(state, newest);
  }

  #open(state: CoreState, round: Round, request: SignedClaimRequest, nowMs: number, emit: Emit): Claim {
    const claim: Claim = {
      recipient: round.recipient,
      epoch: round.epoch,
      startedAtMs: nowMs,
      deadlineMs: nowMs + state.options.claimDeadlineMs,
      status: "collecting",
      quorumAfterMs: null,
      improveUntilMs: null,
      bundle: null,
      request,
      inquiries: new Map(),
    };
    // One that had failed becomes the newest.
    this.#claims.delete(round.key);
    this.#claims.set(round.key, claim);
    state.schedule.nextCatchUpMs = Math.min(state.schedule.nextCatchUpMs, nowMs);
    emit({ type: "publish", data: encodeGossip({ type: "request", request }) });
    considerRound(state, round, emit);
    this.#lookForQuorum(state, claim, round, nowMs, emit);
    return claim;
  }

  #lookForQuorum(state: CoreState, claim: Claim, round: Round, nowMs: number, emit: Emit): void {
    const tally = tallyRound(state, round);
    if (!tally.quorum) return;
    const bundle = bundleRound(state, round, tally);
    if (bundle === null) return;
    claim.status = "ready";
    claim.quorumAfterMs = nowMs - claim.startedAtMs;
    claim.improveUntilMs = tally.complete ? null : nowMs + IMPROVE_MS;
    this.#keep(claim, bundle, emit);
    const values = { round: round.key, signedBps: tally.stake.signedBps, quorumAfterMs: claim.quorumAfterMs };
    emit({ type: "observe", level: "info", code: "CLAIM_READY", values });
  }

  #improve(state: CoreState, claim: Claim, nowMs: number, emit: Emit): void {
    const round = state.rounds.get(claim.recipient, claim.epoch);
    if (round === undefined) {
      claim.improveUntilMs = null;
      return;
    }
    const tally = tallyRound(state, round);
    if (claim.improveUntilMs !== null && (nowMs >= claim.improveUntilMs || tally.complete)) claim.improveUntilMs = null;
    if (claim.bundle === null || tally.signers.length <= Signers.fromHex(claim.bundle.signers).count) return;
    const bundle = bundleRound(state, round, tally);
    if (bundle !== null) this.#keep(claim, bundle, emit);
    this.#changed(state, claim, emit);
  }

  /** P-89: those who are still missing after gossip had its time. */
  #askWhyNot(state: CoreState, claim: Claim, nowMs: number, emit: Emit): void {
    const round = state.rounds.get(claim.recipient, claim.epoch);
    if (round === undefined || claim.request === null || nowMs - claim.startedAtMs < INQUIRE_AFTER_MS) return;
    inquire(state, claim.inquiries, claim.request, tallyRound(state, round).missing, nowMs, emit);
  }

  #fail(state: CoreState, claim: Claim, emit: Emit): void {
    claim.status = "failed";
    const view = this.#changed(state, claim, emit);
    const values = {
      round: roundKey(claim.recipient, claim.epoch),
      signedBps: view.signedBps,
      missing: view.missing.join(","),
    };
    emit({ type: "observe", level: "warn", code: "QUORUM_NOT_REACHED", values });
  }

  #keep(claim: Claim, bundle: Bundle, emit: Emit): void {
    claim.bundle = bundle;
    emit({ type: "persist", records: [{ type: "bundle", round: roundKey(claim.recipient, claim.epoch), bundle }] });
  }

  #changed(state: CoreState, claim: Claim, emit: Emit): ClaimView {
    const view = this.#view(state, claim);
    emit({ type: "claim-changed", claim: view });
    return view;
  }

  #openCount(): number {
    let open = 0;
    for (const claim of this.#claims.values()) if (isOpen(claim)) open += 1;
    return open;
  }

  /** A ready claim shows its bundle's signers, which survive a restart; any other shows the shares held. */
  #view(state: CoreState, claim: Claim): ClaimView {
    const { recipient, epoch, status, startedAtMs, deadlineMs, quorumAfterMs, bundle } = claim;
    const round = state.rounds.get(recipient, epoch) ?? openRound(recipient, epoch, null);
    const tally = bundle === null ? tallyRound(state, round) : tallySigners(state, Signers.fromHex(bundle.signers));
    // What the ledger says is shown also while nothing may be signed, as after a restart before the chain was read (P-57).
    const own = round.ownAmount ?? amountAt(state.ledger, epoch, recipient) ?? 0n;
    const amount = bundle === null ? own : BigInt(bundle.message.amount);
    return {
      recipient,
      epoch,
      amount,
      digest: toHex(claimDigest(state, recipient, amount)),
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
      reasons: tally.missing.flatMap((id) => claim.inquiries.get(id)?.reason ?? []),
      bundle,
    };
  }
}

function restoredClaim(bundle: Bundle, recipient: Address, epoch: number): Claim {
  return {
    recipient,
    epoch,
    startedAtMs: 0,
    deadlineMs: 0,
    status: "ready",
    quorumAfterMs: null,
    improveUntilMs: null,
    bundle,
    request: null,
    inquiries: new Map(),
  };
}

function isOpen(claim: Claim): boolean {
  return claim.status === "collecting" || claim.improveUntilMs !== null;
}

function refuse(code: ErrorCode, values: Readonly<Record<string, string | number>>): ClaimReply {
  return { ok: false, refusal: { code, values } };
}

/** This node's own ClaimRequest; deterministic, so that asking again after a restart sends the same bytes. */
function signRequest(state: CoreState, own: LedgerNode, recipient: Address, epoch: number): SignedClaimRequest {
  const message = { recipient, epoch, nodeId: own.id };
  const digest = digestOf(state.options.domain, "ClaimRequest", message);
  return { ...message, identitySignature: state.modules.signIdentity(digest) };
}
