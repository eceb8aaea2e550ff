/**
 * What aggregates are made of: the kinds of messages that nodes sign with their BLS keys, and the rounds in which
 * they collect signatures. A round is about one (kind, epoch, subject) (P-71); the subject is the recipient of a
 * claim and empty otherwise.
 */

import type { MessageOf } from "./messages.ts";
import type { Address } from "./types.ts";

/** The kinds, in the order of their wire numbers, from 1. */
export const KINDS = ["RewardClaim", "EpochReport", "Contest"] as const;
export type KindName = (typeof KINDS)[number];

/** A message with the name of its kind. */
export type KindMessage = { readonly [K in KindName]: { readonly kind: K; readonly message: MessageOf[K] } }[KindName];

/** An address, or empty for a kind that has one round an epoch. */
export type Subject = Address | "";

/** What one round is about. */
export interface RoundId {
  readonly kind: KindName;
  readonly epoch: number;
  readonly subject: Subject;
}

/** `<kind>:<epoch>:<subject>`: one round each. */
export type RoundKey = `${KindName}:${number}:${Subject}`;

export function roundKey({ kind, epoch, subject }: RoundId): RoundKey {
  return `${kind}:${epoch}:${subject}`;
}

/** The inverse of `roundKey`. */
export function parseRoundKey(key: RoundKey): RoundId {
  const [kind, epoch, subject] = key.split(":") as [KindName, string, Subject];
  return { kind, epoch: Number(epoch), subject };
}

/** The subject of the round to which a message belongs. */
export function subjectOf(signed: KindMessage): Subject {
  return signed.kind === "RewardClaim" ? signed.message.recipient : "";
}
