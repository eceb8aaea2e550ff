/**
 * The network port on libp2p: the one place where its parts meet. In: identity secret, addresses, network id. Out: a
 * `Network`, which listens and dials from `start` to `stop`. Messages are bytes here; what they mean is the core's.
 */
import { randomBytes } from "node:crypto";
import type { Ed25519PrivateKey, PeerId } from "@libp2p/interface";
import { MAX_GOSSIP_BYTES, quorateError, toHex } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Logger, Network, NetworkHandlers } from "../../driver/ports.ts";
import { AddressBook } from "./addressBook.ts";
import { hostOf, isPrivateAddress, parseAddresses, parseAnnounced, parseBootstrap } from "./addresses.ts";
import { Admission } from "./admission.ts";
import { Conduct } from "./conduct.ts";
import { Connections } from "./connections.ts";
import { Dials } from "./dials.ts";
import { DirectMessages } from "./directMessages.ts";
import { Discovery } from "./discovery.ts";
import { gossipOptions, gossipValidator, meshPeers, setMeshDegrees } from "./gossip.ts";
import { forgetTimes, GossipBounds, isHeard } from "./gossipBounds.ts";
import { Handshakes } from "./handshakes.ts";
import { createNode, type Node } from "./libp2pNode.ts";
import * as limits from "./limits.ts";
import { OwnRecord } from "./ownRecord.ts";
import { identityKeyPair, PeerKeys, peerIdOf, peerKeyOf } from "./peers.ts";
import { type NetworkId, type ProtocolNames, protocolNames } from "./protocols.ts";
import { Remotes } from "./remotes.ts";
import { requestProtocols } from "./requestProtocols.ts";
import type { RequestProtocol } from "./requests.ts";
import { Room } from "./room.ts";

export interface Libp2pNetworkOptions {
  /** 32 bytes, the Ed25519 seed of the identity key (P-7); the peer id follows from it. */
  readonly identitySecret: Uint8Array;
  /** Multiaddrs to listen on; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Multiaddrs told to others instead of those listened on: behind a NAT, or in a container. */
  readonly announce?: readonly string[];
  /** Multiaddrs with /p2p/. The own one among them is passed over, so that all nodes can share one list. */
  readonly bootstrap: readonly string[];
  readonly networkId: NetworkId;
  /**
   * Dials until so many peers are connected, whoever dialled. About 12: a mesh of 6 to 12 (gossipsub's D to Dhi) and
   * some spare; 8 where many nodes share few cores, for each connection costs both sides 10 ms of CPU.
   */
  readonly targetPeers: number;
  /**
   * Inbound connections are refused above it, mates' (P-131) not counted. At least 4 × targetPeers, for others dial
   * too.
   */
  readonly maxConnections: number;
  /**
   * Whether addresses of loopback, link-local and private ranges in peer records are dialled (P-120). Default: only
   * where all own addresses are such, as in a local network.
   */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Whether names in peer records are resolved and dialled. Default: no; those that are configured always are. */
  readonly allowNames?: boolean | undefined;
  /** Where stakers reach this agent over HTTP (P-138), as `agentUrlSchema` has it. */
  readonly publicUrl?: string | undefined;
  /** Answers of a catch-up; the default is for networks, tests shorten it. */
  readonly requestTimeoutMs?: number;
}

export interface Libp2pNetworkModules {
  readonly logger: Logger;
  /** Milliseconds of a clock that only goes forward (P-124). Default: the process's. */
  readonly now?: () => number;
}

/**
 * @throws NETWORK_IDENTITY_INVALID, NETWORK_ADDRESS_INVALID, NETWORK_ADDRESS_UNDIALABLE, NETWORK_PEER_ID_INVALID; later
 * `start` throws NETWORK_LISTEN_FAILED.
 */
