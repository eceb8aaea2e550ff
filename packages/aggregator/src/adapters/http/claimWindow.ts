/**
 * How many claims of this agent's clients may collect shares at once (P-125). Enters: claims as they begin and end.
 * Leaves: whether there is room for one more. Not its job: whose turn it is.
 *
 * Claims that collect side by side share the network's processors. With too many all of them pass their deadline, and
 * nobody is paid; with fewer at once as many stakers wait, and each is served in turn. Nobody knows beforehand how many
 * the network can carry, so the window grows by one with each claim that was quick and halves when one was slow, as
 * TCP's does (RFC 5681).
 */
import type { ClaimView } from "@quorate/common";
import { CLAIMS_AT_ONCE_FIRST, CLAIMS_AT_ONCE_MAX, CLAIMS_AT_ONCE_MIN } from "./limits.ts";

/** A claim was quick when it took less than this part of its time, and slow when it took more than twice that. */
const QUICK_PART = 1 / 5;

/** What a new claim's time counts in the mean. */
const NEWEST_PART = 1 / 4;

export interface ClaimWindowOptions {
  /** Calls back, never at once, when the claim has changed, until unsubscribed. */
  readonly watch: (claim: ClaimView, onChange: (claim: ClaimView) => void) => () => void;
  /** Whether the nodes that could sign now have what moves money. Else claims fail however few there are. */
  readonly reachSuffices: () => boolean;
  readonly onRoom: () => void;
}

export class ClaimWindow {
  readonly #options: ClaimWindowOptions;
  readonly #unwatch = new Map<object, () => void>();
  #size = CLAIMS_AT_ONCE_FIRST;
  /** Claims that began before the window was halved last say nothing about what it is now: `begun` counts them. */
  #begun = 0;
  #halvedAt = 0;
  /** Milliseconds that claims took lately; null before the first. */
  #meanMs: number | null = null;

  constructor(options: ClaimWindowOptions) {
    this.#options = options;
  }

  /** Whether so many more may begin. */
  hasRoomFor(more: number): boolean {
    return this.#unwatch.size + more <= this.#size;
  }

  /** Milliseconds between two claims that end, while there is no room; 0 while there is. */
  get paceMs(): number {
    return this.hasRoomFor(1) ? 0 : (this.#meanMs ?? 0) / this.#size;
  }

  get size(): number {
    return this.#size;
  }

  /** A claim collects from now on; one that has ended already takes no room. */
  begin(claim: ClaimView): void {
    if (claim.status !== "collecting") return;
    const [key, number] = [{}, ++this.#begun];
    const leave = (): void => {
      this.#unwatch.get(key)?.();
      if (this.#unwatch.delete(key)) this.#options.onRoom();
    };
    const unwatch = this.#options.watch(claim, (changed) => {
      if (changed.status === "collecting" || !this.#unwatch.has(key)) return;
      this.#learn(changed, number);
      leave();
    });
    // The core forgets claims where it has too many, and tells nobody.
    const forget = setTimeout(leave, 2 * timeOf(claim)).unref();
    this.#unwatch.set(key, () => {
      clearTimeout(forget);
      unwatch();
    });
  }

  close(): void {
    for (const unwatch of this.#unwatch.values()) unwatch();
    this.#unwatch.clear();
  }

  #learn(claim: ClaimView, number: number): void {
    const tookMs = claim.quorumAfterMs ?? timeOf(claim);
    this.#meanMs = this.#meanMs === null ? tookMs : this.#meanMs + (tookMs - this.#meanMs) * NEWEST_PART;
    const part = tookMs / timeOf(claim);
    if (part < QUICK_PART) this.#size = Math.min(CLAIMS_AT_ONCE_MAX, this.#size + 1);
    if (part <= 2 * QUICK_PART || number <= this.#halvedAt || !this.#options.reachSuffices()) return;
    this.#size = Math.max(CLAIMS_AT_ONCE_MIN, Math.floor(this.#size / 2));
    this.#halvedAt = this.#begun;
  }
}

/** Milliseconds from the request to the deadline. */
function timeOf({ startedAtMs, deadlineMs }: ClaimView): number {
  return deadlineMs - startedAtMs;
}
