/**
 * Follows one claim to its end (P-86). Enters: an agent's event stream, and its plain answer to fall back on. Leaves:
 * views of the claim, until it is ready or has failed. An agent that goes silent is known by its heartbeat: the
 * stream is taken up again and the claim asked for meanwhile; past the claim's own deadline that ends with
 * CLAIM_NOT_ENDED.
 */
import { type ClaimView, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import { AGENT_ANSWER_MS, HEARTBEAT_MS } from "@quorate/common/http";
import { readEvents } from "./sse.ts";

export interface ClaimSource {
  readonly url: string;
  /** The bytes of the event stream. @throws AGENT_UNREACHABLE, and the agent's refusals */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** What an event says. @throws AGENT_ANSWER_INVALID */
  parse(data: string): ClaimView;
  /** The claim as it stands. @throws AGENT_UNREACHABLE, and the agent's refusals */
  ask(): Promise<ClaimView>;
}

export interface WatchLimits {
  /** Milliseconds without a byte after which a stream is dead: two and a half heartbeats. */
  readonly silenceMs: number;
  /** Milliseconds between two attempts. */
  readonly retryMs: number;
  /** Times in a row that the agent may not be reached at all: over its restart. */
  readonly retries: number;
  /** Milliseconds after the claim's deadline: two in which it is improved, and an answer. */
  readonly marginMs: number;
}

export const DEFAULT_WATCH_LIMITS: WatchLimits = {
  silenceMs: 2.5 * HEARTBEAT_MS,
  retryMs: 1_000,
  retries: 5,
  marginMs: 2_000 + AGENT_ANSWER_MS,
};

/** Milliseconds a claim may be collected at most, by the agents' own configuration: whatever an agent says. */
const COLLECTED_MAX_MS = 86_400_000;

/** @throws CLAIM_NOT_ENDED, AGENT_UNREACHABLE, AGENT_ANSWER_INVALID, and the agent's refusals */
export async function* watchToEnd(
  source: ClaimSource,
  limits: WatchLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClaimView> {
  const progress = new Progress(limits);
  for (let failures = 0; ; ) {
    const bound = new StreamBound(limits.silenceMs, signal);
    let broken: QuorateError;
    try {
      for await (const { event, data } of readEvents(bound.watched(await source.open(bound.signal)))) {
        if (event !== "claim") continue;
        const view = source.parse(data);
        failures = 0;
        bound.endsAt(progress.take(view));
        yield view;
        if (view.status !== "collecting") return;
      }
      broken = quorateError("AGENT_UNREACHABLE", { url: source.url, reason: "the event stream ended early" });
    } catch (error) {
      broken = isQuorateError(error)
        ? error
        : quorateError(
            "AGENT_UNREACHABLE",
            { url: source.url, reason: bound.why ?? reasonOf(error) },
            { cause: error },
          );
    } finally {
      bound.close();
    }
    if (broken.code !== "AGENT_UNREACHABLE" || signal?.aborted === true) throw broken;

    const view = await source.ask().catch(nullIfUnreachable);
    failures = view === null ? failures + 1 : 0;
    if (view !== null) {
      const isNew = progress.isNew(view);
      progress.take(view);
      if (isNew) yield view;
      if (view.status !== "collecting") return;
    }
    if (progress.isOver()) throw progress.notEnded(source.url, broken);
    if (failures > limits.retries) throw broken;
    await new Promise((resolve) => setTimeout(resolve, limits.retryMs));
  }
}

/** The newest view, and until when the claim may go on. */
class Progress {
  readonly #marginMs: number;
  #last: ClaimView | null = null;
  /** Of this process's own clock: an agent's may be wrong. */
  #endsAtMs = Number.POSITIVE_INFINITY;

  constructor({ marginMs }: WatchLimits) {
    this.#marginMs = marginMs;
  }

  /** Returns when the claim ends at the latest. */
  take(view: ClaimView): number {
    // A claim that is asked for again is collected anew.
    if (view.startedAtMs !== this.#last?.startedAtMs) {
      const collectedMs = Math.min(Math.max(view.deadlineMs - view.startedAtMs, 0), COLLECTED_MAX_MS);
      this.#endsAtMs = performance.now() + collectedMs + this.#marginMs;
    }
    this.#last = view;
    return this.#endsAtMs;
  }

  isNew({ status, signers }: ClaimView): boolean {
    return status !== this.#last?.status || signers.length !== this.#last.signers.length;
  }

  isOver(): boolean {
    return performance.now() >= this.#endsAtMs;
  }

  notEnded(url: string, cause: QuorateError): QuorateError {
    const { recipient, epoch, signedBps, missing } = this.#last as ClaimView;
    const reason = String(cause.values["reason"]);
    return quorateError("CLAIM_NOT_ENDED", { url, recipient, epoch, signedBps, missing, reason }, { cause });
  }
}

/** Aborts a stream that is silent, or that goes on when its claim should have ended. */
class StreamBound {
  readonly signal: AbortSignal;
  why: string | undefined;
  readonly #own = new AbortController();
  readonly #silenceMs: number;
  #silence: ReturnType<typeof setTimeout>;
  #end: ReturnType<typeof setTimeout> | undefined;

  constructor(silenceMs: number, signal: AbortSignal | undefined) {
    this.#silenceMs = silenceMs;
    this.signal = signal === undefined ? this.#own.signal : AbortSignal.any([signal, this.#own.signal]);
    this.#silence = this.#startSilence();
  }

  /** The same bytes; each is a sign of life once the claim itself has been told. */
  async *watched(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      if (this.#end !== undefined) this.#restart();
      yield chunk;
    }
  }

  endsAt(atMs: number): void {
    clearTimeout(this.#end);
    const leftMs = Math.max(atMs - performance.now(), 0);
    this.#end = setTimeout(() => this.#abort("the claim's deadline has passed"), leftMs);
    this.#restart();
  }

  close(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#end);
    this.#own.abort();
  }

  #restart(): void {
    clearTimeout(this.#silence);
    this.#silence = this.#startSilence();
  }

  #startSilence(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#abort(`silent for ${this.#silenceMs} ms`), this.#silenceMs);
  }

  #abort(why: string): void {
    this.why ??= why;
    this.#own.abort();
  }
}

function nullIfUnreachable(error: unknown): null {
  if (isQuorateError(error, "AGENT_UNREACHABLE")) return null;
  throw error;
}

/** fetch hides the reason (ECONNREFUSED) in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
