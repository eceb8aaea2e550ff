/**
 * Which hosts are local: they mean something on the machine, or in the network, that names them, and nowhere else.
 * Enters: a host as `URL` or a Host header has it, without port. Leaves: whether it is one. Not its job: which
 * addresses a peer may have; the agent's network adapter has all of IANA's registries for that.
 */

/** First address and length of the prefix: this host, private use, shared (carriers), loopback, link-local. */
export const LOCAL_IP4_NETWORKS: readonly (readonly [first: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
];

/** localhost and names below it, addresses of this machine and of private networks; IPv6 in brackets or without. */
export function isLocalHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return isLocalIp4(name);
  if (name.includes(":")) return URL.canParse(`http://[${name}]`) && isLocalIp6(groupsOfIp6(name));
  return /(?:^|\.)localhost$/.test(name);
}

/** The eight groups of a valid IPv6 address, in lower case and without leading zeros. */
export function groupsOfIp6(ip6: string): string[] {
  // URL writes it in the one canonical form, whatever form it comes in.
  const [head = "", tail] = new URL(`http://[${ip6}]`).hostname.slice(1, -1).split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
}

function isLocalIp4(ip4: string): boolean {
  return LOCAL_IP4_NETWORKS.some(([first, bits]) => prefixOf(ip4, bits) === prefixOf(first, bits));
}

function prefixOf(ip4: string, bits: number): number {
  return ip4.split(".").reduce((value, part) => value * 256 + Number(part), 0) >>> (32 - bits);
}

function isLocalIp6(groups: readonly string[]): boolean {
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  const [first = 0, , , , , sixth = 0, seventh = 0, last = 0] = numbers;
  const isZero = (count: number): boolean => numbers.slice(0, count).every((group) => group === 0);
  // An IPv4 address within it (RFC 4291, 2.5.5.2).
  if (isZero(5) && sixth === 0xffff) {
    return isLocalIp4([seventh >> 8, seventh & 255, last >> 8, last & 255].join("."));
  }
  if (isZero(7)) return last <= 1;
  // Unique local (RFC 4193), then link-local with what was site-local (RFC 3879).
  return (first & 0xfe00) === 0xfc00 || (first & 0xff80) === 0xfe80;
}
