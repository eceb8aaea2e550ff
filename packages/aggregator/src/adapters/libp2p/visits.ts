/**
 * Connections that are made for one question and not kept (P-131). In: peers that are asked, and the time. Out: when
 * each may be dialled, or that its turn did not come in time; and which connections have served. They are counted
 * neither among the peers that this node wants nor among its mates, so that questions to many nodes do not change what
 * gossip runs over. The simulation's network uses it, too.
 */
import type { PeerKey } from "../../core/io.ts";
import * as limits from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

export interface VisitsModules {
  now(): number;
  after(delayMs: number, then: () => void): void;
}

interface Waiting {
  readonly peer: PeerKey;
  readonly untilMs: number;
  readonly told: (mayDial: boolean) => void;
}

export class Visits {
  readonly #modules: VisitsModules;
  readonly #rate: TokenBucket;
  readonly #dialling = new Set<PeerKey>();
  /** Of each connection that was made, when its peer was last asked something. */
  readonly #usedAtMs = new Map<PeerKey, number>();
  /** In the order in which they came; each waits as long as any other. */
  readonly #waiting: Waiting[] = [];
  #looksAgain = false;

  constructor(modules: VisitsModules) {
    this.#modules = modules;
    this.#rate = new TokenBucket(limits.VISITS_BURST, limits.VISITS_PER_SECOND, modules.now());
  }

  has(peer: PeerKey): boolean {
    return this.#dialling.has(peer) || this.#usedAtMs.has(peer);
  }

  /** Tells once, at once or later, whether the peer may be dialled; then `made` or `end` follows. */
  begin(peer: PeerKey, told: (mayDial: boolean) => void): void {
    if (this.has(peer)) return told(true);
    if (this.#waiting.length >= limits.VISITS_WAITING_MAX) return told(false);
    this.#waiting.push({ peer, untilMs: this.#modules.now() + limits.VISIT_WAIT_MS, told });
    this.#next();
  }

  /** The connection is there. */
  made(peer: PeerKey): void {
    if (!this.#dialling.delete(peer)) return;
    this.#usedAtMs.set(peer, this.#modules.now());
    this.#next();
  }

  /** The peer is asked something again. */
  used(peer: PeerKey): void {
    if (this.#usedAtMs.has(peer)) this.#usedAtMs.set(peer, this.#modules.now());
  }

  /** It is over, or was none. */
  end(peer: PeerKey): void {
    this.#usedAtMs.delete(peer);
    if (this.#dialling.delete(peer)) this.#next();
  }

  /** Those that have been idle for long enough to go, and those idle longest where there are too many. */
  idle(): PeerKey[] {
    const nowMs = this.#modules.now();
    const longestFirst = [...this.#usedAtMs].sort(([, a], [, b]) => a - b);
    const tooMany = longestFirst.length - limits.VISITS_KEPT;
    return longestFirst.flatMap(([peer, usedAtMs], i) => {
      const idleMs = nowMs - usedAtMs;
      return idleMs >= (i < tooMany ? limits.VISIT_ANSWER_MS : limits.VISIT_IDLE_MS) ? [peer] : [];
    });
  }

  stop(): void {
    for (const { told } of this.#waiting.splice(0)) told(false);
  }

  #next(): void {
    const nowMs = this.#modules.now();
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!this.has(first.peer) && nowMs < first.untilMs) {
        if (this.#dialling.size >= limits.VISITS_MAX || !this.#rate.take(nowMs)) break;
        this.#dialling.add(first.peer);
      }
      this.#waiting.shift();
      first.told(this.has(first.peer));
    }
    if (this.#looksAgain || this.#waiting.length === 0) return;
    this.#looksAgain = true;
    this.#modules.after(1_000 / limits.VISITS_PER_SECOND, () => {
      this.#looksAgain = false;
      this.#next();
    });
  }
}
