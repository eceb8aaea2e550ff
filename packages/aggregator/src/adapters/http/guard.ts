/**
 * Which names this agent is asked by, and which pages may ask it and read what it answers (P-127, P-139). Enters: a
 * request's headers. Leaves: nothing, a coded error, or the headers by which a browser lets a page read. Not its job:
 * who the client is.
 *
 * A page whose own name is made to resolve to this agent's address (DNS rebinding) is of the agent's origin to the
 * browser; the Host it sends is still its own name.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { isLocalHost, quorateError } from "@quorate/common";
import { PREFLIGHT_FRESH_MS } from "./limits.ts";

/**
 * The entry of http.allowedHosts that allows every name, for a proxy that checks them itself, and of allowedOrigins.
 */
const EVERY_ONE = "*";

type Headers = Readonly<Record<string, string>>;

export class Guard {
  readonly #names: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string> | null;

  /**
   * @param names hosts without ports, beside IP addresses and localhost
   * @param origins whose pages may ask; undefined: any, or local ones where it is asked by a local name
   */
  constructor(names: readonly string[], origins?: readonly string[] | undefined) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#origins = origins === undefined ? null : new Set(origins);
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
    const site = headers["sec-fetch-site"];
    const isPage = headers.origin !== undefined || site === "cross-site" || site === "same-site";
    // A page whose browser tells only that it is of elsewhere is of an origin that nobody can have named.
    const origin = headers.origin ?? "null";
    if (isPage && this.#allows(origin, host) === null) {
      throw quorateError("ORIGIN_NOT_ALLOWED", { origin: (headers.origin ?? String(site)).slice(0, 100), host });
    }
  }

  /** What lets the page that asked read the answer, 429 and other refusals included; none for a page that may not. */
  readers({ headers: { origin, host } }: IncomingMessage): Headers {
    const allowed = origin === undefined ? null : this.#allows(origin, host);
    if (allowed === null) return { vary: "origin" };
    const forPage = { "access-control-allow-origin": allowed, "access-control-expose-headers": "retry-after" };
    return { vary: "origin", ...forPage };
  }

  /** The answer to a browser that asks on a page's behalf whether it may send what is not plain reading. */
  askers({ headers }: IncomingMessage, methods: readonly string[]): Headers {
    const { origin, host } = headers;
    if (origin === undefined || this.#allows(origin, host) === null) return {};
    return {
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": "accept, content-type, last-event-id",
      "access-control-max-age": String(PREFLIGHT_FRESH_MS / 1_000),
    };
  }

  /** The local name by which the agent is asked, without port; null for any other. */
  localName({ headers: { host } }: IncomingMessage): string | null {
    const name = hostnameOf(host ?? "");
    return name !== null && isLocalHost(name) ? name : null;
  }

  /** An IP address is nobody's to rebind: whoever has a page there has the agent's own address. */
  #isOwnName(name: string | null): boolean {
    if (name === null) return false;
    return name === "localhost" || isIP(name) !== 0 || this.#names.has(name) || this.#names.has(EVERY_ONE);
  }

  /** As a browser is told: the origin, `*` for any, or null. */
  #allows(origin: string, host: string | undefined): string | null {
    if (this.#isOwnOrigin(origin, host)) return origin;
    const named = this.#origins;
    if (named !== null) return named.has(EVERY_ONE) ? EVERY_ONE : named.has(origin) ? origin : null;
    const asked = hostnameOf(host ?? "");
    if (asked !== null && !isLocalHost(asked)) return EVERY_ONE;
    const page = URL.canParse(origin) ? hostnameOf(new URL(origin).host) : null;
    return page !== null && isLocalHost(page) ? origin : null;
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
