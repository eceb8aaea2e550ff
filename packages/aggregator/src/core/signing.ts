/**
 * From a wanted round to the own share: its kind's decision, recorded before it is signed (P-71), then signed and published. The same for all kinds.
 * Enters: rounds and finished signatures. Leaves: persist, sign and publish effects. Not here: what may be signed (kinds/).
 */
import {
  encodeGossip,
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
import type { Signing } from "./stages.ts";

export interface SigningModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly digests: Digests;
}

export function createSigning(modules: SigningModules, restored: RestoredState): Signing {
  const { context, rounds, digests } = modules;
  /** P-71: what was recorded as signed, by round. */
  const signings = new Map(
    restored.signings.map(({ id, digest, signed }): [RoundKey, { digest: Hex; signed: KindMessage }] => [
      roundKey(id),
      { digest, signed },
    ]),
  );
  /** Signing jobs under way. */
  const jobs = new Map<number, { readonly round: RoundKey; readonly own: OwnMessage }>();
  let nextJob = 1;

  function consider(round: Round, step: Step): Refusal | null {
    const decision = kindNamed(round.id.kind).decide(context, round.id);
    if (decision.type === "wait" || decision.type === "refuse") return decision.refusal;
    const own = { signed: decision.signed, digest: digests.of(decision.signed) };
    round.own = own;
    if (decision.type === "sign" && round.wanted && !round.signing && context.ownNode !== null) sign(round, own, step);
    return null;
  }

  /** P-71: one digest a round, ever. A record that disagrees with the ledger means one of them is wrong: nothing is signed. */
  function sign(round: Round, own: OwnMessage, { emit, nowMs }: Step): void {
    const recorded = signings.get(round.key);
    const digest = own.digest.hex;
    if (recorded !== undefined && recorded.digest !== digest) {
      const values = { round: round.key, recorded: messageToJson(recorded.signed), ledger: messageToJson(own.signed) };
      emit({ type: "observe", level: "warn", code: "SIGNING_CONFLICT", values });
      return;
    }
    if (recorded === undefined) {
      signings.set(round.key, { digest, signed: own.signed });
      emit({ type: "persist", records: [{ type: "signing", id: round.id, digest, signed: own.signed }] });
    }
    start(round, own, { emit, nowMs });
  }

  function start(round: Round, own: OwnMessage, { emit }: Step): void {
    round.signing = true;
    const job = nextJob++;
    jobs.set(job, { round: round.key, own });
    emit({ type: "sign", job, digest: own.digest.bytes });
  }

  function take(job: number, signature: Uint8Array, { emit }: Step): Round | null {
    const signed = jobs.get(job);
    jobs.delete(job);
    const node = context.ownNode;
    if (signed === undefined || node === null) return null;
    const round = rounds.get(parseRoundKey(signed.round));
    if (round === undefined) return null;
    const { own } = signed;
    addShare(round, own.signed, own.digest, node.id, signature);
    const share = wireShare(round, own.signed, node.id, signature);
    emit({ type: "publish", data: encodeGossip({ type: "share", share }) });
    const values = { round: round.key, message: messageToJson(own.signed) };
    emit({ type: "observe", level: "info", code: "SHARE_SIGNED", values });
    return round;
  }

  function resume(step: Step): void {
    for (const [key, { signed }] of signings) {
      const round = rounds.want(parseRoundKey(key), null);
      const own = { signed, digest: digests.of(signed) };
      if (round === null || context.ownNode === null) continue;
      if (shareOf(round, own.digest, context.ownNode.id) !== undefined) continue;
      round.own = own;
      start(round, own, step);
    }
  }

  function prune(belowEpoch: number): void {
    for (const key of signings.keys()) if (parseRoundKey(key).epoch < belowEpoch) signings.delete(key);
  }

  return { consider, take, resume, prune };
}

/** The wire form of a share that is in the round. */
export function wireShare(round: Round, signed: KindMessage, nodeId: number, signature: Uint8Array): Share {
  return { ...signed, nodeId, epoch: round.id.epoch, signature };
}
