/**
 * How long things took, counted as Prometheus' histograms count. Enters: durations. Leaves: how many were at most as
 * long as each bound. It holds a number for each bound, however many durations there were.
 */
export interface DurationsView {
  /** Upper bounds in seconds, ascending. */
  readonly boundsSeconds: readonly number[];
  /** For each bound, how many took at most that long. */
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

export class Durations {
  readonly #boundsSeconds: readonly number[];
  readonly #atMost: number[];
  #count = 0;
  #sumSeconds = 0;

  /** @param boundsSeconds ascending */
  constructor(boundsSeconds: readonly number[]) {
    this.#boundsSeconds = boundsSeconds;
    this.#atMost = boundsSeconds.map(() => 0);
  }

  add(durationMs: number): void {
    const seconds = durationMs / 1_000;
    this.#count += 1;
    this.#sumSeconds += seconds;
    for (const [i, bound] of this.#boundsSeconds.entries()) {
      if (seconds <= bound) this.#atMost[i] = (this.#atMost[i] ?? 0) + 1;
    }
  }

  view(): DurationsView {
    return {
      boundsSeconds: this.#boundsSeconds,
      atMost: [...this.#atMost],
      count: this.#count,
      sumSeconds: this.#sumSeconds,
    };
  }
}