export async function createLibp2pNetwork(
  options: Libp2pNetworkOptions,
  { logger, now = () => performance.now() }: Libp2pNetworkModules,
): Promise<Network> {
  const privateKey = identityKeyPair(options.identitySecret);
  const self = toHex(privateKey.publicKey.raw);
  const bootstrap = parseBootstrap(options.bootstrap);
  const announce = options.announce ?? [];
  const [announced, listened] = [parseAnnounced(announce), parseAddresses(options.listen)];
  const own = announced.length > 0 ? announced : listened;
  const names = protocolNames(options.networkId);
  const conduct = new Conduct();
  const admission = new Admission(new Set(bootstrap.keys()), (peer) => conduct.banned(peer, now()));
  const book = new AddressBook(self, (peer) => admission.isNode(peer), {
    privateAddresses: options.allowPrivateAddresses ?? (own.length > 0 && own.every(isPrivateAddress)),
    names: options.allowNames ?? false,
  });
  const keys = new PeerKeys();
  const remotes = new Remotes();
  // The network is made of the node; only a connection can call it, and there is none before it is started.
  let network: Libp2pNetwork | null = null;
  const onFlood = (peer: PeerKey, what: string): void => network?.onFlood(peer, what);
  const isFull = (peer: PeerKey): boolean => network?.isFull(peer) ?? false;
  const configuredHosts = new Set([...bootstrap.values()].flat().map(hostOf));
  const isKnownHost = (host: string): boolean => configuredHosts.has(host) || book.hasHost(host);
  const bounds = new GossipBounds({ now, onFlood, isBanned: (peer) => admission.isBanned(peer) });
  const points = (peerId: string): number => conduct.points(keys.of(peerId), now());
  const libp2p = await createNode(
    { ...options, announce, privateKey, gossip: gossipOptions(names.messages, points) },
    { admission, remotes, now, onFlood, isFull, handshakes: new Handshakes({ now, isKnownHost }) },
  );
  bounds.bound(libp2p.services.gossip);
  const parts = { logger, now, self, libp2p, privateKey, names, conduct, admission, bootstrap, book, remotes, bounds };
  network = new Libp2pNetwork(options, parts);
  return network;
}

interface Parts {
  readonly logger: Logger;
  now(): number;
  readonly self: PeerKey;
  readonly libp2p: Node;
  readonly privateKey: Ed25519PrivateKey;
  readonly names: ProtocolNames;
  readonly conduct: Conduct;
  readonly admission: Admission;
  readonly bootstrap: ReturnType<typeof parseBootstrap>;
  readonly book: AddressBook;
  readonly remotes: Remotes;
  readonly bounds: GossipBounds;
}

class Libp2pNetwork implements Network {
  readonly peerId: string;
  readonly #parts: Parts;
  readonly #ownRecord: OwnRecord;
  readonly #publicUrl: string | undefined;
  readonly #room: Room;
  readonly #discovery: Discovery;
  readonly #dials: Dials;
  readonly #catchUp: RequestProtocol;
  readonly #inquiry: RequestProtocol;
  readonly #direct: DirectMessages;
  /** All of the above: they begin, end and forget together. */
  readonly #protocols: readonly (RequestProtocol | DirectMessages)[];
  readonly #connections: Connections;
  #handlers: NetworkHandlers | null = null;
  #tick: NodeJS.Timeout | null = null;
  /** What the wall clock is ahead of the one that only goes forward. */
  #wallAheadMs: number;
  #reported = "";

