/**
 * Length-prefixed messages out of a stream's bytes, at once and without a promise (P-130). In: bytes as they come. Out:
 * each message when its last byte is there. At most one message is held that is not complete.
 */
import { MAX_GOSSIP_BYTES, quorateError } from "@quorate/common";

/** Two bytes of a varint say at most 16,383, and messages are shorter. */
const PREFIX_MAX_BYTES = 2;

/** The message with its length before it, as it travels. */
export function framed(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length > MAX_GOSSIP_BYTES) {
    throw quorateError("WIRE_TOO_LARGE", { lengthBytes: length, maxBytes: MAX_GOSSIP_BYTES });
  }
  const prefix = length < 0x80 ? [length] : [0x80 | (length & 0x7f), length >> 7];
  return Buffer.concat([Uint8Array.from(prefix), message]);
}

export class DirectFrames {
  /** The beginning of a message. */
  #held = new Uint8Array();

  /**
   * The messages that are complete with these bytes, each a view of them: to be copied by whoever keeps one.
   * @throws WIRE_TOO_LARGE where one says that it is longer than any; nothing can be read after it
   */
  *take(bytes: Uint8Array): Generator<Uint8Array> {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    let at = 0;
    for (;;) {
      const prefix = readLength(all, at);
      if (prefix === null) break;
      const end = at + prefix.bytes + prefix.length;
      if (end > all.length) break;
      yield all.subarray(at + prefix.bytes, end);
      at = end;
    }
    // A copy: the rest of the bytes would be kept alive with it.
    this.#held = new Uint8Array(all.subarray(at));
  }
}

/** Null while it is not complete. */
function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly bytes: number } | null {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined) return null;
  if (first < 0x80) return { length: first, bytes: 1 };
  if (second === undefined) return null;
  const length = (first & 0x7f) | (second << 7);
  if (second >= 0x80 || length > MAX_GOSSIP_BYTES) {
    throw quorateError("WIRE_TOO_LARGE", { lengthBytes: length, maxBytes: MAX_GOSSIP_BYTES });
  }
  return { length, bytes: PREFIX_MAX_BYTES };
}
