/**
 * Keeps a node well connected. In: bootstrap addresses, admitted identities, mates, connections coming and going. Out:
 * dials, until enough peers and all mates are connected, and requests for peer records, with growing gaps while nothing
 * new comes. Who may connect is not its job, nor which addresses are dialled. Each node prefers peers in an order of
 * its own (liking.ts): together they form a random graph, which is what keeps a network connected and its paths short,
 * and no node is everybody's neighbour. Half of the wanted peers are dialled by this node's own choice, however many
 * have dialled it (P-121); and it chooses among all identities of the set, not among those whose records came first:
 * it asks by name for the records of those it likes best, and its own dials move towards them (P-133).
 */
import { MAX_WANTED_RECORDS, quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Admission } from "./admission.ts";
import type { Dials } from "./dials.ts";
import { Liking } from "./liking.ts";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";
import { RecordExchange, type RecordExchangeModules } from "./recordExchange.ts";
import { Visits } from "./visits.ts";

export interface DiscoveryOptions {
  readonly bootstrap: Iterable<PeerKey>;
  /** Peers besides mates. */
  readonly targetPeers: number;
  /** Secret: what the order of preference follows from. */
  readonly salt: string;
}

export interface DiscoveryModules extends Omit<RecordExchangeModules, "wanted" | "onSealed"> {
  readonly admission: Admission;
  readonly dials: Pick<
    Dials,
    "count" | "mates" | "isUnderWay" | "ready" | "knows" | "arrived" | "reconnected" | "departed" | "retain" | "dial"
  >;
  now(): number;
  after(delayMs: number, then: () => void): void;
  /** Connected peers that have identified themselves, sorted. */
  connected(): readonly PeerKey[];
  /** Peers with an open connection, identified or not, and whether this node dialled one. */
  links(): ReadonlyMap<PeerKey, { readonly isOwnDial: boolean }>;
  /** Closes what this node has dialled of a peer that is no longer wanted. False when it stays. */
  close(peer: PeerKey): boolean;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #modules: DiscoveryModules;
  readonly #bootstrap: readonly PeerKey[];
  readonly #liking: Liking;
  readonly #visits: Visits;
  readonly #records: RecordExchange;
  readonly #mateDials: TokenBucket;
  readonly #arrivalAsks: TokenBucket;
  readonly #freshAsks: TokenBucket;
  #mates: ReadonlySet<PeerKey> = new Set();
  #stopped = false;
  #tick: NodeJS.Timeout | null = null;
  #wake: NodeJS.Immediate | null = null;
  #askGapMs: number = limits.ASK_GAP_MIN_MS;
  #askAfterMs = 0;
  #asked = 0;
  /** Peers that have been given the own record since it was sealed. */
  #told = 0;
  #exchangeAfterMs: number;
  /** Closed by this node's own choice: that is no failure of theirs. */
  readonly #closed = new Set<PeerKey>();

