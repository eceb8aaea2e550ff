/**
 * Work in chunks, one a turn of the event loop, in the order given. Enters: jobs as generators. Leaves: their effects,
 * a failure once. Not its job: what a chunk does.
 */

/** Does one chunk at each step; nothing of it may be left open between two. */
export type Chunks = Generator<void, void, void>;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class Turns {
  #jobs: (() => Chunks)[] = [];
  #running: Chunks | null = null;
  #planned: NodeJS.Immediate | null = null;
  #failure: unknown = null;
  #waiters: Waiter[] = [];

  /**
   * Begins at a later turn, when all jobs before it are done. @throws the failure of an earlier job: nothing is done
   * after one
   */
  add(job: () => Chunks): void {
    if (this.#failure !== null) throw this.#failure;
    this.#jobs.push(job);
    this.#plan();
  }

  /** Resolves when nothing is left to do, or when stopped; rejects with the failure of a job. */
  done(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Leaves the rest undone. */
  stop(): void {
    if (this.#planned !== null) clearImmediate(this.#planned);
    this.#planned = null;
    this.#running = null;
    this.#jobs = [];
    this.#settle((waiter) => waiter.resolve());
  }

  #plan(): void {
    this.#planned ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#planned = null;
    try {
      this.#running ??= this.#jobs.shift()?.() ?? null;
      if (this.#running?.next().done === true) this.#running = null;
    } catch (error) {
      this.#failure = error;
      this.#settle((waiter) => waiter.reject(error));
      return this.stop();
    }
    if (this.#isIdle()) this.#settle((waiter) => waiter.resolve());
    else this.#plan();
  }

  #isIdle(): boolean {
    return this.#running === null && this.#jobs.length === 0;
  }

  #settle(tell: (waiter: Waiter) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) tell(waiter);
  }
}
