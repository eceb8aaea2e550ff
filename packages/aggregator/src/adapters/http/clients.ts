/**
 * Who a client is: its address, as far as it can be believed. Enters: sockets' addresses and, from proxies the
 * operator trusts, what they say in X-Forwarded-For. Leaves: a key, the same for all that one client can choose
 * among. Not its job: bounds.
 */
import { BlockList, isIP, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";

/** One client: an IPv4 address, or the first four groups of an IPv6 one, because one customer owns a whole /64. */
export function clientKey(address: string): string {
  const [plain = ""] = address.split("%");
  if (!plain.includes(":")) return plain;
  const groups = groupsOf(plain);
  const mapped = groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff";
  if (!mapped) return groups.slice(0, 4).join(":");
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Eight groups of hex digits in lower case, without leading zeros. */
function groupsOf(address: string): string[] {
  const [left = "", right] = address.toLowerCase().split("::");
  const head = hexGroups(left);
  const tail = hexGroups(right ?? "");
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array<string>(zeros).fill("0"), ...tail];
}

/** An IPv4 tail, as in ::ffff:192.0.2.1, becomes two groups. */
function hexGroups(part: string): string[] {
  return part
    .split(":")
    .filter((group) => group !== "")
    .flatMap((group) => {
      const bytes = group.split(".").map(Number);
      if (bytes.length !== 4) return [group.replace(/^0+(?=.)/, "")];
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
    });
}

/** Proxies whose word counts for who their client is. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param entries IP addresses, and networks such as `10.0.0.0/8` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = "", bits] = entry.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string | undefined): boolean {
    if (address === undefined || isIP(address) === 0) return false;
    return this.#list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }
}

/**
 * The client of a request. `request.ip` is the socket's peer, or the first address in X-Forwarded-For, from the
 * right, that is no trusted proxy's. What is no address there counts as the proxy itself: a client must not be able
 * to choose its key.
 */
export function clientOf(request: FastifyRequest): string {
  const named = withoutPort(request.ip);
  return clientKey(isIP(named) === 0 ? (request.socket.remoteAddress ?? "") : named);
}

/** Some proxies name their clients as 192.0.2.1:5000 or [2001:db8::1]:5000. */
function withoutPort(address: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
}
