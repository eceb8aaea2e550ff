/**
 * A peer that keeps no rule of ours: libp2p under a registered identity, with the bytes of gossip streams and of the
 * muxer in its own hands. In: an identity secret. Out: links to agents, over which anything can be sent, and what
 * came over them. For what an honest node cannot be made to send. It listens nowhere, so that every connection is one
 * it chose to make.
 */
import { RPC } from "@libp2p/gossipsub/message";
import { identify } from "@libp2p/identify";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { encodePeersResponse } from "@quorate/common";
import { decode, encode } from "it-length-prefixed";
import { createLibp2p } from "libp2p";
import { identityKeyPair } from "../../src/adapters/libp2p/peers.ts";
import { type NetworkId, type ProtocolNames, protocolNames } from "../../src/adapters/libp2p/protocols.ts";
import { RequestStream, serveStream } from "../../src/adapters/libp2p/streams.ts";

export type { RPC };

const MESHSUB = ["/meshsub/1.2.0", "/meshsub/1.1.0"];
/** Above what any agent sends. */
const RPC_MAX_BYTES = 16 * 1_048_576;
const DIAL_TIMEOUT_MS = 10_000;

export interface HostilePeerOptions {
  /** 32 bytes. */
  readonly identitySecret: Uint8Array;
  readonly networkId: NetworkId;
  /** The address connections come from. */
  readonly localAddress: string;
  /** Told the data of every gossip message that agents send. */
  onMessage?(data: Uint8Array): void;
  /** Leaves what agents send on gossip streams where it is, so that their windows fill. */
  readonly readsGossip?: boolean;
  /** Multiaddrs of the own peer record, where it is to have others than none. */
  readonly announce?: readonly string[];
}

/** What of the muxer is used here; libp2p's own connection keeps it to itself. */
interface RawMuxer {
  nextStreamID: number;
  send(bytes: Uint8Array): boolean;
}

export class HostilePeer {
  readonly names: ProtocolNames;
  readonly #options: HostilePeerOptions;
  readonly #libp2p: Libp2p;
  #sequence = BigInt(Date.now());

  private constructor(options: HostilePeerOptions, libp2p: Libp2p) {
    this.#options = options;
    this.#libp2p = libp2p;
    this.names = protocolNames(options.networkId);
  }

