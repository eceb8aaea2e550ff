/** Network addresses as an operator writes them. In: texts. Out: multiaddrs, or a coded error that names the bad one. */
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import { parsePeerKey, peerIdOf } from "./peers.ts";

/** @throws NETWORK_ADDRESS_INVALID */
export function parseAddresses(texts: readonly string[]): Multiaddr[] {
  return texts.map((text) => {
    try {
      return multiaddr(text);
    } catch (cause) {
      throw quorateError("NETWORK_ADDRESS_INVALID", { address: text }, { cause });
    }
  });
}

/**
 * Bootstrap addresses by the peer each ends with, in the order given. A peer may have several.
 * @throws NETWORK_ADDRESS_INVALID without /p2p/ at the end; NETWORK_PEER_ID_INVALID when that is no Ed25519 peer.
 */
export function parseBootstrap(texts: readonly string[]): Map<PeerKey, Multiaddr[]> {
  const peers = new Map<PeerKey, Multiaddr[]>();
  for (const address of parseAddresses(texts)) {
    const last = address.getComponents().at(-1);
    if (last?.name !== "p2p" || last.value === undefined) {
      throw quorateError("NETWORK_ADDRESS_INVALID", { address: address.toString(), missing: "/p2p/<peer id>" });
    }
    const peer = parsePeerKey(last.value);
    peers.set(peer, [...(peers.get(peer) ?? []), address]);
  }
  return peers;
}

/** Each address with the peer id at its end, so that whoever else answers there is refused by the handshake. */
export function withPeerId(addresses: readonly Multiaddr[], peer: PeerKey): Multiaddr[] {
  const suffix = `/p2p/${peerIdOf(peer)}`;
  return addresses.map((address) =>
    address.getComponents().at(-1)?.name === "p2p" ? address : address.encapsulate(suffix),
  );
}
