/**
 * Who is at the other end, as soon as the handshake proves it. In: libp2p's encrypter. Out: the same one, which remembers the peer of
 * each connection, for bounds below libp2p that have to blame it, and tells when another peer answers than the one dialled.
 */
import type { ConnectionEncrypter, MessageStream, PeerId, SecureConnectionOptions } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import { peerKeyOf } from "./peers.ts";

type Create<Components> = (components: Components) => ConnectionEncrypter;

export interface RemotesListener {
  /** The peer was met where it was dialled. */
  proved(peer: PeerKey, address: Multiaddr): void;
  /** Another peer answered where this one was dialled. Null for one that can be no node. */
  unexpected(expected: PeerKey, actual: PeerKey | null, address: Multiaddr): void;
}

export class Remotes {
  readonly #peers = new WeakMap<MessageStream, PeerKey>();
  #listener: RemotesListener | null = null;

  /** The peer of an encrypted connection. */
  of(connection: MessageStream): PeerKey | null {
    return this.#peers.get(connection) ?? null;
  }

  listen(listener: RemotesListener): void {
    this.#listener = listener;
  }

  remembering<Components>(create: Create<Components>): Create<Components> {
    return (components) => {
      const encrypter = create(components);
      const inbound = encrypter.secureInbound.bind(encrypter);
      const outbound = encrypter.secureOutbound.bind(encrypter);
      encrypter.secureInbound = async (connection, options) => {
        const result = await inbound(connection, options);
        this.#remember(result.connection, result.remotePeer);
        return result;
      };
      encrypter.secureOutbound = async (connection, options) => {
        // The encrypter's own check would say in a sentence only who answered.
        const { remotePeer: expected, ...rest } = options ?? ({} as SecureConnectionOptions);
        const result = await outbound(connection, rest);
        this.#remember(result.connection, result.remotePeer);
        this.#check(expected, result.remotePeer, (connection as MessageStream & { remoteAddr: Multiaddr }).remoteAddr);
        return result;
      };
      return encrypter;
    };
  }

  #remember(connection: MessageStream, remote: PeerId): void {
    const peer = peerKeyOf(remote);
    if (peer !== null) this.#peers.set(connection, peer);
  }

  /** @throws NETWORK_PEER_ID_UNEXPECTED */
  #check(expected: PeerId | undefined, actual: PeerId, address: Multiaddr): void {
    const key = expected === undefined ? null : peerKeyOf(expected);
    if (expected === undefined || key === null) return;
    if (expected.equals(actual)) {
      this.#listener?.proved(key, address);
      return;
    }
    this.#listener?.unexpected(key, peerKeyOf(actual), address);
    throw quorateError("NETWORK_PEER_ID_UNEXPECTED", { expected: expected.toString(), actual: actual.toString() });
  }
}
