/**
 * What one connection may ask of the muxer (P-98). In: yamux, which takes frames as fast as they come. Out: the same one,
 * which ends a connection that opens streams, sends frames or sends bytes faster than any honest peer does, and blames the
 * peer that sent them.
 * yamux bounds how many streams are open at once, not how many are opened and reset; and it holds a frame until all of it has come.
 */
import type { MessageStream, Stream, StreamMuxer, StreamMuxerFactory } from "@libp2p/interface";
import { quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

type Create<Components> = (components: Components) => StreamMuxerFactory;

/** What the abstract muxer and stream of libp2p have, and their published interfaces leave out. */
interface Entry {
  onData(data: { readonly byteLength: number; subarray(): Uint8Array }): void;
}
interface MuxerEntry extends Entry {
  onRemoteStream(stream: Stream): void;
}

export interface MuxerModules {
  now(): number;
  /** The peer of an encrypted connection. */
  remoteOf(connection: MessageStream): PeerKey | null;
  /** The peer sent what no honest peer sends; its connection ends. */
  onFlood(peer: PeerKey, what: string): void;
}

export function boundedMuxer<Components>(create: Create<Components>, modules: MuxerModules): Create<Components> {
  return (components) => {
    const factory = create(components);
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection);
      bound(muxer, modules.remoteOf(connection), modules);
      return muxer;
    };
    return factory;
  };
}

function bound(muxer: StreamMuxer, remote: PeerKey | null, { now, onFlood }: MuxerModules): void {
  const entry = muxer as unknown as MuxerEntry;
  const onData = entry.onData.bind(muxer);
  const onRemoteStream = entry.onRemoteStream.bind(muxer);
  const frames = new FrameBudget(now);
  let over = false;
  const end = (what: string): never => {
    if (!over && remote !== null) onFlood(remote, what);
    over = true;
    // The muxer aborts the connection with whatever is thrown where its bytes come in.
    throw quorateError("NETWORK_PEER_FLOODS", { peer: remote, what });
  };
  entry.onData = (data) => {
    if (over) return;
    const what = frames.take(data.subarray());
    if (what !== null) end(what);
    onData(data);
  };
  entry.onRemoteStream = (stream) => {
    boundSelection(stream, end);
    onRemoteStream(stream);
  };
}

/** What a stream may bring until its protocol is agreed: the selection's own lines, which wait for an answer each. */
function boundSelection(stream: Stream, end: (what: string) => never): void {
  const entry = stream as unknown as Entry;
  const onData = entry.onData.bind(stream);
  let bytes = 0;
  entry.onData = (data) => {
    if (stream.protocol !== "") {
      // The method of its class comes back.
      delete (entry as { onData?: unknown }).onData;
    } else {
      bytes += data.byteLength;
      if (bytes > limits.SELECTION_MAX_BYTES) end("bytes before a stream's protocol is agreed");
    }
    onData(data);
  };
}

/** From yamux's specification: version, type, flags (2), stream id (4), length (4). */
const HEADER_BYTES = 12;
const TYPE_DATA = 0;
const TYPE_PING = 2;
const FLAG_SYN = 1;

/** Reads the headers of frames as they pass, and takes each from its bucket. */
class FrameBudget {
  readonly #now: () => number;
  readonly #streams: TokenBucket;
  readonly #frames: TokenBucket;
  readonly #control: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #payloadBytes = 0;

  constructor(now: () => number) {
    const nowMs = now();
    this.#now = now;
    this.#streams = new TokenBucket(limits.NEW_STREAMS_BURST, limits.NEW_STREAMS_PER_SECOND, nowMs);
    this.#frames = new TokenBucket(limits.FRAMES_BURST, limits.FRAMES_PER_SECOND, nowMs);
    this.#control = new TokenBucket(limits.PINGS_BURST, limits.PINGS_PER_SECOND, nowMs);
    this.#bytes = new TokenBucket(limits.CONNECTION_BYTES_BURST, limits.CONNECTION_BYTES_PER_SECOND, nowMs);
  }

  /** What there is too much of, or null. */
  take(bytes: Uint8Array): string | null {
    const nowMs = this.#now();
    if (!this.#bytes.take(nowMs, bytes.length)) return "bytes";
    for (let at = 0; at < bytes.length; ) {
      const skipped = Math.min(this.#payloadBytes, bytes.length - at);
      this.#payloadBytes -= skipped;
      at += skipped;
      const part = bytes.subarray(at, at + HEADER_BYTES - this.#headerBytes);
      this.#header.set(part, this.#headerBytes);
      this.#headerBytes += part.length;
      at += part.length;
      if (this.#headerBytes < HEADER_BYTES) break;
      this.#headerBytes = 0;
      const what = this.#takeFrame(nowMs);
      if (what !== null) return what;
    }
    return null;
  }

  #takeFrame(nowMs: number): string | null {
    const view = new DataView(this.#header.buffer);
    const type = view.getUint8(1);
    const isSyn = (view.getUint16(2) & FLAG_SYN) !== 0;
    if (!this.#frames.take(nowMs)) return "frames";
    if (type >= TYPE_PING) return this.#control.take(nowMs) ? null : "pings";
    if (isSyn && !this.#streams.take(nowMs)) return "new streams";
    if (type !== TYPE_DATA) return null;
    this.#payloadBytes = view.getUint32(8);
    return this.#payloadBytes > limits.STREAM_WINDOW_MAX_BYTES ? "bytes in one frame" : null;
  }
}
