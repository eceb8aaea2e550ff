/**
 * Reading what travels, for those who look on: liars and checkers.
 */
import {
  decodeGossip,
  type GossipMessage,
  isQuorateError,
  type PartialAggregate,
  type RoundKey,
  roundKey,
  type Share,
  subjectOf,
} from "@quorate/common";
import type { Effect } from "../../packages/aggregator/src/core/io.ts";

/** The shares in a message; none for anything else, garbage included. */
export function sharesIn(data: Uint8Array): readonly Share[] {
  const message = messageIn(data);
  return message?.type === "shares" ? message.shares : [];
}

/** The partial in a message; null for anything else. */
export function partialIn(data: Uint8Array): PartialAggregate | null {
  const message = messageIn(data);
  return message?.type === "partial" ? message.partial : null;
}

/** The shares that an agent sends to all, or in a set with subnets to a few; none for any other effect. */
export function sharesSent(effect: Effect): readonly Share[] {
  return effect.type === "publish" || effect.type === "direct" ? sharesIn(effect.data) : [];
}

/** Several look on at each message: nobody changes its bytes. */
const knownMessages = new WeakMap<Uint8Array, GossipMessage | null>();

function messageIn(data: Uint8Array): GossipMessage | null {
  const known = knownMessages.get(data);
  if (known !== undefined) return known;
  const message = decoded(data);
  knownMessages.set(data, message);
  return message;
}

function decoded(data: Uint8Array): GossipMessage | null {
  try {
    return decodeGossip(data);
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}

/** The round of a share or partial. */
export function roundIn(share: Share | PartialAggregate): RoundKey {
  return roundKey({ kind: share.kind, epoch: share.epoch, subject: subjectOf(share) });
}
