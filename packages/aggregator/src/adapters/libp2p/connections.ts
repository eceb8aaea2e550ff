/**
 * The connections as they are (P-80, P-98). In: libp2p's events, who may connect, who has room. Out: peers that have
 * identified themselves, as they come and go; and the end of what may not stay.
 */
import type { Connection, Libp2p, PeerId } from "@libp2p/interface";
import { quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Admission } from "./admission.ts";
import { peerIdOf, peerKeyOf } from "./peers.ts";
import type { Room } from "./room.ts";

export interface ConnectionsModules {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly room: Room;
  arrived(peer: PeerKey, id: PeerId): void;
  departed(peer: PeerKey): void;
}

export class Connections {
  readonly #modules: ConnectionsModules;
  readonly #identified = new Set<PeerKey>();
  /** Discovery looks at all connections at every change, and a key takes a microsecond. */
  readonly #keys = new WeakMap<PeerId, PeerKey | null>();

  constructor(modules: ConnectionsModules) {
    this.#modules = modules;
  }

  /** Peers that have identified themselves on an open connection: those that gossip and requests reach. */
  get identified(): ReadonlySet<PeerKey> {
    return this.#identified;
  }

  listen(): void {
    const { libp2p, room, arrived, departed } = this.#modules;
    libp2p.addEventListener("connection:open", ({ detail }) => {
      this.closeUnlessAllowed(detail);
      room.opened(detail);
    });
    libp2p.addEventListener("connection:close", ({ detail }) => {
      room.closed(detail);
      this.#closeSiblings(detail);
    });
    libp2p.addEventListener("peer:identify", ({ detail: { peerId, connection } }) => {
      room.identified(connection);
      const peer = peerKeyOf(peerId);
      if (peer === null || libp2p.getConnections(peerId).length === 0) return;
      this.#identified.add(peer);
      arrived(peer, peerId);
    });
    libp2p.addEventListener("peer:disconnect", ({ detail }) => {
      const peer = peerKeyOf(detail);
      if (peer === null) return;
      this.#identified.delete(peer);
      departed(peer);
    });
  }

  /** Peers with an open connection, identified or not, and whether this node dialled one. */
  links(): ReadonlyMap<PeerKey, { readonly isOwnDial: boolean }> {
    const links = new Map<PeerKey, { readonly isOwnDial: boolean }>();
    for (const { status, direction, remotePeer } of this.#modules.libp2p.getConnections()) {
      const peer = this.#keyOf(remotePeer);
      if (status !== "open" || peer === null) continue;
      links.set(peer, { isOwnDial: direction === "outbound" || links.get(peer)?.isOwnDial === true });
    }
    return links;
  }

  /** Closes what this node has dialled, unless the peer has dialled it, too. True when it did. */
  close(peer: PeerKey): boolean {
    const all = this.#modules.libp2p.getConnections(peerIdOf(peer));
    if (all.some(({ direction }) => direction === "inbound")) return false;
    for (const connection of all) void connection.close().catch(() => {});
    return all.length > 0;
  }

  /** After admission or a ban has changed. */
  recheck(peer?: PeerKey): void {
    const { libp2p } = this.#modules;
    for (const connection of libp2p.getConnections(peer === undefined ? undefined : peerIdOf(peer))) {
      this.closeUnlessAllowed(connection);
    }
  }

  closeUnlessAllowed(connection: Connection): void {
    const peer = peerKeyOf(connection.remotePeer);
    if (peer !== null && this.#modules.admission.mayConnect(peer)) return;
    connection.abort(quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason: "not admitted (P-80)" }));
  }

  #keyOf(id: PeerId): PeerKey | null {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const key = peerKeyOf(id);
    this.#keys.set(id, key);
    return key;
  }

  /**
   * Two peers that dial each other at once share two connections, and gossip runs on one. When that closes, gossipsub
   * would stay mute on the other; closing both makes the peers dial anew. One that has yet to identify itself will be
   * given streams of its own.
   */
  #closeSiblings(closed: Connection): void {
    const { libp2p, room } = this.#modules;
    for (const connection of libp2p.getConnections(closed.remotePeer)) {
      if (connection.id === closed.id || !room.isIdentified(connection)) continue;
      void connection.close().catch(() => {});
    }
  }
}
