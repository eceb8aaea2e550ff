/**
 * The agent's end of the thread that recomputes its ledger. In: questions. Out: promises, which always settle. A few
 * questions wait, more are refused: a stranger's question costs a fold. The thread is started when it is first asked,
 * and ended when nobody has asked for a while.
 */
import { Worker } from "node:worker_threads";
import { type Address, type EpochsPage, type QuorateError, quorateError, type RangesPage } from "@quorate/common";
import type { LedgerAudit, LinesAnswer } from "../driver/ports.ts";
import type { LedgerAnswer, LedgerQuestion, LedgerStore, LedgerValue } from "./messages.ts";

/** Questions that are answered or wait. */
const QUESTIONS_MAX = 4;
/** Milliseconds without a question after which the thread ends: what it keeps is worth a fold, and takes memory. */
const IDLE_MS = 60_000;
/** Heap of the thread in MB: a ledger of 100,000 recipients takes 150. */
const HEAP_MAX_MB = 512;

interface Open {
  readonly resolve: (value: LedgerValue) => void;
  readonly reject: (error: QuorateError) => void;
}

export function startLedgerWorker(store: LedgerStore): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: store,
    // Not those of the agent's own thread, which may be a test runner's or carry an inspector.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
}

export class LedgerThread implements LedgerAudit {
  readonly #store: LedgerStore;
  readonly #start: (store: LedgerStore) => Worker;
  readonly #open = new Map<number, Open>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #closed = false;

  constructor(store: LedgerStore, start: (store: LedgerStore) => Worker = startLedgerWorker) {
    this.#store = store;
    this.#start = start;
  }

  async page(recipient: Address, from: number, to: number | null): Promise<LinesAnswer> {
    return (await this.#ask({ kind: "page", recipient, from, to })) as LinesAnswer;
  }

  async epochs(from: number, count: number): Promise<EpochsPage> {
    return (await this.#ask({ kind: "epochs", from, count })) as EpochsPage;
  }

  async ranges(epoch: number, prefix: string): Promise<RangesPage> {
    return (await this.#ask({ kind: "ranges", epoch, prefix })) as RangesPage;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end(quorateError("AGENT_STOPPING"));
  }

  #ask(question: LedgerQuestion): Promise<LedgerValue> {
    if (this.#closed) return Promise.reject(quorateError("AGENT_STOPPING"));
    const asked = this.#open.size;
    if (asked >= QUESTIONS_MAX) return Promise.reject(quorateError("LEDGER_BUSY", { asked, most: QUESTIONS_MAX }));
    clearTimeout(this.#idle);
    const worker = this.#worker ?? this.#begin();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ ...question, id });
    });
  }

  #begin(): Worker {
    const worker = this.#start(this.#store);
    this.#worker = worker;
    let cause: unknown;
    worker.on("message", (answer: LedgerAnswer) => this.#settle(answer));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", (exitCode) => {
      if (this.#worker !== worker) return;
      const reason = cause instanceof Error ? cause.message : "none given";
      void this.#end(quorateError("LEDGER_WORKER_DIED", { exitCode, reason }, { cause }));
    });
    return worker;
  }

  #settle(answer: LedgerAnswer): void {
    const open = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ("code" in answer) open?.reject(quorateError(answer.code, answer.values));
    else open?.resolve(answer.value);
    if (this.#open.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.#end(quorateError("LEDGER_WORKER_DIED", { reason: "idle" })), IDLE_MS);
    this.#idle.unref();
  }

  async #end(error: QuorateError): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
    await worker?.terminate();
  }
}
