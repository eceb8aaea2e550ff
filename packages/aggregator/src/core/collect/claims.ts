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
  type RoundId,
  type RoundKey,
  roundKey,
  type SignedClaimRequest,
  Signers,
  toHex,
  type UnsignedClaim,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { RestoredState } from "../io.ts";
import type { Digests } from "../kinds/digests.ts";
import { claimRound, rewardClaim } from "../kinds/rewardClaim.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import { CLAIMS_MAX, IMPROVE_MS, INQUIRE_AFTER_MS, PULL_AFTER_MS, UNSIGNED_CLAIMS_MAX } from "../limits.ts";
import type { Aggregates } from "../rounds/aggregates.ts";
import { agreeing, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { type Tally, tallyRound } from "../rounds/tally.ts";
import type { CatchUp, Collector, Inquiry, Intake, LacksShares, Need, Signing } from "../stages.ts";
import { bundleRound, type Claim, isOpen, openClaim, restoredClaim, viewClaim } from "./claim.ts";

export interface ClaimsModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly digests: Digests;
  readonly signing: Signing;
  readonly intake: Intake;
  readonly catchUp: CatchUp;
  readonly inquiry: Inquiry;
  readonly aggregates: Aggregates;
}

export class Claims implements Collector {
  readonly #modules: ClaimsModules;
  readonly #claims = new Map<RoundKey, Claim>();

  /** Bundles from before a crash are served again; claims that had none are asked for anew by `resume`. */
  constructor(modules: ClaimsModules, restored: RestoredState) {
    this.#modules = modules;
    for (const { recipient, epoch, bundle } of restored.bundles) {
      this.#claims.set(roundKey(claimRound(recipient, epoch)), restoredClaim(bundle, recipient, epoch));
    }
  }

