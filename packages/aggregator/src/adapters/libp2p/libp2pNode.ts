/**
 * The libp2p node: each part with its bounds. In: keys, addresses, who may connect, options of gossip. Out: a node that
 * is not started yet. Where a library has an option for a bound, it is set here; where it has none, the part is wrapped
 * (ADR 15).
 */
import { type GossipSub, type GossipsubOpts, gossipsub } from "@libp2p/gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { Ed25519PrivateKey, Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import type { PeerKey } from "../../core/io.ts";
import type { Admission } from "./admission.ts";
import { connectionGater } from "./gater.ts";
import type { Handshakes } from "./handshakes.ts";
import * as limits from "./limits.ts";
import { boundedMuxer } from "./muxer.ts";
import type { Remotes } from "./remotes.ts";
import { gatheringTurns } from "./turns.ts";

export type Node = Libp2p<{ identify: Identify; gossip: GossipSub }>;

export interface NodeOptions {
  readonly privateKey: Ed25519PrivateKey;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly maxConnections: number;
  readonly gossip: Partial<GossipsubOpts>;
}

export interface NodeModules {
  readonly admission: Admission;
  readonly handshakes: Handshakes;
  readonly remotes: Remotes;
  now(): number;
  onFlood(peer: PeerKey, what: string): void;
  /** Whether there is no room for another connection of this peer. */
  isFull(peer: PeerKey): boolean;
}

export function createNode(options: NodeOptions, modules: NodeModules): Promise<Node> {
  const { admission, handshakes, remotes, now, onFlood, isFull } = modules;
  const muxer = yamux({
    maxInboundStreams: limits.INBOUND_STREAMS_MAX,
    streamOptions: { maxStreamWindowSize: limits.STREAM_WINDOW_MAX_BYTES },
  });
  return createLibp2p({
    start: false,
    privateKey: options.privateKey,
    nodeInfo: { name: "quorate", userAgent: "quorate" },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [tcp()],
    connectionEncrypters: [remotes.remembering(gatheringTurns(noise()))],
    streamMuxers: [boundedMuxer(muxer, { now, onFlood, remoteOf: (connection) => remotes.of(connection) })],
    connectionGater: connectionGater(admission, handshakes, now, isFull),
    connectionManager: {
      // Who is no mate is refused above the configured number (room.ts); libp2p cannot tell them apart.
      maxConnections: options.maxConnections + limits.MATES_MAX * limits.CONNECTIONS_PER_PEER,
      // Both are counted by host instead (handshakes.ts): libp2p's are global, or the same for every host.
      inboundConnectionThreshold: Number.POSITIVE_INFINITY,
      maxIncomingPendingConnections: Number.POSITIVE_INFINITY,
      inboundUpgradeTimeout: limits.HANDSHAKE_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: limits.SELECTION_TIMEOUT_MS,
      // Peer records may not make this host resolve names of names.
      resolvers: {},
    },
    connectionMonitor: {
      pingInterval: limits.PING_INTERVAL_MS,
      pingTimeout: { minTimeout: limits.PING_TIMEOUT_MS },
    },
    services: { identify: identify({ timeout: limits.IDENTIFY_TIMEOUT_MS }), gossip: gossipsub(options.gossip) },
  });
}
