/**
 * The sending half of direct messages to one peer (P-130). In: messages, in order. Out: the same on one stream that
 * stays open, as many at once as the stream takes. What the stream does not take waits in a bounded queue; a stream
 * that ends is opened anew after a wait that grows.
 */
import type { Stream } from "@libp2p/interface";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

export interface DirectLineModules {
  now(): number;
  /** A new stream to the peer. */
  open(): Promise<Stream>;
  /** Whether a stream may be opened now. */
  mayOpen(): boolean;
  /** A stream could not be opened, or ended after so many milliseconds. */
  ended(livedMs: number, error: unknown): void;
  /** So many messages were handed to the stream. */
  sent(count: number): void;
}

export class DirectLine {
  readonly #modules: DirectLineModules;
  /** Messages with their lengths before them. */
  readonly #queue: Uint8Array[] = [];
  readonly #rate: TokenBucket;
  #stream: Stream | null = null;
  #opening = false;
  #woken = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(modules: DirectLineModules) {
    this.#modules = modules;
    this.#rate = new TokenBucket(limits.DIRECT_SENT_BURST, limits.DIRECT_SENT_PER_SECOND, modules.now());
  }

  /** False when the queue is full: the newest is dropped, for those before it are worth as much and came first. */
  push(message: Uint8Array): boolean {
    if (this.#queue.length >= limits.DIRECT_QUEUE_MAX) return false;
    this.#queue.push(message);
    if (this.#woken) return true;
    // What one step of the core sends leaves in one frame.
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#flush();
    });
    return true;
  }

  /** Ends the stream. Returns how many messages were never sent. */
  close(error: Error): number {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stream?.abort(error);
    return this.#queue.splice(0).length;
  }

  #flush(): void {
    if (this.#closed || this.#queue.length === 0) return;
    if (this.#stream === null) return void this.#open();
    // Its `drain` wakes this line.
    while (this.#queue.length > 0 && !this.#stream.writableNeedsDrain) {
      const taken = this.#take();
      if (taken.length === 0) return this.#later(limits.DIRECT_PACE_MS);
      try {
        this.#stream.send(Buffer.concat(taken));
      } catch (error) {
        this.#queue.unshift(...taken);
        this.#stream.abort(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      this.#modules.sent(taken.length);
    }
  }

  /** The first messages, as many as fit into one record and the rate allows. */
  #take(): Uint8Array[] {
    const nowMs = this.#modules.now();
    let count = 0;
    let bytes = 0;
    for (const { length } of this.#queue) {
      bytes += length;
      if (bytes > limits.GATHERED_MAX_BYTES || !this.#rate.take(nowMs)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #open(): Promise<void> {
    if (this.#opening) return;
    if (!this.#modules.mayOpen()) return this.#later(limits.DIRECT_RETRY_MS);
    this.#opening = true;
    try {
      const stream = await this.#modules.open();
      if (this.#closed) return void stream.close().catch(() => {});
      this.#use(stream);
    } catch (error) {
      this.#modules.ended(0, error);
    } finally {
      this.#opening = false;
    }
    this.#flush();
  }

  #use(stream: Stream): void {
    // It may have been reset before anybody listened.
    if (stream.status !== "open") return this.#modules.ended(0, new Error(`the stream is ${stream.status}`));
    const openedMs = this.#modules.now();
    this.#stream = stream;
    stream.addEventListener("drain", () => this.#flush());
    stream.addEventListener("close", ({ error }) => {
      this.#stream = null;
      if (this.#closed) return;
      this.#modules.ended(this.#modules.now() - openedMs, error);
      this.#flush();
    });
  }

  #later(waitMs: number): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flush();
    }, waitMs);
  }
}
