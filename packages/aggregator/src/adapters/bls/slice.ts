/**
 * How long work may hold the agent's own thread. Enters: work in steps of about a millisecond. Leaves: its result,
 * after everything else that waited had its turn now and then. Not its job: what the work is.
 */

/**
 * Milliseconds that work holds the thread before others have their turn: as long as the others had theirs, 4
 * at least and 40 at most. Giving way after each check of a millisecond, an agent with much to read, 0.5 s a turn, took
 * half a minute for a job of 60 claims, and everything waits for that: shares, verdicts, peers.
 */
const SLICE_MIN_MS = 4;
const SLICE_MAX_MS = 40;

export class Slice {
  #beganMs = performance.now();
  #lengthMs = SLICE_MIN_MS;

  /** Null when it was closed in between. */
  async run<T>(steps: Iterator<unknown, T>, isClosed: () => boolean): Promise<T | null> {
    while (!isClosed()) {
      const step = steps.next();
      if (step.done) return step.value;
      await this.turn();
    }
    return null;
  }

  /** Before another step: others have their turn first, where this slice is over. */
  async turn(): Promise<void> {
    if (performance.now() - this.#beganMs >= this.#lengthMs) await this.#giveWay();
  }

  async #giveWay(): Promise<void> {
    const leftMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    this.#beganMs = performance.now();
    this.#lengthMs = Math.min(SLICE_MAX_MS, Math.max(SLICE_MIN_MS, this.#beganMs - leftMs));
  }
}
