/**
 * Which addresses are dialled, and when (P-120, P-121). In: the configured addresses, the address book, what handshakes
 * proved and what failed. Out: dials. Whom to dial is not its job. A record says where a peer is, and nobody can check
 * that but by dialling; so places that no handshake has proved are dialled seldom, over all peers, and one that failed
 * waits whoever claims it. Failures there never delay a peer at a place where it was met.
 */
import type { Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { PeerKey } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import type { AddressBook, Claimed } from "./addressBook.ts";
import { placeOf, withPeerId } from "./addresses.ts";
import { DialBackoff } from "./dialBackoff.ts";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";
import type { Remotes } from "./remotes.ts";

export interface DialsOptions {
  readonly bootstrap: ReadonlyMap<PeerKey, readonly Multiaddr[]>;
  /** Secret: nobody can tell when this node dials again. */
  readonly salt: string;
}

export interface DialsModules {
  readonly libp2p: Libp2p;
  readonly book: AddressBook;
  readonly remotes: Remotes;
  readonly logger: Logger;
  now(): number;
}

export class Dials {
  readonly #options: DialsOptions;
  readonly #modules: DialsModules;
  readonly #underWay = new Set<PeerKey>();
  readonly #peers: DialBackoff;
  readonly #places: DialBackoff;
  readonly #unproved: TokenBucket;
  readonly #unprovedMates: TokenBucket;
  #mates: ReadonlySet<PeerKey> = new Set();
  /** Where a handshake has proved a peer, newest last. */
  readonly #proved = new Map<PeerKey, Claimed[]>();
  readonly #configured: ReadonlyMap<PeerKey, readonly Claimed[]>;
  /** Who answered in place of a configured peer: each is told once. */
  readonly #warned = new Set<string>();
  readonly #stopped = new AbortController();

  constructor(options: DialsOptions, modules: DialsModules) {
    const backoff = { seed: options.salt, maxKeys: limits.ADDRESSES_REMEMBERED_MAX };
    this.#options = options;
    this.#modules = modules;
    this.#peers = new DialBackoff({ ...backoff, firstMs: limits.DIAL_BACKOFF_FIRST_MS });
    this.#places = new DialBackoff({ ...backoff, firstMs: limits.ADDRESS_BACKOFF_FIRST_MS });
    const perSecond = limits.UNPROVED_DIALS_PER_MINUTE / 60;
    this.#unproved = new TokenBucket(limits.UNPROVED_DIALS_BURST, perSecond, modules.now());
    const matesPerSecond = limits.UNPROVED_MATE_DIALS_PER_MINUTE / 60;
    this.#unprovedMates = new TokenBucket(limits.UNPROVED_MATE_DIALS_BURST, matesPerSecond, modules.now());
    const claimed = (address: Multiaddr): Claimed => ({ address, place: placeOf(address) });
    this.#configured = new Map([...options.bootstrap].map(([peer, addresses]) => [peer, addresses.map(claimed)]));
    modules.book.listen((peer) => this.renewed(peer));
    modules.remotes.listen({
      proved: (peer, address) => this.#prove(peer, address),
      unexpected: (expected, actual, address) => this.#warn(expected, actual, address),
    });
  }

  stop(): void {
    this.#stopped.abort();
  }

  get count(): number {
    return this.#underWay.size;
  }

  isUnderWay(peer: PeerKey): boolean {
    return this.#underWay.has(peer);
  }

  /** Whether there is an address of the peer to dial now. */
  ready(peer: PeerKey): boolean {
    return this.#peers.ready(peer, this.#modules.now()) && this.#plan(peer).length > 0;
  }

  knows(peer: PeerKey): boolean {
    return this.#trusted(peer).length > 0 || this.#modules.book.claimed(peer).length > 0;
  }

  /** Dials to these have a budget of their own (P-131). */
  mates(mates: ReadonlySet<PeerKey>): void {
    this.#mates = mates;
  }

  /** The peer has connected and identified itself: it is up, and so is what it says of itself. */
  arrived(peer: PeerKey): void {
    this.#peers.succeeded(peer);
    this.#hurryPlaces(peer);
  }

  /** A new record of the peer came. It seals one when it starts or moves, so what failed before says little. */
  renewed(peer: PeerKey): void {
    this.#peers.hurry(peer, this.#modules.now(), limits.DIAL_HURRY_GAP_MS);
    this.#hurryPlaces(peer);
  }

  /** This node had no peer at all: that its dials failed said nothing about those it dialled. */
  reconnected(): void {
    const nowMs = this.#modules.now();
    this.#peers.hurryAll(nowMs, limits.DIAL_HURRY_GAP_MS);
    this.#places.hurryAll(nowMs, limits.DIAL_HURRY_GAP_MS);
  }

  /** A connection was lost, or was never of use. */
  departed(peer: PeerKey): void {
    this.#peers.failed(peer, this.#modules.now(), this.#backoffMaxMs(peer));
  }

  /** @param keep whose waits go on; all others may be dialled at once */
  retain(isKnown: (peer: PeerKey) => boolean, keep: (peer: PeerKey) => boolean): void {
    this.#peers.retain((peer) => keep(peer as PeerKey));
    for (const peer of this.#proved.keys()) if (!isKnown(peer)) this.#proved.delete(peer);
  }

  /** Never rejects. */
  async dial(peer: PeerKey, timeoutMs: number = limits.DIAL_TIMEOUT_MS): Promise<void> {
    const plan = this.#plan(peer);
    if (plan.length === 0) return;
    const claimed = plan.filter(({ place }) => !this.#isTrusted(peer, place));
    this.#budget(peer).take(this.#modules.now(), claimed.length);
    this.#underWay.add(peer);
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const addresses = plan.map(({ address }) => address);
      await this.#modules.libp2p.dial(withPeerId(addresses, peer), { signal });
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#failed(peer, claimed);
      this.#modules.logger.debug({ peer, reason: String(error) }, "NETWORK_DIAL_FAILED");
    } finally {
      this.#underWay.delete(peer);
    }
  }

  #failed(peer: PeerKey, claimed: readonly Claimed[]): void {
    const nowMs = this.#modules.now();
    this.#peers.failed(peer, nowMs, this.#backoffMaxMs(peer));
    for (const { place } of claimed) {
      // The peer itself answered and did not want to go on: the place is right.
      if (!this.#isTrusted(peer, place)) this.#places.failed(place, nowMs, limits.ADDRESS_BACKOFF_MAX_MS);
    }
  }

  /** Trusted addresses, then a few claimed ones whose time has come, if there is budget for them. */
  #plan(peer: PeerKey): readonly Claimed[] {
    const trusted = this.#trusted(peer);
    const nowMs = this.#modules.now();
    if (!this.#budget(peer).has(nowMs, limits.UNPROVED_PER_DIAL)) return trusted;
    const claimed = this.#modules.book
      .claimed(peer)
      .filter(({ place }) => !trusted.some((other) => other.place === place) && this.#places.ready(place, nowMs))
      .slice(0, limits.UNPROVED_PER_DIAL);
    return claimed.length === 0 ? trusted : [...trusted, ...claimed];
  }

  #hurryPlaces(peer: PeerKey): void {
    const nowMs = this.#modules.now();
    for (const { place } of this.#modules.book.claimed(peer)) {
      this.#places.hurry(place, nowMs, limits.DIAL_HURRY_GAP_MS);
    }
  }

  #budget(peer: PeerKey): TokenBucket {
    return this.#mates.has(peer) ? this.#unprovedMates : this.#unproved;
  }

  /** The configured addresses, and where a handshake has proved the peer. */
  #trusted(peer: PeerKey): readonly Claimed[] {
    return [...(this.#configured.get(peer) ?? []), ...(this.#proved.get(peer) ?? [])];
  }

  #isTrusted(peer: PeerKey, place: string): boolean {
    return this.#trusted(peer).some((trusted) => trusted.place === place);
  }

  #prove(peer: PeerKey, address: Multiaddr): void {
    const place = placeOf(address);
    this.#places.succeeded(place);
    if (this.#configured.get(peer)?.some((configured) => configured.place === place)) return;
    const others = (this.#proved.get(peer) ?? []).filter((other) => other.place !== place);
    this.#proved.set(peer, [...others, { address, place }].slice(-limits.PROVED_PER_PEER));
  }

  #warn(expected: PeerKey, actual: PeerKey | null, address: Multiaddr): void {
    const place = placeOf(address);
    const told = `${expected} ${actual} ${place}`;
    if (!this.#configured.get(expected)?.some((configured) => configured.place === place)) return;
    // Bounded by what is configured: an address where ever other peers answer is told of a few times, not for each.
    if (this.#warned.has(told) || this.#warned.size >= 2 * this.#configured.size) return;
    this.#warned.add(told);
    this.#modules.logger.warn({ expected, actual, address: address.toString() }, "NETWORK_PEER_ID_UNEXPECTED");
  }

  #backoffMaxMs(peer: PeerKey): number {
    return this.#options.bootstrap.has(peer) ? limits.BOOTSTRAP_BACKOFF_MAX_MS : limits.DIAL_BACKOFF_MAX_MS;
  }
}
