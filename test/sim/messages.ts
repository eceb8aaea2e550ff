/**
 * Reading what travels, for those who look on: liars and checkers.
 */
import { decodeGossip, isQuorateError, type RoundKey, roundKey, type Share, subjectOf } from "@quorate/common";

/** The share in a gossip message; null for anything else, garbage included. */
export function shareIn(data: Uint8Array): Share | null {
  try {
    const message = decodeGossip(data);
    return message.type === "share" ? message.share : null;
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}

/** The round of a share. */
export function roundIn(share: Share): RoundKey {
  return roundKey({ kind: share.kind, epoch: share.epoch, subject: subjectOf(share) });
}
