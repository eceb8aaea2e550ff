/**
 * What one peer may have gossipsub do (P-123). In: gossipsub's service, before it starts. Out: the same one, whose RPCs are counted
 * for each peer before they are decoded, and whose memories are bounded by count. Which messages are good is not its job.
 * gossipsub bounds the contents of an RPC, but not how many come; and it remembers ids by time alone.
 */
import type { GossipSub } from "@libp2p/gossipsub";
import type { PeerId } from "@libp2p/interface";
import type { PeerKey } from "../../core/io.ts";
import * as limits from "./limits.ts";
import { peerKeyOf } from "./peers.ts";
import { TokenBucket } from "./rateLimit.ts";
import { countRpc } from "./rpc.ts";
import { SeenCache } from "./seenCache.ts";

export interface GossipBoundsModules {
  now(): number;
  isBanned(peer: PeerKey): boolean;
  /** The peer sent what no honest peer sends. */
  onFlood(peer: PeerKey, what: string): void;
}

/** One frame of a stream: an RPC, not decoded. */
interface Frame {
  readonly byteLength: number;
  subarray(): Uint8Array;
}

/** What gossipsub has and its published interface leaves out. */
interface Router {
  seenCache: unknown;
  fastMsgIdCache: unknown;
  publishedMessageIds: unknown;
  pipePeerReadStream(peer: PeerId, frames: AsyncIterable<Frame>): Promise<void>;
  readonly opts: { readonly seenTTL: number };
  readonly backoff: Map<string, unknown>;
  readonly acceptFromWhitelist: Map<string, unknown>;
  readonly gossipTracer: { clear(): void };
  readonly streamsOutbound: Map<string, unknown>;
  readonly score: {
    readonly scoreCache: Map<string, unknown>;
    readonly deliveryRecords: {
      readonly records: Map<string, unknown>;
      readonly queue: { shift(): { readonly msgId: string } | undefined; readonly length: number };
      ensureRecord(id: string): unknown;
    };
  };
}

/** The buckets of one peer. */
class Account {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  readonly controls: TokenBucket;
  readonly ignored: TokenBucket;
  blamedAtMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.messages = new TokenBucket(limits.PEER_MESSAGES_BURST, limits.PEER_MESSAGES_PER_SECOND, nowMs);
    this.bytes = new TokenBucket(limits.PEER_RPC_BYTES_BURST, limits.PEER_RPC_BYTES_PER_SECOND, nowMs);
    this.controls = new TokenBucket(limits.PEER_CONTROLS_BURST, limits.PEER_CONTROLS_PER_SECOND, nowMs);
    this.ignored = new TokenBucket(limits.IGNORED_BURST, limits.IGNORED_PER_SECOND, nowMs);
  }
}

export class GossipBounds {
  readonly #modules: GossipBoundsModules;
  /** Of peers that may connect: `retain` drops the rest. They outlast connections, or a new one would fill them. */
  readonly #accounts = new Map<PeerKey, Account>();

  constructor(modules: GossipBoundsModules) {
    this.#modules = modules;
  }

  /** To be called once, before the start. */
  bound(gossip: GossipSub): void {
    const router = gossip as unknown as Router;
    const pipePeerReadStream = router.pipePeerReadStream.bind(gossip);
    router.pipePeerReadStream = (peer, frames) => pipePeerReadStream(peer, this.#passing(peer, frames));
    this.#boundMemories(router);
  }

  /** Whether a message of this peer goes to the core: not from one that is banned, nor while it causes too much work for nothing. */
  mayCause(peer: PeerKey): boolean {
    return !this.#modules.isBanned(peer) && this.#account(peer).ignored.has(this.#modules.now());
  }

  /** A message of this peer ended as `ignore`. */
  ignored(peer: PeerKey): void {
    this.#account(peer).ignored.charge(1);
  }

  retain(keep: (peer: PeerKey) => boolean): void {
    for (const peer of this.#accounts.keys()) if (!keep(peer)) this.#accounts.delete(peer);
  }

  async *#passing(peerId: PeerId, frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    const peer = peerKeyOf(peerId);
    if (peer === null) return;
    for await (const frame of frames) {
      // What is queued of a banned peer is dropped: its connection is closing.
      if (this.#modules.isBanned(peer)) return;
      const what = this.#tooMuch(this.#account(peer), frame);
      if (what === null) yield frame;
      else this.#blame(peer, what);
    }
  }

  /** What there is too much of, or null. */
  #tooMuch(account: Account, frame: Frame): string | null {
    const nowMs = this.#modules.now();
    if (!account.bytes.take(nowMs, frame.byteLength)) return "bytes of gossip";
    const counts = countRpc(frame.subarray());
    if (counts === null) return "malformed RPCs";
    if (counts.messages > limits.RPC_MAX_MESSAGES) return "messages in one RPC";
    if (!account.messages.take(nowMs, counts.messages)) return "messages";
    if (!account.controls.take(nowMs, counts.controls)) return "control messages";
    return null;
  }

  #blame(peer: PeerKey, what: string): void {
    const account = this.#account(peer);
    const nowMs = this.#modules.now();
    if (nowMs - account.blamedAtMs < limits.FLOOD_BLAME_GAP_MS) return;
    account.blamedAtMs = nowMs;
    this.#modules.onFlood(peer, what);
  }

  #account(peer: PeerKey): Account {
    const account = this.#accounts.get(peer) ?? new Account(this.#modules.now());
    this.#accounts.set(peer, account);
    return account;
  }

  #boundMemories(router: Router): void {
    const cache = () =>
      new SeenCache({ validityMs: router.opts.seenTTL, max: limits.SEEN_IDS_MAX, now: this.#modules.now });
    router.seenCache = cache();
    router.fastMsgIdCache = cache();
    router.publishedMessageIds = cache();
    const { deliveryRecords } = router.score;
    const ensureRecord = deliveryRecords.ensureRecord.bind(deliveryRecords);
    deliveryRecords.ensureRecord = (id) => {
      if (!deliveryRecords.records.has(id)) {
        while (deliveryRecords.queue.length >= limits.SEEN_IDS_MAX) {
          deliveryRecords.records.delete(deliveryRecords.queue.shift()?.msgId ?? "");
        }
      }
      return ensureRecord(id);
    };
  }
}

/**
 * gossipsub compares times of the wall clock. After it was set, each of these would hold for as long as the jump: they are
 * forgotten, and computed or agreed anew within seconds.
 */
export function forgetTimes(gossip: GossipSub): void {
  const router = gossip as unknown as Router;
  router.score.scoreCache.clear();
  router.backoff.clear();
  router.acceptFromWhitelist.clear();
  router.gossipTracer.clear();
}

/** Whether gossip can be sent to this peer: it took the stream, and reads it. */
export function isHeard(gossip: GossipSub, peer: PeerId): boolean {
  return (gossip as unknown as Router).streamsOutbound.has(peer.toString());
}
