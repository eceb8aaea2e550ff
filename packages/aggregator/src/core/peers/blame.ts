/**
 * Whatever bytes a peer sends, the decoders throw only coded errors: the peer is blamed for them. Anything else is a
 * fault of ours and goes up.
 */
import { isQuorateError } from "@quorate/common";
import type { Step } from "../context.ts";
import type { PeerKey } from "../io.ts";

/** What `work` returns, or null when the peer's bytes were no message. */
export function blaming<T>(from: PeerKey, { emit }: Step, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    emit({ type: "blame", peer: from, code: error.code });
    emit({ type: "observe", level: "warn", code: error.code, values: { from } });
    return null;
  }
}
