/**
 * Keeps a node well connected. In: bootstrap addresses, admitted identities, connections coming and going. Out: dials, until enough
 * peers are connected, and requests for peer records, with growing gaps while nothing new comes. Who may connect is not its job.
 * Each node prefers peers in an order of its own, hash(self, peer): together they form a random graph, which is what keeps a network
 * connected and its paths short, and no node is everybody's neighbour.
 */
import type { Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import {
  decodePeersRequest,
  decodePeersResponse,
  encodePeersRequest,
  encodePeersResponse,
  isQuorateError,
  MAX_PEER_RECORDS,
  MAX_PEERS_RESPONSE_BYTES,
  quorateError,
} from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import type { AddressBook } from "./addressBook.ts";
import { withPeerId } from "./addresses.ts";
import type { Admission } from "./admission.ts";
import { DialBackoff, hashFraction } from "./dialBackoff.ts";
import * as limits from "./limits.ts";
import { peerIdOf, peerKeyOf } from "./peers.ts";

export interface DiscoveryOptions {
  readonly self: PeerKey;
  readonly bootstrap: ReadonlyMap<PeerKey, readonly Multiaddr[]>;
  readonly targetPeers: number;
  readonly maxConnections: number;
}

export interface DiscoveryModules {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly book: AddressBook;
  readonly logger: Logger;
  /** Connected peers that have identified themselves, sorted. */
  connected(): readonly PeerKey[];
  /** Asks a connected peer for records, by the peers protocol. */
  ask(peer: PeerKey, request: Uint8Array): Promise<Uint8Array>;
  blame(peer: PeerKey, code: string): void;
  /** This agent's own signed record. */
  ownRecord(): Uint8Array;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #modules: DiscoveryModules;
  readonly #backoff: DialBackoff;
  readonly #dialing = new Set<PeerKey>();
  /** The own order of preference; filled on demand, bounded by the peers that may be dialled. */
  readonly #ranks = new Map<PeerKey, number>();
  readonly #stopped = new AbortController();
  #tick: NodeJS.Timeout | null = null;
  #wake: NodeJS.Immediate | null = null;
  #askGapMs: number = limits.ASK_GAP_MIN_MS;
  #askAfterMs = 0;
  #asked = 0;

  constructor(options: DiscoveryOptions, modules: DiscoveryModules) {
    this.#options = options;
    this.#modules = modules;
    this.#backoff = new DialBackoff(options.self);
  }

  start(): void {
    this.#tick = setInterval(() => {
      this.#closeMute(Date.now());
      this.#makeRoom();
      this.#step();
    }, limits.DISCOVERY_TICK_MS);
    this.wake();
  }

  stop(): void {
    this.#stopped.abort();
    if (this.#tick !== null) clearInterval(this.#tick);
    if (this.#wake !== null) clearImmediate(this.#wake);
  }

  /** Something changed: look at once, and once for any number of changes. */
  wake(): void {
    if (this.#stopped.signal.aborted || this.#wake !== null || this.#tick === null) return;
    this.#wake = setImmediate(() => {
      this.#wake = null;
      this.#step();
    });
  }

  /** A peer has connected and identified itself. */
  arrived(peer: PeerKey): void {
    this.#backoff.succeeded(peer);
    if (this.#lacking() > 0) void this.#learnFrom(peer);
  }

  /** A connection was lost or was never of use; `identified` says which. */
  departed(peer: PeerKey): void {
    this.#backoff.failed(peer, Date.now(), this.#backoffMaxMs(peer));
    this.wake();
  }

  /** @param first the registry has just become known here, and so probably to those that refused this node until now */
  admissionChanged(first: boolean): void {
    const keep = (peer: PeerKey): boolean => this.#modules.admission.isKnown(peer);
    this.#backoff.retain((peer) => !first && keep(peer));
    for (const peer of this.#ranks.keys()) if (!keep(peer)) this.#ranks.delete(peer);
    this.#askGapMs = limits.ASK_GAP_MIN_MS;
    this.#askAfterMs = 0;
    this.wake();
  }

  /** The answer to another peer: own record first, then others, as many as fit; where there are more, each asker sees other ones. */
  async answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    decodePeersRequest(request);
    const { book } = this.#modules;
    const salt = String(Math.floor(Date.now() / limits.ASK_GAP_MAX_MS));
    const others = book.peers().filter((peer) => peer !== from);
    if (others.length >= MAX_PEER_RECORDS) sortBy(others, (peer) => hashFraction(from, peer, salt));
    const records = [this.#modules.ownRecord()];
    let bytes = recordBytes(records[0]);
    for (const peer of others) {
      const envelope = book.envelope(peer);
      if (envelope === null) continue;
      bytes += recordBytes(envelope);
      if (records.length >= MAX_PEER_RECORDS || bytes > MAX_PEERS_RESPONSE_BYTES) break;
      records.push(envelope);
    }
    return encodePeersResponse(records);
  }

  #step(): void {
    const nowMs = Date.now();
    const lacking = this.#lacking() - this.#dialing.size;
    if (lacking <= 0) return;
    // Nodes asked directly are dialled on top of those (`reach`), so there may be more than the number already.
    const dials = Math.max(0, Math.min(lacking, limits.PARALLEL_DIALS - this.#dialing.size));
    const candidates = this.#candidates(nowMs).slice(0, dials);
    for (const peer of candidates) void this.#dial(peer);
    const connected = this.#modules.connected();
    if (candidates.length > 0 || connected.length === 0 || nowMs < this.#askAfterMs) return;
    this.#askAfterMs = nowMs + this.#askGapMs;
    this.#askGapMs = Math.min(limits.ASK_GAP_MAX_MS, this.#askGapMs * 2);
    const next = connected[this.#asked++ % connected.length];
    if (next !== undefined) void this.#learnFrom(next);
  }

  /** A connection that never identified its peer counts as one and serves nobody. */
  #closeMute(nowMs: number): void {
    const identified = new Set<PeerKey | null>(this.#modules.connected());
    for (const connection of this.#modules.libp2p.getConnections()) {
      const peer = peerKeyOf(connection.remotePeer);
      if (identified.has(peer) || nowMs - connection.timeline.open < limits.IDENTIFY_TIMEOUT_MS) continue;
      connection.abort(quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "never identified itself" }));
    }
  }

  /**
   * Everybody starts from the same few bootstrap peers. One that is full refuses newcomers before it knows who they are, so above the
   * share it lets go of those it likes least; by then they have its records and dial each other.
   */
  #makeRoom(): void {
    const { libp2p } = this.#modules;
    const peers = libp2p.getPeers();
    const excess = peers.length - Math.floor(this.#options.maxConnections * limits.FULL_SHARE);
    if (excess <= 0) return;
    const liked = sortBy(
      peers.map(peerKeyOf).filter((peer) => peer !== null),
      (peer) => this.#rank(peer),
    );
    for (const peer of liked.slice(-excess)) void libp2p.hangUp(peerIdOf(peer)).catch(() => {});
  }

  #lacking(): number {
    return this.#options.targetPeers - this.#modules.libp2p.getPeers().length;
  }

  #candidates(nowMs: number): PeerKey[] {
    const { admission, book, libp2p } = this.#modules;
    const connected = new Set(libp2p.getPeers().map(peerKeyOf));
    const all = new Set([...this.#options.bootstrap.keys(), ...book.peers()]);
    const ready = [...all].filter(
      (peer) =>
        peer !== this.#options.self &&
        !connected.has(peer) &&
        !this.#dialing.has(peer) &&
        admission.mayConnect(peer) &&
        this.#backoff.ready(peer, nowMs),
    );
    return sortBy(ready, (peer) => this.#rank(peer));
  }

  #rank(peer: PeerKey): number {
    const rank = this.#ranks.get(peer) ?? hashFraction(this.#options.self, peer);
    this.#ranks.set(peer, rank);
    return rank;
  }

  /** A connection to this node, made now if there is none. @throws NETWORK_PEER_NOT_CONNECTED when it cannot be dialled */
  async reach(peer: PeerKey): Promise<void> {
    const { admission, libp2p } = this.#modules;
    const isConnected = (): boolean => libp2p.getConnections(peerIdOf(peer)).some(({ status }) => status === "open");
    if (isConnected()) return;
    // With as many peers as it wants, a node does not learn of others by itself.
    for (const other of this.#modules.connected().slice(0, limits.ASKED_FOR_ADDRESS)) {
      if (this.#addresses(peer).length > 0) break;
      await this.#learnFrom(other);
    }
    if (admission.mayConnect(peer) && this.#backoff.ready(peer, Date.now())) await this.#dial(peer);
    if (!isConnected()) throw quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "cannot be dialled now" });
  }

  async #dial(peer: PeerKey): Promise<void> {
    const addresses = this.#addresses(peer);
    if (addresses.length === 0) return;
    this.#dialing.add(peer);
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(limits.DIAL_TIMEOUT_MS)]);
    try {
      await this.#modules.libp2p.dial(withPeerId(addresses, peer), { signal });
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#backoff.failed(peer, Date.now(), this.#backoffMaxMs(peer));
      this.#modules.logger.debug({ peer, reason: String(error) }, "NETWORK_DIAL_FAILED");
    } finally {
      this.#dialing.delete(peer);
      this.wake();
    }
  }

  #addresses(peer: PeerKey) {
    return [...(this.#options.bootstrap.get(peer) ?? []), ...this.#modules.book.addresses(peer)];
  }

  #backoffMaxMs(peer: PeerKey): number {
    return this.#options.bootstrap.has(peer) ? limits.BOOTSTRAP_BACKOFF_MAX_MS : limits.DIAL_BACKOFF_MAX_MS;
  }

  async #learnFrom(peer: PeerKey): Promise<void> {
    const { ask, blame, book, logger } = this.#modules;
    try {
      let learned = 0;
      for (const envelope of decodePeersResponse(await ask(peer, encodePeersRequest()))) {
        if ((await book.learn(envelope)) === "new") learned += 1;
      }
      if (learned === 0) return;
      this.#askGapMs = limits.ASK_GAP_MIN_MS;
      this.wake();
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const code = isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED";
      logger.debug({ peer, reason: String(error) }, code);
      // Only what the peer itself wrote counts against it; timeouts and refusals happen to the honest.
      if (code === "NETWORK_RECORD_INVALID" || code.startsWith("WIRE_")) blame(peer, code);
    }
  }
}

/** A record's bytes on the wire: its own, one of tag and two of length. */
function recordBytes(envelope: Uint8Array | undefined): number {
  return (envelope?.length ?? 0) + 3;
}

/** Sorts in place, each key computed once. Ties keep the order they came in, which is that of the keys. */
function sortBy(peers: PeerKey[], keyOf: (peer: PeerKey) => number): PeerKey[] {
  const keys = new Map(peers.map((peer) => [peer, keyOf(peer)]));
  return peers.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}
