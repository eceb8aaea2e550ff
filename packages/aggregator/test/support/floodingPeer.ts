/**
 * For tests: a registered peer that keeps no rule, and strangers that are nobody. In: a node to attack. Out: means to send it any frame of
 * yamux, any RPC of gossipsub, any byte of TCP.
 */
import { connect, type Socket } from "node:net";
import { RPC } from "@libp2p/gossipsub/message";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { encode } from "it-length-prefixed";
import { protocolNames } from "../../src/adapters/libp2p/protocols.ts";
import type { PeerKey } from "../../src/core/io.ts";
import { NETWORK_ID, startRawPeer, type TestNode } from "./testNetwork.ts";

export const TOPIC = protocolNames(NETWORK_ID).messages;

/** From yamux's specification. */
export const yamuxFrame = { data: 0, windowUpdate: 1, ping: 2, goAway: 3, syn: 1, rst: 8 };

interface FrameHeader {
  readonly type: number;
  readonly flag: number;
  readonly streamID: number;
  readonly length: number;
}

export interface HostilePeer {
  readonly key: PeerKey;
  readonly libp2p: Libp2p;
  readonly connection: Connection;
  /** One frame of the muxer; false once the connection is gone. */
  frame(header: FrameHeader): boolean;
  /** A gossip stream of its own. */
  gossip(): Promise<Stream>;
}

/** Is admitted by the node, and connected to it. */
export async function startHostilePeer(node: TestNode, name = "hostile"): Promise<HostilePeer> {
  const { libp2p, key } = await startRawPeer(name);
  node.network.admit(new Set([key]));
  const connection = await libp2p.dial(multiaddr(node.address));
  const { muxer } = connection as unknown as { muxer: { sendFrame(header: FrameHeader): boolean } };
  return {
    ...{ key, libp2p, connection },
    frame(header) {
      if (connection.status !== "open") return false;
      try {
        muxer.sendFrame(header);
        return true;
      } catch {
        return false;
      }
    },
    gossip: () => connection.newStream("/meshsub/1.2.0"),
  };
}

/** One RPC as it travels, of messages and control messages. */
export function rpc(content: Partial<RPC>): Uint8Array {
  const full = { subscriptions: [], messages: [], ...content };
  return encode.single(RPC.encode(full as RPC)).subarray();
}

/** Messages of the topic, each other than all before. */
export function messages(count: number, seed: number): RPC.Message[] {
  return Array.from({ length: count }, (_, i) => ({ topic: TOPIC, data: new TextEncoder().encode(`${seed} ${i}`) }));
}

export const prunes = (count: number): RPC.ControlMessage => ({
  ...{ ihave: [], iwant: [], graft: [], idontwant: [] },
  prune: Array.from({ length: count }, () => ({ topicID: TOPIC, peers: [] })),
});

/** Connected by TCP and nothing more; from another address of this host where `from` says so. */
export async function stranger(node: TestNode, from = "127.0.0.1"): Promise<Socket> {
  const [, , host, , port] = node.address.split("/");
  const socket = connect({ host: host ?? "", port: Number(port), localAddress: from });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return socket;
}

/** Resolves when a socket is gone, however it went. */
export function gone(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => {
    if (socket.closed) resolve(null);
    else socket.once("close", resolve);
  });
}