  constructor(options: DiscoveryOptions, modules: DiscoveryModules) {
    const { now } = modules;
    this.#options = options;
    this.#modules = modules;
    this.#bootstrap = [...options.bootstrap];
    this.#liking = new Liking(options.salt);
    this.#visits = new Visits(modules);
    this.#mateDials = new TokenBucket(limits.MATE_DIALS_BURST, limits.MATE_DIALS_PER_SECOND, now());
    this.#arrivalAsks = new TokenBucket(limits.ARRIVAL_ASKS_BURST, limits.ARRIVAL_ASKS_PER_SECOND, now());
    this.#freshAsks = new TokenBucket(limits.FRESH_ASKS_BURST, limits.FRESH_ASKS_PER_SECOND, now());
    this.#exchangeAfterMs = now() + limits.EXCHANGE_GAP_MS;
    this.#records = new RecordExchange({
      ...modules,
      wanted: () => this.#wanted(),
      onSealed: () => this.announce(),
    });
  }

  start(): void {
    this.#tick = setInterval(() => this.step(), limits.DISCOVERY_TICK_MS);
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#records.stop();
    this.#visits.stop();
    if (this.#tick !== null) clearInterval(this.#tick);
    if (this.#wake !== null) clearImmediate(this.#wake);
  }

  /** Something changed: look at once, and once for any number of changes. */
  wake(): void {
    if (this.#stopped || this.#wake !== null || this.#tick === null) return;
    this.#wake = setImmediate(() => {
      this.#wake = null;
      this.step();
    });
  }

  /** A peer has connected and identified itself. */
  arrived(peer: PeerKey): void {
    const { connected, dials, links, now } = this.#modules;
    dials.arrived(peer);
    if (connected().length === 1) dials.reconnected();
    const isChosen = this.#mates.has(peer) || links().get(peer)?.isOwnDial === true;
    const isShort = this.#lacking() > 0 && this.#pickOthers(1).length === 0;
    const asks = isShort || (isChosen && this.#unknownMates() > 0);
    if (this.#told < limits.ANNOUNCED_TO || (asks && this.#arrivalAsks.take(now()))) void this.#learnFrom(peer);
  }

  /** A connection was lost or was never of use. */
  departed(peer: PeerKey): void {
    this.#visits.end(peer);
    if (!this.#closed.delete(peer)) this.#modules.dials.departed(peer);
    this.wake();
  }

  /** @param first the registry has just become known here, and so probably to those that refused this node until now */
  admissionChanged(first: boolean): void {
    const isKnown = (peer: PeerKey): boolean => this.#modules.admission.isKnown(peer);
    this.#modules.dials.retain(isKnown, (peer) => !first && isKnown(peer));
    this.#liking.retain(isKnown);
    this.setMates(this.#mates);
  }

  /** P-131. Of more than MATES_MAX, those that are liked best; those that are not admitted are left out. */
  setMates(identities: ReadonlySet<PeerKey>): void {
    const { admission, dials, self } = this.#modules;
    const isMate = (peer: PeerKey): boolean => peer !== self && admission.isNode(peer);
    this.#mates = new Set(this.#liking.best(identities, limits.MATES_MAX, isMate));
    dials.mates(this.#mates);
    for (const peer of this.#mates) this.#visits.end(peer);
    this.#askGapMs = limits.ASK_GAP_MIN_MS;
    this.#askAfterMs = 0;
    this.wake();
  }

  isMate(peer: PeerKey): boolean {
    return this.#mates.has(peer);
  }

  /** The own record has changed: some peers are given it, and all others hear of it from them (P-122). */
  announce(): void {
    this.#told = 0;
    for (const peer of this.#bestConnected(limits.ANNOUNCED_TO)) void this.#learnFrom(peer);
  }

  answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    return this.#records.answer(from, request);
  }

  /** Lower is liked better. */
  rank(peer: PeerKey): number {
    return this.#liking.rank(peer);
  }

  /**
   * A connection to this node, made now if there is none, for one question.
   * @throws NETWORK_PEER_NOT_CONNECTED when it cannot be dialled, NETWORK_PEER_BUSY when too many others are asked now
   */
  async reach(peer: PeerKey): Promise<void> {
    const { admission, dials, links, now } = this.#modules;
    this.#visits.used(peer);
    if (links().has(peer)) return;
    // With as many peers as it wants, a node does not learn of others by itself, nor that one is back.
    for (const other of this.#bestConnected(limits.ASKED_FOR_ADDRESS)) {
      if (dials.knows(peer) && (dials.ready(peer) || !this.#freshAsks.take(now()))) break;
      await this.#records.learnFrom(other, [peer]);
    }
    if (admission.mayConnect(peer) && dials.ready(peer)) {
      if (!this.#mates.has(peer) && !(await this.#mayVisit(peer))) {
        throw quorateError("NETWORK_PEER_BUSY", { peer, reason: "too many other nodes are being asked" });
      }
      await this.#dial(peer, limits.VISIT_DIAL_TIMEOUT_MS);
    }
    if (links().has(peer)) return this.#visits.made(peer);
    // Another question may be dialling it.
    if (!dials.isUnderWay(peer)) this.#visits.end(peer);
    throw quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "cannot be dialled now" });
  }

  #mayVisit(peer: PeerKey): Promise<boolean> {
    return new Promise((resolve) => this.#visits.begin(peer, resolve));
  }

  /** Looks at what is lacking, and dials or asks. */
  step(): void {
    const { connected, dials, now } = this.#modules;
    this.#endVisits();
    const slots = Math.max(0, limits.PARALLEL_DIALS - dials.count);
    const mates = this.#pickMates(Math.min(slots, limits.PARALLEL_MATE_DIALS));
    const others = this.#pickOthers(slots - mates.length);
    for (const peer of [...mates, ...others]) void this.#dial(peer);
    const isLacking = this.#lacking() > 0;
    if (!isLacking) this.#exchange();
    const peers = connected();
    if (mates.length + others.length > 0 || peers.length === 0 || now() < this.#askAfterMs) return;
    if (!isLacking && this.#wanted().length === 0) return;
    const gapMaxMs = isLacking
      ? limits.ASK_GAP_MAX_MS
      : this.#unknownMates() > 0
        ? limits.ASK_MATES_GAP_MAX_MS
        : limits.REFRESH_GAP_MAX_MS;
    this.#askAfterMs = now() + this.#askGapMs;
    this.#askGapMs = Math.min(gapMaxMs, this.#askGapMs * 2);
    const next = peers[this.#asked++ % peers.length];
    if (next !== undefined) void this.#learnFrom(next);
  }

  /** Mates whose address is not known. */
  #unknownMates(): number {
    let unknown = 0;
    for (const peer of this.#mates) if (!this.#modules.dials.knows(peer)) unknown += 1;
    return unknown;
  }

  /** How many others to dial: up to the wanted number, and of those that dialled this node not too many. */
  #lacking(): number {
    const { targetPeers } = this.#options;
    let others = 0;
    let dialled = 0;
    for (const [peer, { isOwnDial }] of this.#modules.links()) {
      if (this.#mates.has(peer) || this.#visits.has(peer)) continue;
      others += 1;
      if (isOwnDial) dialled += 1;
    }
    return Math.max(targetPeers - others, Math.ceil(targetPeers * limits.OWN_DIALS_SHARE) - dialled);
  }

  /** Mates to dial now, within their rate. */
  #pickMates(atMost: number): PeerKey[] {
    const { dials, links, now } = this.#modules;
    const connected = links();
    const underWay = [...this.#mates].filter((peer) => dials.isUnderWay(peer)).length;
    return this.#liking
      .best(this.#mates, atMost - underWay, (peer) => !connected.has(peer) && this.#canDial(peer))
      .filter(() => this.#mateDials.take(now()));
  }

  #pickOthers(slots: number): PeerKey[] {
    const { book, dials, links, self } = this.#modules;
    const connected = links();
    const underWay = dials.count - [...this.#mates].filter((peer) => dials.isUnderWay(peer)).length;
    const count = Math.min(slots, this.#lacking() - underWay);
    if (count <= 0) return [];
    const all = new Set([...this.#bootstrap, ...book.peers()]);
    return this.#liking.best(
      all,
      count,
      (peer) => peer !== self && !this.#mates.has(peer) && !connected.has(peer) && this.#canDial(peer),
    );
  }

  #canDial(peer: PeerKey): boolean {
    const { admission, dials } = this.#modules;
    return admission.mayConnect(peer) && !dials.isUnderWay(peer) && dials.ready(peer);
  }

  /**
   * Where all is well: the own dial that is liked least goes for a peer that is liked better, now and then (P-133).
   * Whoever was all that this node knew at first does not stay its neighbour for that.
   */
  #exchange(): void {
    const { book, links, now, self } = this.#modules;
    if (now() < this.#exchangeAfterMs) return;
    this.#exchangeAfterMs = now() + limits.EXCHANGE_GAP_MS;
    const connected = links();
    const isOther = (peer: PeerKey): boolean => !this.#mates.has(peer) && !this.#visits.has(peer);
    const own = [...connected].flatMap(([peer, { isOwnDial }]) => (isOwnDial && isOther(peer) ? [peer] : []));
    const worst = this.#liking.best(own, own.length, () => true).at(-1);
    if (worst === undefined || own.length < Math.ceil(this.#options.targetPeers * limits.OWN_DIALS_SHARE)) return;
    const [better] = this.#liking.best(
      book.peers(),
      1,
      (peer) => peer !== self && isOther(peer) && !connected.has(peer) && this.#canDial(peer),
    );
    if (better === undefined || this.rank(better) >= this.rank(worst)) return;
    void this.#dial(better).then(() => {
      if (links().has(better)) this.#close(worst);
    });
  }

  #endVisits(): void {
    const links = this.#modules.links();
    for (const peer of this.#visits.idle()) {
      this.#visits.end(peer);
      if (links.has(peer) && !this.#mates.has(peer)) this.#close(peer);
    }
  }

  #close(peer: PeerKey): void {
    if (this.#modules.close(peer)) this.#closed.add(peer);
  }

  #bestConnected(count: number): PeerKey[] {
    return this.#liking.best(this.#modules.connected(), count, () => true);
  }

  /**
   * Whose records this node asks for by name: first mates that cannot be dialled now, then, of all identities whose
   * address it does not know, those it likes best. So in time it knows all.
   */
  #wanted(): PeerKey[] {
    const { admission, dials, links, self } = this.#modules;
    const connected = links();
    const lacks = (peer: PeerKey): boolean => peer !== self && !connected.has(peer);
    const mates = this.#liking.best(
      this.#mates,
      MAX_WANTED_RECORDS,
      (peer) => lacks(peer) && !dials.isUnderWay(peer) && !dials.ready(peer),
    );
    const unknown = this.#liking.best(
      admission.identities,
      MAX_WANTED_RECORDS - mates.length,
      (peer) => lacks(peer) && !this.#mates.has(peer) && !dials.knows(peer),
    );
    return [...mates, ...unknown].sort();
  }

  async #dial(peer: PeerKey, timeoutMs?: number): Promise<void> {
    await this.#modules.dials.dial(peer, timeoutMs);
    this.wake();
  }

  async #learnFrom(peer: PeerKey): Promise<void> {
    this.#told += 1;
    const unknownMates = this.#unknownMates();
    if ((await this.#records.learnFrom(peer)) === 0) return;
    if (this.#lacking() > 0 || this.#unknownMates() < unknownMates) this.#askGapMs = limits.ASK_GAP_MIN_MS;
    this.wake();
  }
}