  constructor(options: Libp2pNetworkOptions, parts: Parts) {
    const { libp2p, logger, now, names, bootstrap } = parts;
    const blame = (peer: PeerKey, code: string): void => this.blame(peer, code);
    const salt = randomBytes(16).toString("hex");
    this.peerId = libp2p.peerId.toString();
    this.#parts = parts;
    this.#wallAheadMs = Date.now() - now();
    this.#ownRecord = new OwnRecord(libp2p, parts.privateKey, { now, publicUrl: options.publicUrl });
    this.#publicUrl = options.publicUrl;
    const protocols = requestProtocols(
      { names, ...(options.requestTimeoutMs === undefined ? {} : { timeoutMs: options.requestTimeoutMs }) },
      {
        ...{ libp2p, logger, now, blame },
        onCatchUp: (from, request) => this.#running().onCatchUp(from, request),
        onPeers: (from, request) => this.#discovery.answer(from, request),
        onInquiry: (from, request) => this.#running().onInquiry(from, request),
      },
    );
    this.#catchUp = protocols.catchUp;
    this.#inquiry = protocols.inquiry;
    this.#direct = new DirectMessages(
      { protocol: names.direct, salt },
      {
        ...{ libp2p, logger, now, blame },
        isConnected: (peer) => this.#connections.identified.has(peer),
        isBanned: (peer) => parts.admission.isBanned(peer),
        onMessage: (from, data) => this.#handlers?.onDirect(from, data),
        onFlood: (peer, what) => this.onFlood(peer, what),
      },
    );
    this.#protocols = [protocols.catchUp, protocols.peers, protocols.inquiry, this.#direct];
    this.#dials = new Dials({ bootstrap, salt }, parts);
    this.#discovery = new Discovery(
      { salt, bootstrap: bootstrap.keys(), targetPeers: options.targetPeers },
      {
        ...parts,
        ...{ blame, dials: this.#dials, ownRecord: this.#ownRecord },
        connected: () => [...this.#connections.identified].sort(),
        links: () => this.#connections.links(),
        close: (peer) => this.#connections.close(peer),
        ask: (peer, request) => protocols.peers.ask(peer, request),
        after: (delayMs, then) => void setTimeout(then, delayMs).unref(),
      },
    );
    this.#room = new Room(
      { max: options.maxConnections, ownDials: options.targetPeers },
      {
        now,
        rank: (peer) => this.#discovery.rank(peer),
        isMate: (peer) => this.#discovery.isMate(peer),
        isHeard: ({ remotePeer }) => isHeard(libp2p.services.gossip, remotePeer),
      },
    );
    this.#connections = new Connections({
      ...parts,
      room: this.#room,
      arrived: (peer, id) => void this.#arrived(peer, id),
      departed: (peer) => this.#departed(peer),
    });
  }

  /** Asks one node directly, dialling it when its address is known. */
  async inquire(peer: PeerKey, data: Uint8Array): Promise<Uint8Array> {
    this.#running();
    await this.#discovery.reach(peer);
    return await this.#inquiry.ask(peer, data);
  }

  addresses(): string[] {
    return this.#parts.libp2p.getMultiaddrs().map(String);
  }

  agentUrls(): ReadonlyMap<PeerKey, string> {
    const urls = this.#parts.book.agentUrls();
    if (this.#publicUrl !== undefined) urls.set(this.#parts.self, this.#publicUrl);
    return urls;
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    const { libp2p, names, logger, bounds } = this.#parts;
    const { gossip } = libp2p.services;
    this.#handlers = handlers;
    this.#connections.listen();
    const blame = (peer: PeerKey, code: string): void => this.blame(peer, code);
    const onGossip = handlers.onGossip.bind(handlers);
    gossip.topicValidators.set(names.messages, gossipValidator({ logger, blame, bounds, onGossip }));
    for (const protocol of this.#protocols) await protocol.start();
    try {
      await libp2p.start();
    } catch (cause) {
      this.#handlers = null;
      await libp2p.stop();
      throw quorateError("NETWORK_LISTEN_FAILED", { reason: String(cause) }, { cause });
    }
    gossip.subscribe(names.messages);
    await this.#ownRecord.refresh();
    libp2p.addEventListener("self:peer:update", () => void this.#refreshOwnRecord());
    this.#tick = setInterval(() => this.#tidy(), limits.TIDY_TICK_MS);
    this.#discovery.start();
  }

  async stop(): Promise<void> {
    this.#handlers = null;
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#discovery.stop();
    this.#dials.stop();
    for (const protocol of this.#protocols) protocol.stop();
    await this.#parts.libp2p.stop();
  }

  admit(identities: ReadonlySet<PeerKey>): void {
    const { admission, book, bounds, conduct } = this.#parts;
    const first = admission.identities.size === 0;
    admission.admit(identities);
    const keep = (peer: string): boolean => admission.isKnown(peer as PeerKey);
    conduct.retain(keep);
    bounds.retain(keep);
    book.retain((peer) => admission.isNode(peer));
    for (const protocol of this.#protocols) protocol.retain(keep);
    this.#connections.recheck();
    // Identified before the registry was known: their records count from now on.
    for (const peer of this.#connections.identified) void this.#learnRecord(peerIdOf(peer));
    this.#discovery.admissionChanged(first);
    this.#report();
  }

  mates(identities: ReadonlySet<PeerKey>): void {
    setMeshDegrees(this.#parts.libp2p.services.gossip, identities.size > 0);
    this.#discovery.setMates(identities);
  }

  direct(peers: readonly PeerKey[], data: Uint8Array): void {
    this.#running();
    this.#direct.send(peers, data);
  }

  async publish(data: Uint8Array): Promise<void> {
    this.#running();
    if (data.length > MAX_GOSSIP_BYTES) {
      throw quorateError("WIRE_TOO_LARGE", { lengthBytes: data.length, maxBytes: MAX_GOSSIP_BYTES });
    }
    await this.#parts.libp2p.services.gossip.publish(this.#parts.names.messages, data);
  }

  async catchUp(peer: PeerKey, data: Uint8Array): Promise<Uint8Array> {
    this.#running();
    await this.#discovery.reach(peer);
    return await this.#catchUp.ask(peer, data);
  }

  /**
   * Counts against the authenticated peer that sent what it is blamed for, or forwarded it, and against nobody else
   * (P-99).
   * @param points of conduct; `BAN_POINTS` are a ban
   */
  blame(peer: PeerKey, code: string, points = 1): void {
    const { admission, conduct, logger, now } = this.#parts;
    // Strangers hold no connection, and no memory here either. What a banned peer sent before is on its way still: it
    // is known.
    if (!admission.isKnown(peer) || admission.isBanned(peer)) return;
    const nowMs = now();
    const banned = conduct.blame(peer, nowMs, points);
    logger.debug({ peer, points: conduct.points(peer, nowMs) }, code);
    if (!banned) return;
    logger.warn({ peer, reason: code }, "NETWORK_PEER_BANNED");
    this.#connections.recheck(peer);
  }

  /** Whether there is no room for another connection of this peer. */
  isFull(peer: PeerKey): boolean {
    return this.#room.isFull(peer);
  }

  /** A peer sent more than any honest peer does. */
  onFlood(peer: PeerKey, what: string): void {
    this.#parts.logger.debug({ peer, what }, "NETWORK_PEER_FLOODS");
    this.blame(peer, "NETWORK_PEER_FLOODS", limits.FLOOD_POINTS);
  }

  status(): ReturnType<Network["status"]> {
    const { libp2p, names } = this.#parts;
    return {
      connected: this.#connected(),
      meshPeers: meshPeers(libp2p.services.gossip, names.messages),
      direct: this.#direct.counts,
    };
  }

  /** Registered peers only: a bootstrap peer that is no node has nothing to ask for. */
  #connected(): PeerKey[] {
    return [...this.#connections.identified].filter((peer) => this.#parts.admission.isNode(peer)).sort();
  }

  #running(): NetworkHandlers {
    if (this.#handlers === null) throw quorateError("NETWORK_NOT_RUNNING");
    return this.#handlers;
  }

  async #arrived(peer: PeerKey, id: PeerId): Promise<void> {
    if (this.#handlers === null) return;
    this.#report();
    await this.#learnRecord(id);
    this.#discovery.arrived(peer);
  }

  #departed(peer: PeerKey): void {
    for (const protocol of this.#protocols) protocol.forget(peer);
    this.#report();
    this.#discovery.departed(peer);
  }

  /**
   * What identify brought is in libp2p's own store; the book keeps it past that store's expiry, for as long as the peer
   * is admitted.
   */
  async #learnRecord(peerId: PeerId): Promise<void> {
    try {
      const { peerRecordEnvelope } = await this.#parts.libp2p.peerStore.get(peerId);
      if (peerRecordEnvelope !== undefined) await this.#parts.book.learn(peerRecordEnvelope);
    } catch (error) {
      this.#parts.logger.debug({ peer: peerKeyOf(peerId), reason: String(error) }, "NETWORK_RECORD_INVALID");
    }
  }

  /** What needs no event to be wanted. */
  #tidy(): void {
    const { libp2p, now } = this.#parts;
    this.#room.tidy();
    void this.#refreshOwnRecord();
    const wallAheadMs = Date.now() - now();
    if (Math.abs(wallAheadMs - this.#wallAheadMs) > limits.CLOCK_JUMP_MS) forgetTimes(libp2p.services.gossip);
    this.#wallAheadMs = wallAheadMs;
  }

  async #refreshOwnRecord(): Promise<void> {
    try {
      if (this.#handlers !== null && (await this.#ownRecord.refresh())) this.#discovery.announce();
    } catch (error) {
      this.#parts.logger.debug({ reason: String(error) }, "NETWORK_NOT_RUNNING");
    }
  }

  #report(): void {
    const connected = this.#connected();
    const text = connected.join();
    if (text === this.#reported) return;
    this.#reported = text;
    this.#handlers?.onPeers(connected);
  }
}
