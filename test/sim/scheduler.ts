/**
 * Virtual time: events by moment, and among equal moments in the order in which they were planned. Nothing here knows
 * the wall clock.
 */

/** Room at the start; it doubles when it is full. */
const ROOM = 1_024;

export class Scheduler {
  /**
   * A binary heap: a parent is never later than its children. Moments and places stand in arrays of their own, because
   * a run has tens of millions of events, and following a pointer to each would be most of its time.
   */
  #atMs = new Float64Array(ROOM);
  #order = new Float64Array(ROOM);
  readonly #run: (() => void)[] = [];
  #count = 0;
  #planned = 0;
  #nowMs = 0;

  /** Milliseconds since the start of the run; not whole ones. */
  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    if (this.#count === this.#atMs.length) this.#grow();
    const due = Math.max(atMs, this.#nowMs);
    // Planned after all that is in the heap: of equal moments it is the last.
    let i = this.#count++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((this.#atMs[parent] as number) <= due) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#put(i, due, this.#planned++, run);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** Runs the next event, unless it is later than `untilMs`; says whether it ran one. */
  step(untilMs: number): boolean {
    if (this.#count === 0 || (this.#atMs[0] as number) > untilMs) return false;
    this.#nowMs = this.#atMs[0] as number;
    const run = this.#run[0] as () => void;
    this.#removeFirst();
    run();
    return true;
  }

  #removeFirst(): void {
    const last = --this.#count;
    const atMs = this.#atMs[last] as number;
    const order = this.#order[last] as number;
    const run = this.#run.pop() as () => void;
    if (last === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, this.#atMs[child] as number, this.#order[child] as number)) {
        child += 1;
      }
      if (!this.#isBefore(child, atMs, order)) break;
      this.#move(child, i);
      i = child;
    }
    this.#put(i, atMs, order, run);
  }

  #isBefore(i: number, atMs: number, order: number): boolean {
    const mine = this.#atMs[i] as number;
    return mine < atMs || (mine === atMs && (this.#order[i] as number) < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#atMs[from] as number, this.#order[from] as number, this.#run[from] as () => void);
  }

  #put(i: number, atMs: number, order: number, run: () => void): void {
    this.#atMs[i] = atMs;
    this.#order[i] = order;
    this.#run[i] = run;
  }

  #grow(): void {
    const [atMs, order] = [this.#atMs, this.#order];
    this.#atMs = new Float64Array(2 * atMs.length);
    this.#order = new Float64Array(2 * order.length);
    this.#atMs.set(atMs);
    this.#order.set(order);
  }
}
