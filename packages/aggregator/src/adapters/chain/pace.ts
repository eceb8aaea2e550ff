/**
 * How many blocks one provider is asked about at once. Enters: which sizes worked and which did not. Leaves: the next
 * size. It halves on any failure and grows again; the smallest size that was refused is remembered for a while, so
 * that the bound of a provider is found once and not at every chunk.
 */
import { REFUSED_SIZE_MS } from "./limits.ts";

export class Pace {
  readonly #max: number;
  readonly #nowMs: () => number;
  #size: number;
  #refused: { readonly size: number; readonly untilMs: number } | null = null;

  /** @param nowMs monotonic */
  constructor(max: number, nowMs: () => number = () => performance.now()) {
    this.#max = max;
    this.#size = max;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#size;
  }

  worked(size: number): void {
    if (size < this.#size) return;
    const refused = this.#refused !== null && this.#refused.untilMs > this.#nowMs() ? this.#refused.size : null;
    // Below a size that was refused the bound lies in the middle at best.
    const next = refused === null ? size * 2 : size + Math.max(0, Math.ceil((refused - 1 - size) / 2));
    this.#size = Math.min(this.#max, next);
  }

  /** @param isBound the provider said that it was too much, and was not merely away */
  failed(size: number, isBound: boolean): void {
    if (isBound && size > 1) this.#refused = { size, untilMs: this.#nowMs() + REFUSED_SIZE_MS };
    this.#size = Math.max(1, Math.floor(Math.min(size, this.#size) / 2));
  }
}
