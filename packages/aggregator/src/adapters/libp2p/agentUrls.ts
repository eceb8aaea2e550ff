/**
 * The URL of an agent's HTTP interface in its peer record (P-138), as a multiaddr that no peer dials. In: a URL, or a
 * record's addresses. Out: the multiaddr, or the URL that it claims. Whether the node answers there is not its job.
 */
import { isIP } from "node:net";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { agentUrlSchema, plainAgentUrl } from "@quorate/common/http";
import { type AddressPolicy, rangeOf } from "./addresses.ts";

/** @param url as `agentUrlSchema` has it */
export function agentUrlAddress(url: string): Multiaddr {
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const kind = { 0: "dns", 4: "ip4", 6: "ip6" }[isIP(host)];
  const [scheme, usual] = protocol === "https:" ? ["tls/http", "443"] : ["http", "80"];
  const path = pathname === "/" ? "" : `/http-path/${encodeURIComponent(pathname.slice(1))}`;
  return multiaddr(`/${kind}/${host}/tcp/${port === "" ? usual : port}/${scheme}${path}`);
}

/** The first URL among a record's addresses, if everyone may be told of it; else null. */
export function agentUrlOf(addresses: readonly Multiaddr[], policy: AddressPolicy): string | null {
  for (const address of addresses) {
    const url = urlOf(address);
    if (url !== null) return policy.privateAddresses || isPublicHost(new URL(url).hostname) ? url : null;
  }
  return null;
}

const WRITTEN = /^\/(ip4|ip6|dns[46]?)\/([^/]+)\/tcp\/(\d+)\/(http|https|tls\/http)(?:\/http-path\/([^/]+))?$/;

function urlOf(address: Multiaddr): string | null {
  const [, kind, host, port, scheme, path = ""] = WRITTEN.exec(address.toString()) ?? [];
  if (host === undefined) return null;
  const place = kind === "ip6" ? `[${host}]` : host;
  const text = `${scheme === "http" ? "http" : "https"}://${place}:${port}/${decoded(path)}`;
  const parsed = agentUrlSchema.safeParse(plainAgentUrl(text));
  return parsed.success ? parsed.data : null;
}

/** A name may hold anything, what looks like a path after it included. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "?";
  }
}

/** Names that resolve only at home, and addresses of no public network, are for nobody else's browser. */
function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  if (isIP(host) !== 0) return rangeOf(host) === "public";
  return host.includes(".") && !/(^|\.)(localhost|local|internal|home\.arpa)$/.test(host);
}
