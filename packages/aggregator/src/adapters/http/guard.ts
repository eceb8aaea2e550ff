/**
 * Which names this agent is asked by, and which pages may ask it to do something (P-127). Enters: a request's
 * headers. Leaves: nothing, or a coded error. Not its job: who the client is.
 *
 * A page whose own name is made to resolve to this agent's address (DNS rebinding) is of the agent's origin to the
 * browser; the Host it sends is still its own name.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { quorateError } from "@quorate/common";

/** The entry of http.allowedHosts that allows every name: for a proxy that checks them itself. */
const EVERY_NAME = "*";

export class Guard {
  readonly #names: ReadonlySet<string>;

  /** @param names hosts without ports, in lower case, beside IP addresses and localhost */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /** @throws HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED */
  check({ method, headers, headersDistinct }: IncomingMessage): void {
    const hosts = headersDistinct["host"] ?? [];
    const [host] = hosts;
    // Load balancers' probes may come without one (HTTP/1.0); a browser never does.
    if (hosts.length > 1 || (host !== undefined && host !== "" && !this.#isOwnName(hostnameOf(host)))) {
      throw quorateError("HOST_NOT_ALLOWED", { host: hosts.join(", ").slice(0, 100) });
    }
    if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
    const origin = headers.origin;
    const site = headers["sec-fetch-site"];
    const isForeign =
      origin !== undefined ? !this.#isOwnOrigin(origin, host) : site === "cross-site" || site === "same-site";
    if (isForeign) throw quorateError("ORIGIN_NOT_ALLOWED", { origin: (origin ?? String(site)).slice(0, 100), host });
  }

  /** An IP address is nobody's to rebind: whoever has a page there has the agent's own address. */
  #isOwnName(name: string | null): boolean {
    if (name === null) return false;
    return name === "localhost" || isIP(name) !== 0 || this.#names.has(name) || this.#names.has(EVERY_NAME);
  }

  #isOwnOrigin(origin: string, host: string | undefined): boolean {
    if (!URL.canParse(origin)) return false;
    const { host: named, hostname, protocol } = new URL(origin);
    if (this.#names.has(hostname)) return true;
    return host !== undefined && URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === named;
  }
}

/** Without port, brackets and a final dot, in lower case; null for what is no host. */
function hostnameOf(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+?)\.?)(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}
