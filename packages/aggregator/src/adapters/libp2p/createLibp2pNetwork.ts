/**
 * The network port on libp2p: the one place where its parts meet. In: identity secret, addresses, network id. Out: a `Network`, which
 * listens and dials from `start` to `stop`. Messages are bytes here; what they mean is the core's.
 */
import { type GossipSub, gossipsub } from "@libp2p/gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { Connection, Ed25519PrivateKey, Libp2p, PeerId } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import {
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  MAX_INQUIRY_BYTES,
  MAX_PEERS_RESPONSE_BYTES,
  quorateError,
  toHex,
} from "@quorate/common";
import { createLibp2p } from "libp2p";
import type { PeerKey } from "../../core/io.ts";
import type { Logger, Network, NetworkHandlers } from "../../driver/ports.ts";
import { AddressBook } from "./addressBook.ts";
import { parseAddresses, parseBootstrap } from "./addresses.ts";
import { Admission } from "./admission.ts";
import { Conduct } from "./conduct.ts";
import { Discovery } from "./discovery.ts";
import { gossipOptions, gossipValidator, meshPeers } from "./gossip.ts";
import * as limits from "./limits.ts";
import { identityKeyPair, PeerKeys, peerIdOf, peerKeyOf } from "./peers.ts";
import { type NetworkId, type ProtocolNames, protocolNames } from "./protocols.ts";
import { RequestProtocol } from "./requests.ts";
import { gatheringTurns } from "./turns.ts";

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
   * Dials until so many peers are connected, whoever dialled. About 12: a mesh of 6 to 12 (gossipsub's D to Dhi) and some spare;
   * 8 where many nodes share few cores, for each connection costs both sides 10 ms of CPU.
   */
  readonly targetPeers: number;
  /** Inbound connections are refused above it. At least 4 × targetPeers, for others dial too. */
  readonly maxConnections: number;
  /** Answers of a catch-up; the default is for networks, tests shorten it. */
  readonly requestTimeoutMs?: number;
}

export interface Libp2pNetworkModules {
  readonly logger: Logger;
}

type Node = Libp2p<{ identify: Identify; gossip: GossipSub }>;

/**
 * @throws NETWORK_IDENTITY_INVALID, NETWORK_ADDRESS_INVALID, NETWORK_PEER_ID_INVALID; later `start` throws NETWORK_LISTEN_FAILED.
 */
export async function createLibp2pNetwork(
  options: Libp2pNetworkOptions,
  modules: Libp2pNetworkModules,
): Promise<Network> {
  const privateKey = await identityKeyPair(options.identitySecret);
  const bootstrap = parseBootstrap(options.bootstrap);
  parseAddresses([...options.listen, ...(options.announce ?? [])]);
  const names = protocolNames(options.networkId);
  const conduct = new Conduct();
  const admission = new Admission(new Set(bootstrap.keys()), (peer) => conduct.banned(peer, Date.now()));
  const keys = new PeerKeys();
  const points = (peerId: string): number => conduct.points(keys.of(peerId), Date.now());
  const libp2p = await createNode(options, privateKey, admission, gossipOptions(names.messages, points));
  return new Libp2pNetwork(options, { ...modules, libp2p, privateKey, names, conduct, admission, bootstrap });
}

function createNode(
  options: Libp2pNetworkOptions,
  privateKey: Ed25519PrivateKey,
  admission: Admission,
  gossip: Parameters<typeof gossipsub>[0],
): Promise<Node> {
  return createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: "quorate", userAgent: "quorate" },
    addresses: { listen: [...options.listen], announce: [...(options.announce ?? [])] },
    transports: [tcp()],
    connectionEncrypters: [gatheringTurns(noise())],
    streamMuxers: [yamux()],
    connectionGater: admission.gater(),
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: limits.INBOUND_PER_SECOND_PER_HOST,
      maxIncomingPendingConnections: limits.INBOUND_PENDING,
      // Peer records may not make this host resolve names of names.
      resolvers: {},
    },
    connectionMonitor: {
      pingInterval: limits.PING_INTERVAL_MS,
      pingTimeout: { minTimeout: limits.PING_TIMEOUT_MS },
    },
    services: { identify: identify({ timeout: limits.IDENTIFY_TIMEOUT_MS }), gossip: gossipsub(gossip) },
  });
}

interface Parts extends Libp2pNetworkModules {
  readonly libp2p: Node;
  readonly privateKey: Ed25519PrivateKey;
  readonly names: ProtocolNames;
  readonly conduct: Conduct;
  readonly admission: Admission;
  readonly bootstrap: ReturnType<typeof parseBootstrap>;
}

