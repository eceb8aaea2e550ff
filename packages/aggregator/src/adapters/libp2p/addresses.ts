/**
 * Network addresses as an operator or a peer writes them. In: texts and multiaddrs. Out: multiaddrs that can be
 * dialled, or a coded error that names the bad one, and the host that an address belongs to.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { CODE_P2P, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { groupsOfIp6, LOCAL_IP4_NETWORKS, quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import { parsePeerKey, peerIdOf } from "./peers.ts";

/**
 * Which addresses of peer records are dialled, beyond public ones (P-120). Addresses that an operator configures always
 * are.
 */
export interface AddressPolicy {
  /** Loopback, link-local and private ranges. */
  readonly privateAddresses: boolean;
  /** Names, which the operating system resolves. */
  readonly names: boolean;
}

const ANY_ADDRESS: AddressPolicy = { privateAddresses: true, names: true };

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
 * Addresses to tell others: each must be one that somebody can dial.
 * @throws NETWORK_ADDRESS_INVALID, NETWORK_ADDRESS_UNDIALABLE
 */
export function parseAnnounced(texts: readonly string[]): Multiaddr[] {
  return parseAddresses(texts).map(dialable);
}

/**
 * Bootstrap addresses by the peer each ends with, in the order given. A peer may have several.
 * @throws NETWORK_ADDRESS_INVALID without /p2p/ at the end; NETWORK_PEER_ID_INVALID when that is no Ed25519 peer;
 * NETWORK_ADDRESS_UNDIALABLE when no transport of the agent takes it.
 */
export function parseBootstrap(texts: readonly string[]): Map<PeerKey, Multiaddr[]> {
  const peers = new Map<PeerKey, Multiaddr[]>();
  for (const address of parseAddresses(texts)) {
    const last = address.getComponents().at(-1);
    if (last?.name !== "p2p" || last.value === undefined) {
      throw quorateError("NETWORK_ADDRESS_INVALID", { address: address.toString(), missing: "/p2p/<peer id>" });
    }
    const peer = parsePeerKey(last.value);
    peers.set(peer, [...(peers.get(peer) ?? []), dialable(address)]);
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

/** The address without the peer at its end: the place itself, whoever claims it. */
export function placeOf(address: Multiaddr): string {
  return address.decapsulateCode(CODE_P2P).toString();
}

function dialable(address: Multiaddr): Multiaddr {
  const fault = addressFault(address, ANY_ADDRESS, null);
  if (fault !== null) throw quorateError("NETWORK_ADDRESS_UNDIALABLE", { address: address.toString(), reason: fault });
  return address;
}

/**
 * Why an address is not dialled, or null. An address is an IP or a name, a TCP port, and at most the peer itself
 * (P-120): anything more would let one record make others dial on behalf of a third. `/dnsaddr` would fan out into
 * many.
 * @param peer whose address it says it is; null where any may stand at the end
 */
export function addressFault(address: Multiaddr, policy: AddressPolicy, peer: PeerKey | null): string | null {
  const [host, port, end, ...more] = address.getComponents();
  const kind = host?.name ?? "";
  if (!["ip4", "ip6", "dns", "dns4", "dns6"].includes(kind) || port?.name !== "tcp")
    return "not an IP or name and a TCP port";
  if (more.length > 0 || (end !== undefined && end.name !== "p2p"))
    return "more than an IP or name, a TCP port and a peer";
  if (peer !== null && end !== undefined && end.value !== peerIdOf(peer).toString()) return "names another peer";
  if (Number(port.value) === 0) return "port 0";
  if (kind.startsWith("dns")) return policy.names ? null : "a name";
  const range = rangeOf(host?.value ?? "");
  if (range === "nobody") return "an address that belongs to no single host";
  return range === "private" && !policy.privateAddresses ? "a private address" : null;
}

/** True for an explicit loopback, link-local or private IP. */
export function isPrivateAddress(address: Multiaddr): boolean {
  const [host] = address.getComponents();
  return (host?.name === "ip4" || host?.name === "ip6") && rangeOf(host.value ?? "") === "private";
}

/**
 * To whom bounds per address apply: an IPv4 address, or the /64 of an IPv6 one, which is what one line or server is
 * given. Null for a name.
 */
export function hostOf(address: Multiaddr): string | null {
  const [host] = address.getComponents();
  const value = host?.value ?? "";
  if (isIPv4(value)) return value;
  if (!isIPv6(value)) return null;
  return groupsOfIp6(value).slice(0, 4).join(":");
}

const NOBODY = new BlockList();
NOBODY.addSubnet("0.0.0.0", 8, "ipv4");
NOBODY.addSubnet("224.0.0.0", 4, "ipv4");
NOBODY.addAddress("255.255.255.255", "ipv4");
NOBODY.addAddress("::", "ipv6");
NOBODY.addSubnet("ff00::", 8, "ipv6");

/** IANA's registries of special-purpose addresses. */
const PRIVATE_IP4 = new BlockList();
for (const [net, bits] of [
  ...LOCAL_IP4_NETWORKS,
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["240.0.0.0", 4],
] as const) {
  PRIVATE_IP4.addSubnet(net, bits, "ipv4");
}

const PUBLIC_IP6 = new BlockList();
PUBLIC_IP6.addSubnet("2000::", 3, "ipv6");

/** Within it: Teredo, documentation and 6to4, whose addresses hold an IPv4 address of anyone's choice. */
const SPECIAL_IP6 = new BlockList();
SPECIAL_IP6.addSubnet("2001::", 32, "ipv6");
SPECIAL_IP6.addSubnet("2001:db8::", 32, "ipv6");
SPECIAL_IP6.addSubnet("2002::", 16, "ipv6");

/** Of an IPv4 or IPv6 address, to whom it belongs. */
export function rangeOf(ip: string): "public" | "private" | "nobody" {
  if (isIPv4(ip)) {
    if (NOBODY.check(ip, "ipv4")) return "nobody";
    return PRIVATE_IP4.check(ip, "ipv4") ? "private" : "public";
  }
  if (!isIPv6(ip) || NOBODY.check(ip, "ipv6")) return "nobody";
  return PUBLIC_IP6.check(ip, "ipv6") && !SPECIAL_IP6.check(ip, "ipv6") ? "public" : "private";
}