  /** Whether any claim is still collecting or being improved. */
  get busy(): boolean {
    for (const claim of this.#claims.values()) if (isOpen(claim)) return true;
    return false;
  }

  /** A staker asks. The same claim asked again is answered from what is there; a failed one is collected anew. */
  request(recipient: Address, epoch: number | null, step: Step): ClaimReply {
    const { context, intake, rounds } = this.#modules;
    const { ledger, ownNode, options } = context;
    const wanted = epoch ?? lastClosedEpoch(ledger);
    if (wanted === null) return refuse("EPOCH_NOT_CLOSED", { epoch: 0, lastClosed: "none" });
    const id = claimRound(recipient, wanted);
    const existing = this.#claims.get(roundKey(id));
    if (existing !== undefined && existing.status !== "failed") return { ok: true, claim: this.#view(existing) };
    if (ownNode === null) return refuse("NODE_NOT_REGISTERED", { blsKey: toHex(options.blsKey) });
    // No agent takes its requests (P-8).
    if (!ownNode.identityValid) return refuse("NODE_IDENTITY_INVALID", { nodeId: ownNode.id });
    const decision = rewardClaim.decide(context, id);
    if (decision.type === "wait" || decision.type === "refuse") return { ok: false, refusal: decision.refusal };
    if (this.#openCount() >= CLAIMS_MAX) return refuse("CLAIMS_FULL", { open: CLAIMS_MAX });
    if (!intake.spendRequest(ownNode.id, step.nowMs)) return refuse("BUDGET_EXCEEDED", { nodeId: ownNode.id });
    const request = this.#signRequest(ownNode, recipient, wanted);
    const round = rounds.want(id, request);
    if (round === null) return refuse("ROUNDS_FULL", { rounds: rounds.size });
    step.emit({ type: "persist", records: [{ type: "claim", recipient, epoch: wanted }] });
    return { ok: true, claim: this.#view(this.#open(round, request, step)) };
  }

  /** After a restart: accepted claims without a bundle are collected again, if their epoch is still in the window. */
  resume(restored: RestoredState, step: Step): void {
    const { context, rounds } = this.#modules;
    for (const { recipient, epoch } of restored.claims) {
      const id = claimRound(recipient, epoch);
      if (this.#claims.has(roundKey(id)) || context.ownNode === null) continue;
      const request = this.#signRequest(context.ownNode, recipient, epoch);
      const round = rounds.want(id, request);
      if (round !== null) this.#open(round, request, step);
    }
  }

  /** A round got a share: quorum may be reached. */
  roundChanged(round: Round, step: Step): void {
    const claim = this.#claims.get(round.key);
    if (claim === undefined || !isOpen(claim)) return;
    if (claim.status === "collecting") this.#lookForQuorum(claim, round, step);
    this.#changed(claim, step);
  }

  /** P-137: of claims that are collected, what counts, after what comes by itself has had its time. */
  needs({ nowMs }: Step): Need[] {
    const { context } = this.#modules;
    return [...this.#claims.values()].flatMap((claim) => {
      const round = this.#roundOf(claim);
      if (claim.status !== "collecting" || round === undefined || nowMs - claim.startedAtMs < PULL_AFTER_MS) return [];
      const signed = agreeing(round);
      const lacking = context.nodes.filter(({ id, state }) => state === "active" && !signed.has(id));
      return [{ round, lacking: lacking.map(({ id }) => id), asksNodes: false }];
    });
  }

  /** Whether a staker of this agent waits for a round. */
  isAwaited(key: RoundKey): boolean {
    const claim = this.#claims.get(key);
    return claim !== undefined && isOpen(claim);
  }

  /** A node that is missing was heard of, or was not reached (P-89). */
  reasonChanged(round: RoundId, step: Step): void {
    const claim = this.#claims.get(roundKey(round));
    if (claim !== undefined && isOpen(claim)) this.#changed(claim, step);
  }

  /** Those of the newest claims that lack shares for a known reason, newest first, for the operator (P-89). */
  unsigned(): UnsignedClaim[] {
    const newest = [...this.#claims.values()].slice(-UNSIGNED_CLAIMS_MAX).reverse();
    return newest
      .map((claim) => this.#view(claim))
      .filter(({ reasons, disagreements }) => reasons.length + disagreements.length > 0)
      .map(({ recipient, epoch, status, amount, signedBps, missing, reasons, disagreements }) => {
        return { recipient, epoch, status, amount, signedBps, missing, reasons, disagreements };
      });
  }

  /** The node set changed: stake that left may have been all that was missing (P-85). */
  nodesChanged(step: Step): void {
    for (const claim of this.#claims.values()) {
      const round = this.#roundOf(claim);
      if (claim.status === "collecting" && round !== undefined) this.roundChanged(round, step);
    }
  }

  /** Deadlines pass and bundles are improved at ticks only, so that a burst of late shares costs one aggregation. */
  tick(step: Step): void {
    for (const claim of this.#claims.values()) {
      if (claim.status === "collecting" && step.nowMs >= claim.deadlineMs) this.#fail(claim, step);
      else if (claim.improveUntilMs !== null) this.#improve(claim, step);
    }
    this.#modules.inquiry.ask(this.#lackingShares(step), step);
  }

  /** Drops claims below an epoch. */
  prune(belowEpoch: number): void {
    for (const [key, claim] of this.#claims) if (claim.epoch < belowEpoch && !isOpen(claim)) this.#claims.delete(key);
  }

  view(recipient: Address, epoch: number | null): ClaimView | null {
    let newest: Claim | null = null;
    for (const claim of this.#claims.values()) {
      if (claim.recipient !== recipient || (epoch !== null && claim.epoch !== epoch)) continue;
      if (newest === null || claim.epoch > newest.epoch) newest = claim;
    }
    return newest === null ? null : this.#view(newest);
  }

  #open(round: Round, request: SignedClaimRequest, step: Step): Claim {
    const { context, signing, catchUp } = this.#modules;
    const { nowMs, emit } = step;
    const claim = openClaim(request, { startedAtMs: nowMs, deadlineMs: nowMs + context.options.claimDeadlineMs });
    // One that had failed becomes the newest.
    this.#claims.delete(round.key);
    this.#claims.set(round.key, claim);
    catchUp.hurry(nowMs);
    // Own stakers do not wait for a turn (P-77).
    round.turn = true;
    emit({ type: "publish", data: encodeGossip({ type: "request", request }) });
    signing.consider(round, step);
    this.#lookForQuorum(claim, round, step);
    return claim;
  }

  /**
   * P-109: bad shares are dropped by a first attempt, and what is left may hold quorum. A second failure drops more or
   * none; the next look is at the next share.
   */
  #bundle(round: Round, step: Step): { readonly tally: Tally; readonly bundle: Bundle | null } {
    const { context, aggregates } = this.#modules;
    const attempt = () => {
      const tally = tallyRound(context, rewardClaim, round);
      return { tally, bundle: bundleRound(context, round, tally, (of, ids) => aggregates.of(of, ids, step)) };
    };
    const first = attempt();
    return first.bundle === null && first.tally.quorum ? attempt() : first;
  }

  #lookForQuorum(claim: Claim, round: Round, step: Step): void {
    const { tally, bundle } = this.#bundle(round, step);
    if (bundle === null) return;
    const { nowMs, emit } = step;
    claim.status = "ready";
    claim.quorumAfterMs = nowMs - claim.startedAtMs;
    claim.improveUntilMs = tally.complete ? null : nowMs + IMPROVE_MS;
    this.#keep(claim, bundle, step);
    const values = { round: round.key, signedBps: tally.stake.signedBps, quorumAfterMs: claim.quorumAfterMs };
    emit({ type: "observe", level: "info", code: "CLAIM_READY", values });
  }

  #improve(claim: Claim, step: Step): void {
    const { context } = this.#modules;
    const round = this.#roundOf(claim);
    if (round === undefined) {
      claim.improveUntilMs = null;
      return;
    }
    const tally = tallyRound(context, rewardClaim, round);
    const isOver = step.nowMs >= (claim.improveUntilMs ?? 0) || tally.complete;
    if (isOver) claim.improveUntilMs = null;
    if (claim.bundle === null || tally.signers.length <= Signers.fromHex(claim.bundle.signers).count) return;
    const { bundle } = this.#bundle(round, step);
    if (bundle !== null) this.#keep(claim, bundle, step);
    this.#changed(claim, step);
  }

  /** P-89: of claims that gossip has had its time for, who is still missing. Counted only where there is room to ask. */
  *#lackingShares({ nowMs }: Step): Generator<LacksShares> {
    const { context } = this.#modules;
    // Where the host is late, so are the shares that it has been sent already.
    const startedBeforeMs = nowMs - INQUIRE_AFTER_MS - context.load.spacingMs;
    for (const claim of this.#claims.values()) {
      const { status, startedAtMs, request, inquiries } = claim;
      const round = this.#roundOf(claim);
      if (status !== "collecting" || startedAtMs > startedBeforeMs || round === undefined || request === null) continue;
      yield { request, inquiries, missing: tallyRound(context, rewardClaim, round).missing };
    }
  }

  #fail(claim: Claim, step: Step): void {
    claim.status = "failed";
    const round = this.#roundOf(claim);
    claim.failedWith = round === undefined ? Signers.empty : agreeing(round);
    const { signedBps, missing } = this.#changed(claim, step);
    const values = { round: roundKey(claimRound(claim.recipient, claim.epoch)), signedBps, missing: missing.join(",") };
    // P-109: enough have signed, and no time would have helped.
    if (round?.faultyParts != null) {
      return step.emit({ type: "observe", level: "error", code: "AGGREGATE_INVALID", values });
    }
    step.emit({ type: "observe", level: "warn", code: "QUORUM_NOT_REACHED", values });
  }

  #keep(claim: Claim, bundle: Bundle, { emit }: Step): void {
    const { recipient, epoch } = claim;
    claim.bundle = bundle;
    emit({ type: "persist", records: [{ type: "bundle", recipient, epoch, bundle }] });
  }

  #changed(claim: Claim, { emit }: Step): ClaimView {
    const view = this.#view(claim);
    emit({ type: "claim-changed", claim: view });
    return view;
  }

  #view(claim: Claim): ClaimView {
    const { context, rounds, digests } = this.#modules;
    return viewClaim(context, rounds, digests, claim);
  }

  #roundOf({ recipient, epoch }: Claim): Round | undefined {
    return this.#modules.rounds.get(claimRound(recipient, epoch));
  }

  /** This node's own ClaimRequest; deterministic, so that asking again after a restart sends the same bytes. */
  #signRequest({ id: nodeId }: LedgerNode, recipient: Address, epoch: number): SignedClaimRequest {
    const { options, modules } = this.#modules.context;
    const message = { recipient, epoch, nodeId };
    return { ...message, identitySignature: modules.signIdentity(digestOf(options.domain, "ClaimRequest", message)) };
  }

  #openCount(): number {
    let open = 0;
    for (const claim of this.#claims.values()) if (isOpen(claim)) open += 1;
    return open;
  }
}

function refuse(code: ErrorCode, values: Readonly<Record<string, string | number>>): ClaimReply {
  return { ok: false, refusal: { code, values } };
}