  static async start(options: HostilePeerOptions): Promise<HostilePeer> {
    const libp2p = await createLibp2p({
      privateKey: identityKeyPair(options.identitySecret),
      nodeInfo: { name: "quorate", userAgent: "quorate" },
      addresses: { listen: [], announce: [...(options.announce ?? [])] },
      // The option reaches `net.connect`.
      transports: [tcp({ dialOpts: { localAddress: options.localAddress } as object })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { maxConnections: 10_000, maxParallelDials: 500, dialTimeout: DIAL_TIMEOUT_MS },
      services: { identify: identify() },
    });
    const peer = new HostilePeer(options, libp2p);
    await libp2p.handle(MESHSUB, (stream) => peer.#receive(stream), { maxInboundStreams: 10_000 });
    await libp2p.handle(peer.names.peers, (stream) => peer.#servePeers(stream));
    return peer;
  }

  /** Every call makes a connection of its own. Rejects when the agent refuses it. */
  async connect(address: string): Promise<HostileLink> {
    const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS);
    const connection = await this.#libp2p.dial(multiaddr(address), { force: true, signal });
    return new HostileLink(connection, this.names);
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop();
  }

  /**
   * A record newer than all before, of other addresses: whoever asks for records or identifies the peer from now on
   * gets it.
   */
  async sealRecord(addresses: readonly string[]): Promise<Uint8Array> {
    const key = identityKeyPair(this.#options.identitySecret);
    const record = new PeerRecord({
      peerId: this.#libp2p.peerId,
      multiaddrs: addresses.map((address) => multiaddr(address)),
      seqNumber: ++this.#sequence,
    });
    const envelope = await RecordEnvelope.seal(record, key);
    this.#record = new Uint8Array(envelope.marshal());
    await this.#libp2p.peerStore.patch(this.#libp2p.peerId, { peerRecordEnvelope: this.#record });
    return this.#record;
  }

  #record: Uint8Array = new Uint8Array();

  async #receive(stream: Stream): Promise<void> {
    if (this.#options.readsGossip === false) {
      // The muxer renews a window as soon as bytes arrive, read or not.
      (stream as unknown as { sendWindowUpdate(): void }).sendWindowUpdate = () => {};
      return;
    }
    try {
      for await (const bytes of decode(stream, { maxDataLength: RPC_MAX_BYTES })) {
        if (this.#options.onMessage === undefined) continue;
        for (const { data } of RPC.decode(bytes.subarray()).messages) {
          if (data !== undefined) this.#options.onMessage(data);
        }
      }
    } catch {
      // The agent ended the stream.
    }
  }

  async #servePeers(stream: Stream): Promise<void> {
    const bounds = { maxRequestBytes: 1_024, maxAnswerBytes: 1_048_576 };
    await serveStream(
      stream,
      bounds,
      async () => encodePeersResponse(this.#record.length === 0 ? [] : [this.#record]),
      () => {},
    );
  }
}

/** One connection to an agent. */
export class HostileLink {
  readonly connection: Connection;
  readonly #names: ProtocolNames;
  #gossip: Stream | null = null;

  constructor(connection: Connection, names: ProtocolNames) {
    this.connection = connection;
    this.#names = names;
  }

  get open(): boolean {
    return this.connection.status === "open";
  }

  /** Opens the gossip stream, subscribes and grafts, as an honest peer does. */
  async openGossip(): Promise<void> {
    this.#gossip = await this.connection.newStream(MESHSUB, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
    const topic = this.#names.messages;
    await this.sendRpc({ subscriptions: [{ subscribe: true, topic }] });
    await this.sendRpc({ control: controlOf({ graft: [{ topicID: topic }] }) });
  }

  /** The topic's messages in one RPC. */
  sendMessages(messages: readonly Uint8Array[]): Promise<void> {
    const topic = this.#names.messages;
    return this.sendRpc({ messages: messages.map((data) => ({ data, topic })) });
  }

  sendControl(control: Partial<RPC.ControlMessage>): Promise<void> {
    return this.sendRpc({ control: controlOf(control) });
  }

  async sendRpc(rpc: Partial<RPC>): Promise<void> {
    await this.sendFrame(RPC.encode({ subscriptions: [], messages: [], ...rpc }));
  }

  /** One length-prefixed frame on the gossip stream, whatever it holds. Rejects when the stream is gone. */
  async sendFrame(bytes: Uint8Array): Promise<void> {
    const stream = this.#gossip;
    if (stream === null || stream.status !== "open") throw new Error("the gossip stream is closed");
    if (!stream.send(encode.single(bytes))) await stream.onDrain({ signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
  }

  /** One request over a stream of its own. Rejects when the agent ends it without an answer. */
  async request(protocol: string, request: Uint8Array): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS);
    const stream = await this.connection.newStream(protocol, { signal });
    const bounds = { maxRequestBytes: RPC_MAX_BYTES, maxAnswerBytes: RPC_MAX_BYTES };
    const asked = new RequestStream(stream, bounds);
    signal.addEventListener("abort", () => asked.abort(new Error("no answer")), { once: true });
    try {
      return await asked.ask(request);
    } finally {
      asked.abort(new Error("done"));
    }
  }

  /** Bytes below the muxer's streams. False: what was sent waits to leave. */
  sendMuxed(make: (firstStreamId: number) => { readonly bytes: Uint8Array; readonly streams: number }): boolean {
    const { muxer } = this.connection as unknown as { muxer: RawMuxer };
    const { bytes, streams } = make(muxer.nextStreamID);
    muxer.nextStreamID += 2 * streams;
    return muxer.send(bytes);
  }

  async drained(): Promise<void> {
    const { muxer } = this.connection as unknown as { muxer: { maConn: Stream } };
    if (muxer.maConn.writableNeedsDrain) await muxer.maConn.onDrain({ signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
  }

  close(): void {
    this.connection.abort(new Error("the enemy is done"));
  }
}

function controlOf(control: Partial<RPC.ControlMessage>): RPC.ControlMessage {
  return { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...control };
}
