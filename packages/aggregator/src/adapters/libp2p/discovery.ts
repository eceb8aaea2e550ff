/**
 * Keeps a node well connected. In: bootstrap addresses, admitted identities, connections coming and going. Out: dials, until enough
 * peers are connected, and requests for peer records, with growing gaps while nothing new comes. Who may connect is not its job,
 * nor which addresses are dialled.
 * Each node prefers peers in an order of its own: together they form a random graph, which is what keeps a network connected and its
 * paths short, and no node is everybody's neighbour. The order is secret and new in every process (P-121): an enemy that knew it could
 * make keys that come first, and be all that a node is connected to. For the same reason half of the wanted peers are dialled by
 * this node's own choice, however many have dialled it.
 */
import type { Libp2p } from "@libp2p/interface";
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
import type { Admission } from "./admission.ts";
import { hashFraction } from "./dialBackoff.ts";
import type { Dials } from "./dials.ts";
import * as limits from "./limits.ts";
import type { OwnRecord } from "./ownRecord.ts";
import { peerIdOf, peerKeyOf } from "./peers.ts";

export interface DiscoveryOptions {
  readonly self: PeerKey;
  readonly bootstrap: Iterable<PeerKey>;
  readonly targetPeers: number;
  /** Secret: what the order of preference follows from. */
  readonly salt: string;
}

export interface DiscoveryModules {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly book: AddressBook;
  readonly dials: Dials;
  readonly ownRecord: OwnRecord;
  readonly logger: Logger;
  now(): number;
  /** Connected peers that have identified themselves, sorted. */
  connected(): readonly PeerKey[];
  /** Asks a connected peer for records, by the peers protocol. */
  ask(peer: PeerKey, request: Uint8Array): Promise<Uint8Array>;
  blame(peer: PeerKey, code: string): void;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #modules: DiscoveryModules;
  readonly #bootstrap: readonly PeerKey[];
  /** The own order of preference; filled on demand, bounded by the peers that may be dialled. */
  readonly #ranks = new Map<PeerKey, number>();
  #stopped = false;
  #tick: NodeJS.Timeout | null = null;
  #wake: NodeJS.Immediate | null = null;
  #askGapMs: number = limits.ASK_GAP_MIN_MS;
  #askAfterMs = 0;
  #asked = 0;
  /** Peers that have been given the own record since it was sealed. */
  #told = 0;

  constructor(options: DiscoveryOptions, modules: DiscoveryModules) {
    this.#options = options;
    this.#modules = modules;
    this.#bootstrap = [...options.bootstrap];
  }

  start(): void {
    this.#tick = setInterval(() => this.#step(), limits.DISCOVERY_TICK_MS);
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#tick !== null) clearInterval(this.#tick);
    if (this.#wake !== null) clearImmediate(this.#wake);
  }

  /** Something changed: look at once, and once for any number of changes. */
  wake(): void {
    if (this.#stopped || this.#wake !== null || this.#tick === null) return;
    this.#wake = setImmediate(() => {
      this.#wake = null;
      this.#step();
    });
  }

  /** A peer has connected and identified itself. */
  arrived(peer: PeerKey): void {
    this.#modules.dials.arrived(peer);
    if (this.#lacking() > 0 || this.#told < limits.ANNOUNCED_TO) void this.#learnFrom(peer);
  }

  /** A connection was lost or was never of use. */
  departed(peer: PeerKey): void {
    this.#modules.dials.departed(peer);
    this.wake();
  }

  /** @param first the registry has just become known here, and so probably to those that refused this node until now */
  admissionChanged(first: boolean): void {
    const isKnown = (peer: PeerKey): boolean => this.#modules.admission.isKnown(peer);
    this.#modules.dials.retain(isKnown, (peer) => !first && isKnown(peer));
    for (const peer of this.#ranks.keys()) if (!isKnown(peer)) this.#ranks.delete(peer);
    this.#askGapMs = limits.ASK_GAP_MIN_MS;
    this.#askAfterMs = 0;
    this.wake();
  }

  /** The own record has changed: some peers are given it, and all others hear of it from them (P-122). */
  announce(): void {
    this.#told = 0;
    for (const peer of this.#modules.connected().slice(0, limits.ANNOUNCED_TO)) void this.#learnFrom(peer);
  }

  /**
   * The answer to another peer: own record first, then the one held of the peer itself, then others, as many as fit; where there are
   * more, each asker sees other ones.
   */
  async answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    const { book, ownRecord, now } = this.#modules;
    const given = decodePeersRequest(request);
    try {
      if (given !== null) await this.#learn(from, given);
    } catch (error) {
      this.#failed(from, error);
      throw error;
    }
    const salt = String(Math.floor(now() / limits.ASK_GAP_MAX_MS));
    const others = book.peers().filter((peer) => peer !== from);
    if (others.length >= MAX_PEER_RECORDS) sortBy(others, (peer) => hashFraction(from, peer, salt));
    const records: Uint8Array[] = [];
    let bytes = 0;
    for (const envelope of [ownRecord.envelope, ...[from, ...others].map((peer) => book.envelope(peer))]) {
      if (envelope === null || envelope.length === 0) continue;
      bytes += recordBytes(envelope);
      if (records.length >= MAX_PEER_RECORDS || bytes > MAX_PEERS_RESPONSE_BYTES) break;
      records.push(envelope);
    }
    return encodePeersResponse(records);
  }

  /** Lower is liked better. */
  rank(peer: PeerKey): number {
    const rank = this.#ranks.get(peer) ?? hashFraction(this.#options.salt, peer);
    this.#ranks.set(peer, rank);
    return rank;
  }

  /** A connection to this node, made now if there is none. @throws NETWORK_PEER_NOT_CONNECTED when it cannot be dialled */
  async reach(peer: PeerKey): Promise<void> {
    const { admission, dials, libp2p } = this.#modules;
    const isConnected = (): boolean => libp2p.getConnections(peerIdOf(peer)).some(({ status }) => status === "open");
    if (isConnected()) return;
    // With as many peers as it wants, a node does not learn of others by itself.
    for (const other of this.#modules.connected().slice(0, limits.ASKED_FOR_ADDRESS)) {
      if (dials.knows(peer)) break;
      await this.#learnFrom(other);
    }
    if (admission.mayConnect(peer) && dials.ready(peer)) await this.#dial(peer);
    if (!isConnected()) throw quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "cannot be dialled now" });
  }

