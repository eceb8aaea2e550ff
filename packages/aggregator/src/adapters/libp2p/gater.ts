/**
 * The gates that every connection passes, in libp2p's order: before the handshake, when it has proved who is there, and
 * when the connection is ready. In: who may connect, and the bounds of handshakes. Out: libp2p's connection gater.
 */
import type { ConnectionGater, MultiaddrConnection, PeerId } from "@libp2p/interface";
import type { PeerKey } from "../../core/io.ts";
import type { Admission } from "./admission.ts";
import type { Handshakes } from "./handshakes.ts";
import { HOSTS_MAX, PEER_CONNECTIONS_BURST, PEER_CONNECTIONS_PER_SECOND } from "./limits.ts";
import { peerKeyOf } from "./peers.ts";
import { RateLimit } from "./rateLimit.ts";

/** @param isFull whether there is no room for another connection of this peer */
export function connectionGater(
  admission: Admission,
  handshakes: Handshakes,
  now: () => number,
  isFull: (peer: PeerKey) => boolean,
): ConnectionGater {
  const inbound = new RateLimit(PEER_CONNECTIONS_BURST, PEER_CONNECTIONS_PER_SECOND, HOSTS_MAX);
  const deny = (peer: PeerId): boolean => {
    const key = peerKeyOf(peer);
    return key === null || !admission.mayConnect(key);
  };
  /** The last check: whether the peer may connect can have changed during the handshake. */
  const denyUpgraded = (peer: PeerId, connection: MultiaddrConnection): boolean => {
    if (deny(peer)) return true;
    handshakes.finished(connection);
    return false;
  };
  return {
    denyDialPeer: deny,
    denyInboundConnection: (connection) => !handshakes.admit(connection),
    denyOutboundConnection: (_peer, connection) => {
      handshakes.bound(connection);
      return false;
    },
    denyInboundEncryptedConnection: (peer) => {
      const key = peerKeyOf(peer);
      return key === null || deny(peer) || isFull(key) || !inbound.take(peer.toString(), now());
    },
    denyOutboundEncryptedConnection: deny,
    denyInboundUpgradedConnection: denyUpgraded,
    denyOutboundUpgradedConnection: denyUpgraded,
  };
}
