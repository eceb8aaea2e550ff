/**
 * Virtual time: events by moment, and among equal moments in the order in which they were planned. Nothing here knows the wall clock.
 */
interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class Scheduler {
  /** A binary heap: a parent is never later than its children. */
  readonly #heap: Planned[] = [];
  #order = 0;
  #nowMs = 0;

  /** Milliseconds since the start of the run; not whole ones. */
  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    const planned = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(planned);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (isBefore(heap[parent] as Planned, planned)) break;
      heap[i] = heap[parent] as Planned;
      i = parent;
    }
    heap[i] = planned;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** Runs the next event, unless it is later than `untilMs`; says whether it ran one. */
  step(untilMs: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > untilMs) return false;
    this.#removeFirst();
    this.#nowMs = first.atMs;
    first.run();
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Planned;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Planned, heap[child] as Planned)) child += 1;
      if (isBefore(last, heap[child] as Planned)) break;
      heap[i] = heap[child] as Planned;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
