/**
 * When a peer may be dialled again. In: what became of each attempt, and the time. Out: yes or no. Waits double from failure to failure,
 * with a jitter that comes from a hash, so that runs repeat and nodes do not dial in step.
 */
import { createHash } from "node:crypto";
import type { PeerKey } from "../../core/io.ts";
import { DIAL_BACKOFF_FIRST_MS } from "./limits.ts";

export class DialBackoff {
  readonly #self: PeerKey;
  readonly #entries = new Map<PeerKey, { failures: number; notBeforeMs: number }>();

  constructor(self: PeerKey) {
    this.#self = self;
  }

  ready(peer: PeerKey, nowMs: number): boolean {
    return nowMs >= (this.#entries.get(peer)?.notBeforeMs ?? 0);
  }

  failed(peer: PeerKey, nowMs: number, maxMs: number): void {
    const failures = (this.#entries.get(peer)?.failures ?? 0) + 1;
    // Beyond 2^20 the cap holds anyway.
    const waitMs = Math.min(maxMs, DIAL_BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20));
    // Between 75% and 125%.
    const jitter = 0.75 + hashFraction(this.#self, peer, String(failures)) / 2;
    this.#entries.set(peer, { failures, notBeforeMs: nowMs + waitMs * jitter });
  }

  succeeded(peer: PeerKey): void {
    this.#entries.delete(peer);
  }

  /** Bounded by the peers that may be dialled. */
  retain(keep: (peer: PeerKey) => boolean): void {
    for (const peer of this.#entries.keys()) if (!keep(peer)) this.#entries.delete(peer);
  }
}

/** A fraction in [0, 1) that follows from `parts` alone. */
export function hashFraction(...parts: readonly string[]): number {
  return createHash("sha256").update(parts.join("\n")).digest().readUInt32BE(0) / 2 ** 32;
}