  #step(): void {
    const { connected, dials, now } = this.#modules;
    const lacking = this.#lacking() - dials.count;
    if (lacking <= 0) return;
    // Nodes asked directly are dialled on top of those (`reach`), so there may be more than the number already.
    const candidates = this.#candidates(Math.max(0, Math.min(lacking, limits.PARALLEL_DIALS - dials.count)));
    for (const peer of candidates) void this.#dial(peer);
    const peers = connected();
    if (candidates.length > 0 || peers.length === 0 || now() < this.#askAfterMs) return;
    this.#askAfterMs = now() + this.#askGapMs;
    this.#askGapMs = Math.min(limits.ASK_GAP_MAX_MS, this.#askGapMs * 2);
    const next = peers[this.#asked++ % peers.length];
    if (next !== undefined) void this.#learnFrom(next);
  }

  /** How many peers to dial: up to the wanted number, and of those that dialled this node not too many. */
  #lacking(): number {
    const { libp2p } = this.#modules;
    const { targetPeers } = this.#options;
    const dialled = new Set(
      libp2p
        .getConnections()
        .flatMap(({ direction, remotePeer }) => (direction === "outbound" ? [remotePeer.toString()] : [])),
    );
    const wantedDials = Math.ceil(targetPeers * limits.OWN_DIALS_SHARE);
    return Math.max(targetPeers - libp2p.getPeers().length, wantedDials - dialled.size);
  }

  /** The best liked of those that can be dialled now. */
  #candidates(count: number): PeerKey[] {
    const { admission, book, dials, libp2p } = this.#modules;
    if (count === 0) return [];
    const connected = new Set(libp2p.getPeers().map(peerKeyOf));
    const all = [...new Set([...this.#bootstrap, ...book.peers()])].filter(
      (peer) => peer !== this.#options.self && !connected.has(peer) && !dials.isUnderWay(peer),
    );
    const candidates: PeerKey[] = [];
    for (const peer of sortBy(all, (peer) => this.rank(peer))) {
      if (candidates.length === count) break;
      if (admission.mayConnect(peer) && dials.ready(peer)) candidates.push(peer);
    }
    return candidates;
  }

  async #dial(peer: PeerKey): Promise<void> {
    await this.#modules.dials.dial(peer);
    this.wake();
  }

  /** Gives one peer the own record, and learns the records it knows. Never rejects. */
  async #learnFrom(peer: PeerKey): Promise<void> {
    const { ask, ownRecord } = this.#modules;
    this.#told += 1;
    try {
      const own = ownRecord.envelope;
      const records = decodePeersResponse(await ask(peer, encodePeersRequest(own.length === 0 ? null : own)));
      let learned = 0;
      for (const envelope of records) if (await this.#learn(peer, envelope)) learned += 1;
      if (learned === 0) return;
      this.#askGapMs = limits.ASK_GAP_MIN_MS;
      this.wake();
    } catch (error) {
      this.#failed(peer, error);
    }
  }

  /** Takes in one record that a peer passed on. True when there is something new to dial. */
  async #learn(from: PeerKey, envelope: Uint8Array): Promise<boolean> {
    const { book, ownRecord } = this.#modules;
    const learned = await book.learn(envelope);
    if (learned !== "own") return learned === "new";
    // One that this agent has not signed was forged by whoever passes it on.
    const sealed = await ownRecord.heard(envelope).catch((cause) => {
      throw quorateError("NETWORK_RECORD_INVALID", { peer: this.#options.self, from }, { cause });
    });
    if (sealed) this.announce();
    return false;
  }

  #failed(peer: PeerKey, error: unknown): void {
    if (this.#stopped) return;
    const code = isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED";
    this.#modules.logger.debug({ peer, reason: String(error) }, code);
    // Only what the peer itself wrote counts against it; timeouts and refusals happen to the honest.
    if (code === "NETWORK_RECORD_INVALID" || code.startsWith("WIRE_")) this.#modules.blame(peer, code);
  }
}

/** A record's bytes on the wire: its own, one of tag and two of length. */
function recordBytes(envelope: Uint8Array): number {
  return envelope.length + 3;
}

/** Sorts in place, each key computed once. Ties keep the order they came in, which is that of the keys. */
function sortBy(peers: PeerKey[], keyOf: (peer: PeerKey) => number): PeerKey[] {
  const keys = new Map(peers.map((peer) => [peer, keyOf(peer)]));
  return peers.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}
