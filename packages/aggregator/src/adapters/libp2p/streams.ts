/**
 * Requests and answers over one long-lived stream: length-prefixed, one after the other, each within its bound. In: a
 * libp2p stream. Out: on the asking side a promise an answer, on the answering side a loop. A new stream for each
 * request costs 976 µs, a message on an open one 35 µs (measured), so streams are kept. What the bytes mean, and how
 * often a peer may ask, is not its job.
 */
import type { Stream } from "@libp2p/interface";
import { messageStreamToDuplex } from "@libp2p/utils";
import { isQuorateError, quorateError } from "@quorate/common";
import { decode, encode } from "it-length-prefixed";
import { pipe } from "it-pipe";

/** A chunk of a stream as libp2p hands it over: one array or a list of them. */
interface Chunk {
  readonly byteLength: number;
  subarray(): Uint8Array;
}

export interface StreamBounds {
  readonly maxRequestBytes: number;
  readonly maxAnswerBytes: number;
}

/**
 * The varint before a message of a few megabytes takes 4 bytes; anything that arrives beside one message is a second
 * one.
 */
const PREFIX_BYTES = 8;

/**
 * Answers requests in turn until the other side closes. Never rejects: what breaks the exchange resets the stream and
 * goes to `onFailure`. A peer that sends ahead is held to the bytes of one request.
 */
export async function serveStream(
  stream: Stream,
  bounds: StreamBounds,
  answer: (request: Uint8Array) => Promise<Uint8Array>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const duplex = boundedDuplex(stream, bounds.maxRequestBytes);
  try {
    await pipe(
      duplex.source,
      (source) => decode(source, { maxDataLength: bounds.maxRequestBytes }),
      async function* (requests: AsyncIterable<Chunk>) {
        for await (const request of requests) yield await answer(new Uint8Array(request.subarray()));
      },
      (answers) => encode(answers, { maxDataLength: bounds.maxAnswerBytes }),
      duplex.sink,
    );
  } catch (error) {
    stream.abort(toError(error));
    onFailure(error);
  }
}

/** The asking side. One request at a time: the caller waits for an answer before it asks again. */
export class RequestStream {
  readonly #stream: Stream;
  readonly #bounds: StreamBounds;
  readonly #answers: AsyncIterator<Chunk>;
  #slot = Promise.withResolvers<Uint8Array | null>();

  constructor(stream: Stream, bounds: StreamBounds) {
    this.#stream = stream;
    this.#bounds = bounds;
    const duplex = boundedDuplex(stream, bounds.maxAnswerBytes);
    // The sending half ends with the stream; that it broke shows on the reading half, to whoever waits there.
    pipe(this.#requests(), (requests) => encode(requests), duplex.sink).catch(() => {});
    this.#answers = decode(duplex.source, { maxDataLength: bounds.maxAnswerBytes });
  }

  get open(): boolean {
    return this.#stream.status === "open" && this.#stream.remoteWriteStatus === "writable";
  }

  /**
   * @throws NETWORK_ANSWER_TOO_LARGE, or NETWORK_REQUEST_REFUSED when the stream ends first. The stream is of no use
   * afterwards.
   */
  async ask(request: Uint8Array): Promise<Uint8Array> {
    this.#slot.resolve(request);
    try {
      const next = await this.#answers.next();
      // A copy: what arrived is a view into the stream's buffers.
      if (next.done !== true) return new Uint8Array(next.value.subarray());
    } catch (cause) {
      if (isQuorateError(cause)) throw cause;
      if (cause instanceof Error && cause.name === "InvalidDataLengthError") throw this.#abort(this.#tooLarge());
      throw this.#abort(quorateError("NETWORK_REQUEST_REFUSED", {}, { cause }));
    }
    throw this.#abort(quorateError("NETWORK_REQUEST_REFUSED"));
  }

  /** Resets the stream; a pending `ask` rejects. */
  abort(error: Error): void {
    this.#slot.resolve(null);
    this.#stream.abort(error);
  }

  #abort<E extends Error>(error: E): E {
    this.abort(error);
    return error;
  }

  #tooLarge(): Error {
    return quorateError("NETWORK_ANSWER_TOO_LARGE", { maxBytes: this.#bounds.maxAnswerBytes });
  }

  async *#requests(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const request = await this.#slot.promise;
      if (request === null) return;
      this.#slot = Promise.withResolvers();
      yield request;
    }
  }
}

/**
 * libp2p renews a peer's window as soon as bytes are handed over, and they then wait in an unbounded list. Counting
 * them in and out bounds what a peer can make this process hold to one message.
 */
function boundedDuplex(stream: Stream, maxMessageBytes: number): ReturnType<typeof messageStreamToDuplex> {
  let waitingBytes = 0;
  stream.addEventListener("message", (event) => {
    waitingBytes += event.data.byteLength;
    if (waitingBytes > maxMessageBytes + PREFIX_BYTES) {
      stream.abort(quorateError("WIRE_TOO_LARGE", { waitingBytes, maxBytes: maxMessageBytes }));
    }
  });
  const duplex = messageStreamToDuplex(stream);
  const source = (async function* () {
    for await (const chunk of duplex.source) {
      waitingBytes -= chunk.byteLength;
      yield chunk;
    }
  })();
  return { source, sink: duplex.sink };
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
