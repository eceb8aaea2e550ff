/**
 * What must be undone at the end, whatever happens. In: undo steps, in the order in which things were made. Out: all of
 * them run, the latest first, each once. Not its job: to decide when; `main.ts` and the tests do.
 */
export class Cleanup {
  #steps: (() => Promise<unknown> | unknown)[] = [];
  #running: Promise<void> | null = null;

  /** Adds a step; when the end has already begun, runs it at once, so that nothing made late is left behind. */
  add(step: () => Promise<unknown> | unknown): void {
    if (this.#running === null) this.#steps.push(step);
    else this.#running = this.#running.then(() => attempt(step));
  }

  /** Whether the end has begun: nothing should be started any more. */
  get begun(): boolean {
    return this.#running !== null;
  }

  /** Runs every step, even after one has failed. A second call waits for the first. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (const step of this.#steps.reverse()) await attempt(step);
  }
}

/** A step that fails must not keep the others from running: the process tree matters more than its error. */
async function attempt(step: () => Promise<unknown> | unknown): Promise<void> {
  try {
    await step();
  } catch (error) {
    console.error("cleanup:", error);
  }
}
