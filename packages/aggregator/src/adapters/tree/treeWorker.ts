/**
 * The rewards tree in a thread of its own. In: changes and questions. Out: promises, which always settle: when the
 * thread ends, whatever was asked and whatever is asked from then on rejects. A new thread would know nothing of what
 * the old one was told, so who owns this makes a new one and brings every recipient again.
 */
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Address } from "@quorate/common";
import {
  type ErrorValues,
  packChanges,
  type QuorateError,
  quorateError,
  type RewardsEntry,
  type RewardsProof,
  type RewardsTotals,
} from "@quorate/common/rewards-tree";
import type { RewardsTrees } from "./interface.ts";
import type { TreeAnswer, TreeRequest } from "./messages.ts";

/** Changes packed before the event loop gets its turn: a millisecond, five while the compiler has not seen them. */
const PIECE_CHANGES = 2_048;

/** Heap of the thread in MB. Its tree is outside the heap and not bounded by this: 250 MB with 1,000,000 recipients. */
const HEAP_MAX_MB = 128;

export function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    // Not those of the agent's own thread, which may be a test runner's or carry an inspector.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
}

interface Open {
  readonly asked: ErrorValues;
  readonly resolve: (value: RewardsTotals | RewardsProof | null) => void;
  readonly reject: (error: QuorateError) => void;
}

export class TreeWorker implements RewardsTrees {
  readonly #worker: Worker;
  readonly #open = new Map<number, Open>();
  /** Why nothing can be asked any more, once that is so. */
  #ended: ((asked: ErrorValues) => QuorateError) | null = null;
  #lastError: unknown;
  #lastId = 0;
  /** Settles when all changes given so far are with the thread: those of two epochs must not mix. */
  #sending: Promise<unknown> = Promise.resolve();

  /** @throws TREE_WORKER_DIED when the system gives no thread. */
  constructor(start: () => Worker = startWorker) {
    try {
      this.#worker = start();
    } catch (cause) {
      throw quorateError("TREE_WORKER_DIED", { asked: "start", reason: reasonOf(cause) }, { cause });
    }
    this.#worker.on("message", (answer: TreeAnswer) => this.#settle(answer));
    this.#worker.on("error", (error) => {
      this.#lastError = error;
    });
    this.#worker.on("exit", (exitCode) => {
      const cause = this.#lastError;
      const values = { exitCode, reason: reasonOf(cause) };
      this.#end((asked) => quorateError("TREE_WORKER_DIED", { ...asked, ...values }, { cause }));
    });
    // An idle thread does not keep the process alive.
    this.#worker.unref();
  }

  async apply(epoch: number, changes: readonly RewardsEntry[]): Promise<RewardsTotals> {
    const sent = this.#sending.then(() => this.#sendChanges(epoch, changes));
    this.#sending = sent.catch(() => {});
    const { answer } = await sent;
    return (await answer) as RewardsTotals;
  }

  async proof(epoch: number, recipient: Address): Promise<RewardsProof | null> {
    const id = ++this.#lastId;
    const answer = await this.#ask({ kind: "proof", id, epoch, recipient }, { asked: "proof", epoch, recipient });
    return answer as RewardsProof | null;
  }

  async close(): Promise<void> {
    this.#end((asked) => quorateError("TREE_CLOSED", asked));
    await this.#worker.terminate();
  }

  /**
   * Resolves when everything is with the thread. The answer is wrapped, so that the next epoch need not wait for it.
   */
  async #sendChanges(
    epoch: number,
    changes: readonly RewardsEntry[],
  ): Promise<{ readonly answer: Promise<RewardsTotals | RewardsProof | null> }> {
    const id = ++this.#lastId;
    const asked = { asked: "apply", epoch, changes: changes.length };
    try {
      for (let from = 0; from < changes.length; from += PIECE_CHANGES) {
        if (from > 0) await setImmediate();
        if (this.#ended !== null) throw this.#ended(asked);
        const piece = packChanges(changes, from, Math.min(from + PIECE_CHANGES, changes.length));
        this.#post({ kind: "changes", id, piece }, [piece.buffer]);
      }
    } catch (error) {
      this.#post({ kind: "forget", id });
      throw error;
    }
    return { answer: this.#ask({ kind: "apply", id, epoch }, asked) };
  }

  #ask(request: TreeRequest, asked: ErrorValues): Promise<RewardsTotals | RewardsProof | null> {
    if (this.#ended !== null) return Promise.reject(this.#ended(asked));
    return new Promise((resolve, reject) => {
      this.#open.set(request.id, { asked, resolve, reject });
      this.#worker.ref();
      this.#post(request);
    });
  }

  #post(request: TreeRequest, handedOver: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, handedOver);
  }

  #settle(answer: TreeAnswer): void {
    const open = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if (this.#open.size === 0) this.#worker.unref();
    if ("code" in answer) open?.reject(quorateError(answer.code, answer.values));
    else open?.resolve(answer.value);
  }

  #end(errorOf: (asked: ErrorValues) => QuorateError): void {
    this.#ended ??= errorOf;
    for (const { asked, reject } of this.#open.values()) reject(this.#ended(asked));
    this.#open.clear();
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "none given";
}
