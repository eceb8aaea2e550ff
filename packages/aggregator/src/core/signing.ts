/**
 * From a wanted round to the own share: its kind's decision, recorded before it is signed (P-71), then signed and
 * published. The same for all kinds. Enters: rounds and finished signatures. Leaves: persist, sign and publish
 * effects. Not here: what may be signed (kinds/).
 */
import {
  type Hex,
  type KindMessage,
  messageToJson,
  parseRoundKey,
  type Refusal,
  type RoundKey,
  roundKey,
  type Share,
} from "@quorate/common";
import type { Context, Step } from "./context.ts";
import type { RestoredState } from "./io.ts";
import type { Digests } from "./kinds/digests.ts";
import { kindNamed } from "./kinds/kinds.ts";
import { addShare, type OwnMessage, type Round, shareOf } from "./rounds/round.ts";
import type { RoundTable } from "./rounds/roundTable.ts";
import type { Delivery, MadeShare, Signing } from "./stages.ts";

export interface SigningModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly digests: Digests;
  readonly delivery: Delivery;
}

/** Of a store that always was this agent's: all it signed is in it. */
const NEVER_COPIED = Number.NEGATIVE_INFINITY;

/** A signing under way. */
interface Job {
  readonly round: RoundKey;
  readonly own: OwnMessage;
}

export class NodeSigning implements Signing {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #digests: Digests;
  readonly #delivery: Delivery;
  /** P-71: what was recorded as signed, by round. */
  readonly #signings: Map<RoundKey, { readonly digest: Hex; readonly signed: KindMessage }>;
  /** P-108: chain time up to which a store from a copy may have forgotten; null while unknown. */
  #copiedUntil: number | null;
  readonly #jobs = new Map<number, Job>();
  #nextJob = 1;
  /** Shares that wait for those that are being signed. */
  #unsent: MadeShare[] = [];

  constructor({ context, rounds, digests, delivery }: SigningModules, restored: RestoredState) {
    this.#context = context;
    this.#rounds = rounds;
    this.#digests = digests;
    this.#delivery = delivery;
    this.#signings = new Map(restored.signings.map(({ id, digest, signed }) => [roundKey(id), { digest, signed }]));
    this.#copiedUntil = restored.fromCopy === undefined ? NEVER_COPIED : restored.fromCopy.untilSeconds;
  }

  consider(round: Round, step: Step): Refusal | null {
    const decision = kindNamed(round.id.kind).decide(this.#context, round.id);
    if (decision.type === "wait" || decision.type === "refuse") return decision.refusal;
    const own = { signed: decision.signed, digest: this.#digests.of(decision.signed) };
    round.own = own;
    const isWanted = round.wanted && !round.signing && this.#context.ownNode !== null;
    if (decision.type !== "sign" || !isWanted) return null;
    if (this.#mayBeForgotten(round)) {
      const values = { epoch: round.id.epoch, untilSeconds: this.#copiedUntil ?? "unknown" };
      round.withheld = "STORE_RESTORED";
      return { code: round.withheld, values };
    }
    if (round.turn) this.#sign(round, own, step);
    return null;
  }

  /** P-108: whether this round may have been signed without a record of it in this store. */
  #mayBeForgotten({ key, id }: Round): boolean {
    const { genesis, epochSeconds } = this.#context.ledger;
    if (this.#copiedUntil === NEVER_COPIED || this.#signings.has(key)) return false;
    if (this.#copiedUntil === null || genesis === null || epochSeconds === null) return true;
    return genesis + (id.epoch + 1) * epochSeconds <= this.#copiedUntil;
  }

  chainRead(targetSeconds: number, { emit }: Step): void {
    if (this.#copiedUntil !== null) return;
    this.#copiedUntil = targetSeconds;
    emit({ type: "persist", records: [{ type: "restored", untilSeconds: targetSeconds }] });
    emit({ type: "observe", level: "warn", code: "STORE_RESTORED", values: { untilSeconds: targetSeconds } });
  }

  /**
   * P-71: one digest a round, ever. A record that disagrees with the ledger means one of them is wrong: nothing is
   * signed.
   */
  #sign(round: Round, own: OwnMessage, { emit, nowMs }: Step): void {
    const recorded = this.#signings.get(round.key);
    const digest = own.digest.hex;
    if (recorded !== undefined && recorded.digest !== digest) {
      const values = { round: round.key, recorded: messageToJson(recorded.signed), ledger: messageToJson(own.signed) };
      emit({ type: "observe", level: "warn", code: "SIGNING_CONFLICT", values });
      return;
    }
    if (recorded === undefined) {
      this.#signings.set(round.key, { digest, signed: own.signed });
      emit({ type: "persist", records: [{ type: "signing", id: round.id, digest, signed: own.signed }] });
    }
    this.#start(round, own, { emit, nowMs });
  }

  #start(round: Round, own: OwnMessage, { emit }: Step): void {
    round.signing = true;
    const job = this.#nextJob++;
    this.#jobs.set(job, { round: round.key, own });
    emit({ type: "sign", job, digest: own.digest.bytes });
  }

  take(job: number, signature: Uint8Array, step: Step): Round | null {
    const signed = this.#jobs.get(job);
    this.#jobs.delete(job);
    const round = this.#made(signed, signature, step);
    if (this.#jobs.size === 0) this.#send(step);
    return round;
  }

  /** A signature that never comes, by whatever fault of the signer, keeps the others no longer than this. */
  tick(step: Step): void {
    this.#send(step);
  }

  /** P-158: what was signed at the same time travels together. */
  #send(step: Step): void {
    if (this.#unsent.length > 0) this.#delivery.shares(this.#unsent, step);
    this.#unsent = [];
  }

  #made(signed: Job | undefined, signature: Uint8Array, step: Step): Round | null {
    const node = this.#context.ownNode;
    if (signed === undefined || node === null) return null;
    const round = this.#rounds.get(parseRoundKey(signed.round));
    if (round === undefined) return null;
    const { own } = signed;
    addShare(round, own.signed, own.digest, node.id, signature);
    this.#unsent.push({ round, share: wireShare(round, own.signed, node.id, signature) });
    const values = { round: round.key, message: messageToJson(own.signed) };
    step.emit({ type: "observe", level: "info", code: "SHARE_SIGNED", values });
    return round;
  }

  resume(step: Step): void {
    for (const [key, { digest, signed }] of this.#signings) {
      const own = { signed, digest: this.#digests.of(signed) };
      if (own.digest.hex !== digest) {
        // A damaged record, or one of another network: P-71 speaks of the digest, and only that one may be signed.
        const values = { round: key, recorded: digest, ofRecordedMessage: own.digest.hex };
        step.emit({ type: "observe", level: "warn", code: "SIGNING_CONFLICT", values });
        continue;
      }
      const round = this.#rounds.want(parseRoundKey(key), null);
      if (round === null || this.#context.ownNode === null) continue;
      if (shareOf(round, own.digest, this.#context.ownNode.id) !== undefined) continue;
      round.own = own;
      this.#start(round, own, step);
    }
  }

  prune(belowEpoch: number): void {
    for (const key of this.#signings.keys()) if (parseRoundKey(key).epoch < belowEpoch) this.#signings.delete(key);
  }
}

/** The wire form of a share that is in the round. */
export function wireShare(round: Round, signed: KindMessage, nodeId: number, signature: Uint8Array): Share {
  return { ...signed, nodeId, epoch: round.id.epoch, signature };
}