class Libp2pNetwork implements Network {
  readonly peerId: string;
  readonly #parts: Parts;
  readonly #book: AddressBook;
  readonly #discovery: Discovery;
  readonly #catchUp: RequestProtocol;
  readonly #peers: RequestProtocol;
  readonly #inquiry: RequestProtocol;
  /** Peers that have identified themselves on an open connection: those that gossip and requests reach. */
  readonly #identified = new Set<PeerKey>();
  #handlers: NetworkHandlers | null = null;
  #ownRecord: Uint8Array = new Uint8Array();
  #reported = "";

  constructor(options: Libp2pNetworkOptions, parts: Parts) {
    const { libp2p, admission, logger, names, bootstrap } = parts;
    const self = toHex(parts.privateKey.publicKey.raw);
    const blame = (peer: PeerKey, code: string): void => this.blame(peer, code);
    this.peerId = libp2p.peerId.toString();
    this.#parts = parts;
    this.#book = new AddressBook((peer) => peer !== self && admission.isNode(peer));
    this.#discovery = new Discovery(
      { self, bootstrap, targetPeers: options.targetPeers, maxConnections: options.maxConnections },
      {
        libp2p,
        admission,
        logger,
        blame,
        book: this.#book,
        connected: () => [...this.#identified].sort(),
        ask: (peer, request) => this.#peers.ask(peer, request),
        ownRecord: () => this.#ownRecord,
      },
    );
    const timeout = options.requestTimeoutMs === undefined ? {} : { timeoutMs: options.requestTimeoutMs };
    this.#catchUp = new RequestProtocol(
      {
        protocol: names.catchUp,
        maxRequestBytes: MAX_CATCH_UP_REQUEST_BYTES,
        maxAnswerBytes: MAX_CATCH_UP_RESPONSE_BYTES,
        burst: limits.CATCH_UP_BURST,
        perSecond: limits.CATCH_UP_PER_SECOND,
        ...timeout,
      },
      { libp2p, logger, blame, answer: (from, request) => this.#running().onCatchUp(from, request) },
    );
    this.#peers = new RequestProtocol(
      {
        protocol: names.peers,
        maxRequestBytes: 0,
        maxAnswerBytes: MAX_PEERS_RESPONSE_BYTES,
        burst: limits.PEERS_BURST,
        perSecond: limits.PEERS_PER_SECOND,
        ...timeout,
      },
      { libp2p, logger, blame, answer: (from, request) => this.#discovery.answer(from, request) },
    );
    this.#inquiry = new RequestProtocol(
      {
        protocol: names.inquiry,
        maxRequestBytes: MAX_INQUIRY_BYTES,
        maxAnswerBytes: MAX_INQUIRY_BYTES,
        burst: limits.INQUIRY_BURST,
        perSecond: limits.INQUIRY_PER_SECOND,
        ...timeout,
      },
      { libp2p, logger, blame, answer: (from, request) => this.#running().onInquiry(from, request) },
    );
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

  async start(handlers: NetworkHandlers): Promise<void> {
    const { libp2p, names, logger } = this.#parts;
    const { gossip } = libp2p.services;
    this.#handlers = handlers;
    this.#listenToPeers();
    const blame = (peer: PeerKey, code: string): void => this.blame(peer, code);
    const onGossip = handlers.onGossip.bind(handlers);
    gossip.topicValidators.set(names.messages, gossipValidator({ logger, blame, onGossip }));
    await this.#catchUp.start();
    await this.#peers.start();
    await this.#inquiry.start();
    try {
      await libp2p.start();
    } catch (cause) {
      this.#handlers = null;
      await libp2p.stop();
      throw quorateError("NETWORK_LISTEN_FAILED", { reason: String(cause) }, { cause });
    }
    gossip.subscribe(names.messages);
    await this.#sealOwnRecord();
    this.#discovery.start();
  }

  async stop(): Promise<void> {
    this.#handlers = null;
    this.#discovery.stop();
    this.#catchUp.stop();
    this.#peers.stop();
    this.#inquiry.stop();
    await this.#parts.libp2p.stop();
  }

  admit(identities: ReadonlySet<PeerKey>): void {
    const { admission, conduct } = this.#parts;
    const first = admission.identities.size === 0;
    admission.admit(identities);
    const keep = (peer: string): boolean => admission.isKnown(peer as PeerKey);
    conduct.retain(keep);
    this.#book.retain((peer) => admission.isNode(peer));
    this.#catchUp.retain(keep);
    this.#peers.retain(keep);
    this.#inquiry.retain(keep);
    for (const connection of this.#parts.libp2p.getConnections()) this.#closeUnlessAllowed(connection);
    // Identified before the registry was known: their records count from now on.
    for (const peer of this.#identified) void this.#learnRecord(peerIdOf(peer));
    this.#discovery.admissionChanged(first);
    this.#report();
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
    return await this.#catchUp.ask(peer, data);
  }

  blame(peer: PeerKey, code: string): void {
    const { admission, conduct, libp2p, logger } = this.#parts;
    // Strangers hold no connection, and no memory here either.
    if (!admission.isKnown(peer)) return;
    const banned = conduct.blame(peer, Date.now());
    logger.debug({ peer, points: conduct.points(peer, Date.now()) }, code);
    if (!banned) return;
    logger.warn({ peer, reason: code }, "NETWORK_PEER_BANNED");
    for (const connection of libp2p.getConnections(peerIdOf(peer))) this.#closeUnlessAllowed(connection);
  }

  status(): { readonly connected: readonly PeerKey[]; readonly meshPeers: number } {
    const { libp2p, names } = this.#parts;
    return { connected: this.#connected(), meshPeers: meshPeers(libp2p.services.gossip, names.messages) };
  }

  /** Registered peers only: a bootstrap peer that is no node has nothing to ask for. */
  #connected(): PeerKey[] {
    return [...this.#identified].filter((peer) => this.#parts.admission.isNode(peer)).sort();
  }

  #running(): NetworkHandlers {
    if (this.#handlers === null) throw quorateError("NETWORK_NOT_RUNNING");
    return this.#handlers;
  }

  #listenToPeers(): void {
    const { libp2p } = this.#parts;
    libp2p.addEventListener("connection:open", ({ detail }) => this.#closeUnlessAllowed(detail));
    libp2p.addEventListener("connection:close", ({ detail }) => this.#closeSiblings(detail));
    libp2p.addEventListener("peer:identify", ({ detail }) => void this.#arrived(detail.peerId));
    libp2p.addEventListener("peer:disconnect", ({ detail }) => this.#departed(detail));
  }

  async #arrived(peerId: PeerId): Promise<void> {
    const peer = peerKeyOf(peerId);
    if (peer === null || this.#handlers === null || this.#parts.libp2p.getConnections(peerId).length === 0) return;
    this.#identified.add(peer);
    this.#report();
    await this.#learnRecord(peerId);
    this.#discovery.arrived(peer);
  }

  #departed(peerId: PeerId): void {
    const peer = peerKeyOf(peerId);
    if (peer === null) return;
    this.#identified.delete(peer);
    this.#catchUp.forget(peer);
    this.#peers.forget(peer);
    this.#inquiry.forget(peer);
    this.#report();
    this.#discovery.departed(peer);
  }

  /** What identify brought is in libp2p's own store; the book keeps it past that store's expiry, for as long as the peer is admitted. */
  async #learnRecord(peerId: PeerId): Promise<void> {
    try {
      const { peerRecordEnvelope } = await this.#parts.libp2p.peerStore.get(peerId);
      if (peerRecordEnvelope !== undefined) await this.#book.learn(peerRecordEnvelope);
    } catch (error) {
      this.#parts.logger.debug({ peer: peerKeyOf(peerId), reason: String(error) }, "NETWORK_RECORD_INVALID");
    }
  }

  #closeUnlessAllowed(connection: Connection): void {
    const peer = peerKeyOf(connection.remotePeer);
    if (peer !== null && this.#parts.admission.mayConnect(peer)) return;
    connection.abort(quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "not admitted (P-80)" }));
  }

  /**
   * Two peers that dial each other at once share two connections, and gossip runs on one. When that closes, gossipsub would stay mute on
   * the other; closing both makes the peers dial anew.
   */
  #closeSiblings(closed: Connection): void {
    for (const connection of this.#parts.libp2p.getConnections(closed.remotePeer)) {
      if (connection.id !== closed.id) void connection.close().catch(() => {});
    }
  }

  /** One signed record for the whole run: identify would otherwise sign another at every connection, and all of them would travel. */
  async #sealOwnRecord(): Promise<void> {
    const { libp2p, privateKey } = this.#parts;
    const multiaddrs = libp2p.getMultiaddrs().map((address) => address.decapsulate("/p2p"));
    const envelope = await RecordEnvelope.seal(new PeerRecord({ peerId: libp2p.peerId, multiaddrs }), privateKey);
    this.#ownRecord = new Uint8Array(envelope.marshal());
    await libp2p.peerStore.patch(libp2p.peerId, { peerRecordEnvelope: this.#ownRecord });
  }

  #report(): void {
    const connected = this.#connected();
    const text = connected.join();
    if (text === this.#reported) return;
    this.#reported = text;
    this.#handlers?.onPeers(connected);
  }
}
