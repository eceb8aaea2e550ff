/**
 * A page that costs much to make, made at most once a second for everyone who asks. Enters: what makes it. Leaves:
 * its content, the same for all who ask while it is being made or is fresh.
 */
import { PAGE_FRESH_MS } from "./limits.ts";

export class Page<T> {
  readonly #make: () => Promise<T>;
  readonly #nowMs: () => number;
  #content: Promise<T> | null = null;
  /** Null while it is being made. */
  #madeAtMs: number | null = null;

  /** @param nowMs milliseconds, never going back */
  constructor(make: () => Promise<T>, nowMs: () => number = () => performance.now()) {
    this.#make = make;
    this.#nowMs = nowMs;
  }

  /** Rejects like its maker; only those who were waiting are told of a failure. */
  get(): Promise<T> {
    const isFresh = this.#madeAtMs === null || this.#nowMs() - this.#madeAtMs < PAGE_FRESH_MS;
    if (this.#content !== null && isFresh) return this.#content;
    const content = this.#make();
    this.#content = content;
    this.#madeAtMs = null;
    content.then(
      () => {
        this.#madeAtMs = this.#nowMs();
      },
      () => {
        this.#content = null;
      },
    );
    return content;
  }
}
