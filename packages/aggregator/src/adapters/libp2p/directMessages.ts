/**
 * Messages to single connected peers, both ways (P-130): shares to aggregators, and partials on their way to who asked.
 * In: bytes and peers; streams that peers open. Out: the same bytes to each of them that is connected; each message of
 * a peer, in order and at once. Nothing is answered, and a message that is lost is asked for by catch-up. What the
 * bytes mean is not its job.
 */
import type { Libp2p, PeerId, Stream } from "@libp2p/interface";
import { isQuorateError, quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { DirectCounts, Logger } from "../../driver/ports.ts";
import { DialBackoff } from "./dialBackoff.ts";
import { DirectFrames, framed } from "./directFrames.ts";
import { DirectLine } from "./directLine.ts";
import * as limits from "./limits.ts";
import { peerIdOf, peerKeyOf } from "./peers.ts";
import { TokenBucket } from "./rateLimit.ts";

export interface DirectMessagesOptions {
  readonly protocol: string;
  /** What the jitter of waits follows from. */
  readonly salt: string;
}

export interface DirectMessagesModules {
  readonly libp2p: Libp2p;
  readonly logger: Logger;
  now(): number;
  isConnected(peer: PeerKey): boolean;
  isBanned(peer: PeerKey): boolean;
  onMessage(from: PeerKey, data: Uint8Array): void;
  /** The peer did what no honest peer does. */
  blame(peer: PeerKey, code: string): void;
  /** The peer sent more than any honest peer does. */
  onFlood(peer: PeerKey, what: string): void;
}

/** What one peer may send; it outlasts connections, or a new one would fill it. */
interface Account {
  readonly messages: TokenBucket;
  blamedAtMs: number;
}

export class DirectMessages {
  readonly #protocol: string;
  readonly #modules: DirectMessagesModules;
  readonly #lines = new Map<PeerKey, DirectLine>();
  /** Of peers that may connect: `retain` drops the rest. */
  readonly #accounts = new Map<PeerKey, Account>();
  readonly #backoff: DialBackoff;
  readonly #stopped = new AbortController();
  readonly #counts = { sent: 0, received: 0, dropped: 0 };

  constructor({ protocol, salt }: DirectMessagesOptions, modules: DirectMessagesModules) {
    this.#protocol = protocol;
    this.#modules = modules;
    this.#backoff = new DialBackoff({
      seed: salt,
      firstMs: limits.DIRECT_BACKOFF_FIRST_MS,
      maxKeys: limits.ADDRESSES_REMEMBERED_MAX,
    });
  }

  get counts(): DirectCounts {
    return { ...this.#counts };
  }

  async start(): Promise<void> {
    await this.#modules.libp2p.handle(this.#protocol, (stream, { remotePeer }) => this.#receive(stream, remotePeer), {
      maxInboundStreams: limits.INBOUND_STREAMS_PER_PROTOCOL,
    });
  }

  stop(): void {
    this.#stopped.abort(quorateError("NETWORK_NOT_RUNNING"));
    for (const peer of [...this.#lines.keys()]) this.forget(peer);
  }

  /** To be called when a peer's last connection is gone. */
  forget(peer: PeerKey): void {
    this.#counts.dropped += this.#lines.get(peer)?.close(quorateError("NETWORK_PEER_NOT_CONNECTED", { peer })) ?? 0;
    this.#lines.delete(peer);
  }

  retain(keep: (peer: string) => boolean): void {
    for (const peer of this.#accounts.keys()) if (!keep(peer)) this.#accounts.delete(peer);
    this.#backoff.retain(keep);
  }

  /**
   * To each of them that is connected, after what was sent to it before.
   * @throws WIRE_TOO_LARGE above MAX_GOSSIP_BYTES
   */
  send(peers: readonly PeerKey[], data: Uint8Array): void {
    const message = framed(data);
    for (const peer of peers) {
      if (!this.#modules.isConnected(peer) || !this.#line(peer).push(message)) this.#counts.dropped += 1;
    }
  }

  #line(peer: PeerKey): DirectLine {
    const known = this.#lines.get(peer);
    if (known !== undefined) return known;
    const { now, logger } = this.#modules;
    const line = new DirectLine({
      now,
      open: () => this.#open(peer),
      mayOpen: () => this.#backoff.ready(peer, now()),
      ended: (livedMs, error) => {
        if (this.#stopped.signal.aborted) return;
        // One that was of use for a while is no failure after a failure.
        if (livedMs > limits.DIRECT_BACKOFF_MAX_MS) this.#backoff.succeeded(peer);
        this.#backoff.failed(peer, now(), limits.DIRECT_BACKOFF_MAX_MS);
        logger.debug({ peer, protocol: this.#protocol, reason: String(error) }, "NETWORK_REQUEST_FAILED");
      },
      sent: (count) => {
        this.#counts.sent += count;
      },
    });
    this.#lines.set(peer, line);
    return line;
  }

  async #open(peer: PeerKey): Promise<Stream> {
    const connection = this.#modules.libp2p.getConnections(peerIdOf(peer)).find(({ status }) => status === "open");
    if (connection === undefined) throw quorateError("NETWORK_PEER_NOT_CONNECTED", { peer });
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(limits.SELECTION_TIMEOUT_MS)]);
    return await connection.newStream(this.#protocol, { signal });
  }

  #receive(stream: Stream, remote: PeerId): void {
    const from = peerKeyOf(remote);
    if (from === null) return stream.abort(quorateError("NETWORK_PEER_ID_INVALID", { peerId: remote.toString() }));
    const frames = new DirectFrames();
    stream.addEventListener("message", ({ data }) => {
      try {
        for (const message of frames.take(data.subarray())) this.#take(from, message);
      } catch (error) {
        if (!isQuorateError(error, "WIRE_TOO_LARGE")) throw error;
        stream.abort(error);
        this.#modules.blame(from, error.code);
      }
    });
    // Nothing is ever written on it, so that it ends when its sender is done.
    stream.addEventListener("remoteCloseWrite", () => void stream.close().catch(() => {}));
  }

  #take(from: PeerKey, message: Uint8Array): void {
    const { isBanned, onMessage, onFlood, now } = this.#modules;
    // What is on its way still of one that was banned is dropped: its connection is closing.
    if (this.#stopped.signal.aborted || isBanned(from)) return;
    const nowMs = now();
    const account = this.#account(from, nowMs);
    if (account.messages.take(nowMs)) {
      this.#counts.received += 1;
      // A copy: it is a view into the stream's buffers.
      return onMessage(from, new Uint8Array(message));
    }
    if (nowMs - account.blamedAtMs < limits.FLOOD_BLAME_GAP_MS) return;
    account.blamedAtMs = nowMs;
    onFlood(from, "direct messages");
  }

  #account(peer: PeerKey, nowMs: number): Account {
    const account = this.#accounts.get(peer) ?? {
      messages: new TokenBucket(limits.PEER_MESSAGES_BURST, limits.PEER_MESSAGES_PER_SECOND, nowMs),
      blamedAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#accounts.set(peer, account);
    return account;
  }
}
