/**
 * Helpers of this folder's tests: real nodes over TCP on 127.0.0.1, one process. In: seeds. Out: started networks
 * that record what reaches them. Not part of the agent.
 */
import { createHash } from "node:crypto";
import { type GossipSub, gossipsub, StrictNoSign } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { type Hex, toHex } from "@quorate/common";
import { createLibp2p } from "libp2p";
import { createLibp2pNetwork, type Libp2pNetworkOptions } from "../../src/adapters/libp2p/createLibp2pNetwork.ts";
import { messageId } from "../../src/adapters/libp2p/gossip.ts";
import { identityKeyPair, parsePeerKey } from "../../src/adapters/libp2p/peers.ts";
import type { PeerKey, Verdict } from "../../src/core/io.ts";
import type { Logger, Network } from "../../src/driver/ports.ts";
import { until } from "./until.ts";

export const NETWORK_ID = { chainId: 31_337n, contract: `0x${"ab".repeat(20)}` as Hex };

/** gossipsub's Dlo: below it a mesh grows at every heartbeat. */
const MESH_LOW = 4;

export interface LogLine {
  readonly level: string;
  readonly code: string;
  readonly values: object;
}

export interface TestNode {
  readonly network: Network;
  readonly key: PeerKey;
  readonly address: string;
  readonly gossip: { from: PeerKey; data: Hex }[];
  readonly direct: { from: PeerKey; data: Hex }[];
  readonly peers: (readonly PeerKey[])[];
  readonly log: LogLine[];
  verdict: (data: Uint8Array) => Verdict | Promise<Verdict>;
  answer: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

const running: { stop(): unknown }[] = [];

/** Ends every node started since the last call. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((network) => network.stop()));
}

export function seedOf(name: string | number): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`test node ${name}`).digest());
}

export async function startNode(
  name: string | number,
  bootstrap: readonly TestNode[] = [],
  options: Partial<Libp2pNetworkOptions> = {},
  modules: { readonly now?: () => number } = {},
): Promise<TestNode> {
  const log: LogLine[] = [];
  const network = await createLibp2pNetwork(
    {
      identitySecret: seedOf(name),
      listen: ["/ip4/127.0.0.1/tcp/0"],
      bootstrap: bootstrap.map(({ address }) => address),
      networkId: NETWORK_ID,
      targetPeers: 12,
      maxConnections: 100,
      requestTimeoutMs: 30_000,
      ...options,
    },
    { ...modules, logger: recorder(log) },
  );
  const node: TestNode = {
    network,
    key: parsePeerKey(network.peerId),
    address: "",
    gossip: [],
    direct: [],
    peers: [],
    log,
    verdict: () => "accept",
    answer: (data) => data,
  };
  await network.start({
    onGossip: async (from, data) => {
      node.gossip.push({ from, data: toHex(data) });
      return await node.verdict(data);
    },
    onDirect: (from, data) => void node.direct.push({ from, data: toHex(data) }),
    onCatchUp: async (_from, data) => await node.answer(data),
    onInquiry: async (_from, data) => await node.answer(data),
    onPeers: (connected) => void node.peers.push(connected),
  });
  running.push(network);
  return Object.assign(node, { address: network.addresses()[0] ?? "" });
}

/**
 * A peer that keeps no rule of ours: plain libp2p under a known identity, for what an honest node cannot be made to
 * send.
 */
export async function startRawPeer(name: string): Promise<{ libp2p: Libp2p<{ gossip: GossipSub }>; key: PeerKey }> {
  const libp2p = await createLibp2p({
    privateKey: identityKeyPair(seedOf(name)),
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({ globalSignaturePolicy: StrictNoSign, msgIdFn: ({ data }) => messageId(data) }),
    },
  });
  running.push(libp2p);
  return { libp2p, key: parsePeerKey(libp2p.peerId.toString()) };
}

/** The same without gossip, for a test that answers its protocol itself; to be started by the test. */
export async function createBarePeer(name: string): Promise<{ libp2p: Libp2p; key: PeerKey }> {
  const libp2p = await createLibp2p({
    start: false,
    privateKey: identityKeyPair(seedOf(name)),
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  running.push(libp2p);
  return { libp2p, key: parsePeerKey(libp2p.peerId.toString()) };
}

/** Each node admits all of them. */
export function admitAll(nodes: readonly TestNode[]): void {
  const keys = new Set(nodes.map(({ key }) => key));
  for (const { network } of nodes) network.admit(keys);
}

/**
 * A node that all others bootstrap from, and those others, all admitted, each connected to all; small enough for a
 * full mesh.
 */
export async function startCluster(count: number, options: Partial<Libp2pNetworkOptions> = {}): Promise<TestNode[]> {
  const first = await startNode(0, [], options);
  const rest = await Promise.all(Array.from({ length: count - 1 }, (_, i) => startNode(i + 1, [first], options)));
  const nodes = [first, ...rest];
  admitAll(nodes);
  await until(() => nodes.every(({ network }) => network.status().connected.length === count - 1));
  await until(() => nodes.every(({ network }) => network.status().meshPeers >= Math.min(count - 1, MESH_LOW)));
  return nodes;
}

function recorder(log: LogLine[]): Logger {
  const at = (level: string) => (values: object, code: string) => void log.push({ level, code, values });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
