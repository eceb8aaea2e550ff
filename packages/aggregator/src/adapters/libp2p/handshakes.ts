/**
 * Connections that have not yet proved who they are: strangers', for all that is known (P-98). In: raw connections as they
 * come and end. Out: which are let in, and none of them for long or with many bytes. Who may connect once that is proved is
 * not its job.
 */
import type { MultiaddrConnection } from "@libp2p/interface";
import { quorateError } from "@quorate/common";
import { hostOf } from "./addresses.ts";
import * as limits from "./limits.ts";
import { RateLimit, TokenBucket } from "./rateLimit.ts";

export interface HandshakesModules {
  now(): number;
  /** A host of a configured address, or where a node says it is. */
  isKnownHost(host: string): boolean;
}

interface Pending {
  readonly host: string;
  readonly known: boolean;
}

export class Handshakes {
  readonly #modules: HandshakesModules;
  /** In the order in which they came. */
  readonly #pending = new Map<MultiaddrConnection, Pending>();
  readonly #knownHosts = new RateLimit(limits.KNOWN_HOST_BURST, limits.KNOWN_HOST_PER_SECOND, limits.HOSTS_MAX);
  readonly #strangers = new RateLimit(limits.STRANGER_HOST_BURST, limits.STRANGER_HOST_PER_SECOND, limits.HOSTS_MAX);
  readonly #allStrangers: TokenBucket;
  /** Hosts where an admitted peer was met, newest last. */
  readonly #met = new Set<string>();

  constructor(modules: HandshakesModules) {
    this.#modules = modules;
    this.#allStrangers = new TokenBucket(limits.STRANGERS_BURST, limits.STRANGERS_PER_SECOND, modules.now());
  }

  /** Whether an inbound connection is let in. It takes the place of the oldest one where there is no other. */
  admit(connection: MultiaddrConnection): boolean {
    const host = hostOf(connection.remoteAddr) ?? "";
    const known = this.#met.has(host) || this.#modules.isKnownHost(host);
    if (!this.#inTime(host, known)) return false;
    const perHost = known ? limits.PENDING_PER_KNOWN_HOST : limits.PENDING_PER_STRANGER_HOST;
    this.#makeRoom(perHost, (pending) => pending.host === host);
    this.#makeRoom(known ? limits.PENDING_KNOWN : limits.PENDING_STRANGERS, (pending) => pending.known === known);
    this.#pending.set(connection, { host, known });
    connection.addEventListener("close", () => this.#pending.delete(connection));
    this.bound(connection);
    return true;
  }

  /** What a connection may send, in either direction of dialling, until it is upgraded. */
  bound(connection: MultiaddrConnection): void {
    let bytes = 0;
    // A listener of ours would take the bytes away from whoever reads next, so the entry itself is what counts.
    const entry = connection as unknown as { onData(data: { readonly byteLength: number }): void };
    const onData = entry.onData.bind(connection);
    entry.onData = (data) => {
      bytes += data.byteLength;
      if (bytes <= limits.HANDSHAKE_MAX_BYTES) onData(data);
      else connection.abort(quorateError("NETWORK_HANDSHAKE_ENDED", { bytes, maxBytes: limits.HANDSHAKE_MAX_BYTES }));
    };
  }

  /** The connection is an admitted peer's: from here on other bounds hold. */
  finished(connection: MultiaddrConnection): void {
    this.#pending.delete(connection);
    const host = hostOf(connection.remoteAddr) ?? "";
    this.#met.delete(host);
    this.#met.add(host);
    const [oldest] = this.#met;
    if (oldest !== undefined && this.#met.size > limits.HOSTS_MAX) this.#met.delete(oldest);
    // The method of its class comes back.
    delete (connection as unknown as { onData?: unknown }).onData;
  }

  #inTime(host: string, known: boolean): boolean {
    const nowMs = this.#modules.now();
    if (known) return this.#knownHosts.take(host, nowMs);
    return this.#strangers.take(host, nowMs) && this.#allStrangers.take(nowMs);
  }

  #makeRoom(max: number, counts: (pending: Pending) => boolean): void {
    const counted = [...this.#pending].filter(([, pending]) => counts(pending));
    for (const [connection] of counted.slice(0, Math.max(0, counted.length + 1 - max))) {
      this.#pending.delete(connection);
      connection.abort(quorateError("NETWORK_HANDSHAKE_ENDED", { reason: "the oldest made room" }));
    }
  }
}
