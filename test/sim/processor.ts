/**
 * One core of an agent's machine: jobs run one after the other, in the order in which they came, and each takes its
 * time.
 */
import type { Scheduler } from "./scheduler.ts";

/** A job, once it starts, says what it costs; `done` is its end. */
export type Job = () => { readonly costMs: number; readonly done: () => void };

export class Processor {
  readonly #scheduler: Scheduler;
  #queue: Job[] = [];
  #first = 0;
  #busy = false;
  /** When the core has done all it was given so far. */
  #freeAtMs = 0;
  #life = 0;
  /** All that was ever charged. */
  busyMs = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  run(job: Job): void {
    this.#queue.push(job);
    if (!this.#busy) this.#begin();
  }

  /** Time for work that has no end of its own: the next job starts so much later. */
  charge(costMs: number): void {
    this.busyMs += costMs;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#scheduler.nowMs) + costMs;
  }

  /** The machine dies: nothing that waits or runs ever ends. */
  clear(): void {
    this.#life += 1;
    this.#queue = [];
    this.#first = 0;
    this.#busy = false;
    this.#freeAtMs = 0;
  }

  #begin(): void {
    const job = this.#queue[this.#first];
    if (job === undefined) {
      this.#queue = [];
      this.#first = 0;
      return;
    }
    this.#first += 1;
    this.#busy = true;
    const life = this.#life;
    const { costMs, done } = job();
    this.charge(costMs);
    this.#scheduler.at(this.#freeAtMs, () => {
      if (life !== this.#life) return;
      done();
      if (life !== this.#life) return;
      this.#busy = false;
      this.#begin();
    });
  }
}
