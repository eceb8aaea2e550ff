/**
 * Threads that check signatures, started when there is work for them. Enters: tasks. Leaves: their results, or null for
 * what no thread finished. A thread that dies is replaced and its task is repeated, ahead of those that wait. Not here:
 * what becomes of a task nobody finished.
 */
import { Worker } from "node:worker_threads";
import type { TaskMessage, TaskResult } from "./task.ts";

/** Deaths of a thread at one task before it is given up: the first may be chance, the second hardly. */
const ATTEMPTS_MAX = 2;

/**
 * Heap of one thread in MB. A task of 2,048 shares needs 3 and code 8; beyond this something is wrong, and only the
 * thread dies of it.
 */
const HEAP_MAX_MB = 64;

export function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    // Not those of the agent's own thread, which may be a test runner's or carry an inspector.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
}

interface Task {
  /** Made when a thread takes the task, and again when it is repeated: signatures are handed over, not copied. */
  readonly pack: () => TaskMessage;
  readonly settle: (result: TaskResult | null) => void;
  attempts: number;
}

interface Thread {
  readonly worker: Worker;
  task: Task | null;
}

export class WorkerPool {
  readonly #size: number;
  readonly #startWorker: () => Worker;
  readonly #threads = new Set<Thread>();
  /** Not bounded here: the core has one job under way, of VERIFY_BATCH_MAX shares. */
  readonly #waiting: Task[] = [];
  #closed = false;

  constructor(size: number, start: () => Worker = startWorker) {
    this.#size = size;
    this.#startWorker = start;
  }

  /** Threads alive. */
  get threads(): number {
    return this.#threads.size;
  }

  /** Null when closed, when threads died of it, or when the system gives none. */
  run(pack: () => TaskMessage): Promise<TaskResult | null> {
    if (this.#closed) return Promise.resolve(null);
    return new Promise((settle) => {
      this.#waiting.push({ pack, settle, attempts: 0 });
      this.#dispatch();
    });
  }

  /** Ends within the check that a thread is at, some milliseconds; tasks under way give null. */
  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#waiting.splice(0), ...[...this.#threads].flatMap(({ task }) => task ?? [])];
    for (const task of open) task.settle(null);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = [...this.#threads].find(({ task }) => task === null) ?? this.#start();
      if (thread === null) {
        // With no thread there is nobody whose end would bring these up again.
        if (this.#threads.size === 0) for (const task of this.#waiting.splice(0)) task.settle(null);
        return;
      }
      const task = this.#waiting.shift() as Task;
      thread.task = task;
      task.attempts += 1;
      const message = task.pack();
      thread.worker.ref();
      thread.worker.postMessage(message, [message.signatures.buffer as ArrayBuffer]);
    }
  }

  /** Null when there are enough, or the system gives no more. */
  #start(): Thread | null {
    if (this.#threads.size >= this.#size) return null;
    let worker: Worker;
    try {
      worker = this.#startWorker();
    } catch {
      return null;
    }
    const thread: Thread = { worker, task: null };
    this.#threads.add(thread);
    worker.on("message", (result: TaskResult) => {
      const { task } = thread;
      thread.task = null;
      // An idle thread does not keep the process alive.
      worker.unref();
      task?.settle(result);
      this.#dispatch();
    });
    // What went wrong is in the exit that follows.
    worker.on("error", () => {});
    worker.on("exit", () => this.#lost(thread));
    return thread;
  }

  #lost(thread: Thread): void {
    this.#threads.delete(thread);
    if (this.#closed) return;
    const { task } = thread;
    if (task !== null && task.attempts >= ATTEMPTS_MAX) task.settle(null);
    else if (task !== null) this.#waiting.unshift(task);
    this.#dispatch();
  }
}
