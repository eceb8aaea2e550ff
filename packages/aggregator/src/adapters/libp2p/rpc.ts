/**
 * What a gossipsub RPC holds, counted without decoding it. In: its bytes. Out: how many messages and how many subscriptions and
 * control messages, or null when they are no protobuf. Decoding allocates for each of them; counting does not.
 */

export interface RpcCounts {
  readonly messages: number;
  /** Subscriptions and control messages of every kind. */
  readonly controls: number;
}

/** Fields of RPC in gossipsub's `rpc.proto`. */
const SUBSCRIPTIONS = 1;
const MESSAGES = 2;
const CONTROL = 3;

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;

export function countRpc(bytes: Uint8Array): RpcCounts | null {
  const reader = new Reader(bytes, 0, bytes.length);
  let messages = 0;
  let controls = 0;
  while (reader.at < reader.end) {
    const start = reader.field();
    if (start === null) return null;
    if (reader.number === MESSAGES) messages += 1;
    else if (reader.number === SUBSCRIPTIONS) controls += 1;
    else if (reader.number === CONTROL && reader.wireType === LENGTH) {
      const inner = new Reader(bytes, start, reader.at);
      while (inner.at < inner.end) {
        if (inner.field() === null) return null;
        controls += 1;
      }
    }
  }
  return { messages, controls };
}

/** Walks over the fields of one message. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly end: number;
  at: number;
  number = 0;
  wireType = 0;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Steps over one field and tells where its content began; null when it ends outside. */
  field(): number | null {
    const tag = this.#varint();
    this.number = Math.floor(tag / 8);
    this.wireType = tag % 8;
    const lengthBytes = this.wireType === LENGTH ? this.#varint() : 0;
    const start = this.at;
    if (this.wireType === LENGTH) this.at += lengthBytes;
    else if (this.wireType === VARINT) this.#varint();
    else if (this.wireType === FIXED_64) this.at += 8;
    else if (this.wireType === FIXED_32) this.at += 4;
    else return null;
    return this.at > this.end || Number.isNaN(this.at) ? null : start;
  }

  /** NaN when it does not end within ten bytes or the message. */
  #varint(): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.at < this.end ? this.#bytes[this.at++] : undefined;
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    this.at = Number.NaN;
    return Number.NaN;
  }
}
