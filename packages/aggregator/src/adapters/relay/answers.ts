/**
 * What the relay answers (P-104). Enters: a question. Leaves: the provider's answer as text, now or from the last
 * seconds, or the provider's error. Not its job: HTTP; which questions there are (questions.ts).
 *
 * Equal questions in flight are one. Kept are: answers about now, for about a poll; answers about finalised blocks
 * for some minutes. A block that was final must still be there, with its hash, whenever the finalised block moves; if
 * it is not, everything kept is forgotten, and agents see what the provider says now.
 */
import { quorateError } from "@quorate/common";
import type { z } from "zod";
import type { Logger } from "../../driver/ports.ts";
import { blockSchema } from "../chain/rpc.ts";
import { AnswerCache } from "./cache.ts";
import { CACHE_MAX_BYTES, FIXED_MS, IN_FLIGHT_MAX } from "./limits.ts";
import type { Question } from "./questions.ts";

/** One provider. */
export interface Upstream {
  readonly host: string;
  /** Rejects with CHAIN_PROVIDER_FAILED; its cause has the provider's own `message` and `code`, if it said no. */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
}

export interface AnswersOptions {
  /** Milliseconds for which an answer about now is kept. */
  readonly freshMs: number;
  /** Default 64 MB. */
  readonly cacheMaxBytes?: number;
}

type Block = z.output<typeof blockSchema>;

export class Answers {
  readonly #upstream: Upstream;
  readonly #logger: Logger;
  readonly #freshMs: number;
  readonly #cache: AnswerCache;
  readonly #inFlight = new Map<string, Promise<string>>();
  /** The highest finalised block that the provider has named. */
  #anchor: Block | null = null;
  /** Counts up whenever everything is forgotten, so that what was asked before is not kept after. */
  #era = 0;
  #asked = 0;
  #forwarded = 0;

  constructor(upstream: Upstream, { freshMs, cacheMaxBytes = CACHE_MAX_BYTES }: AnswersOptions, logger: Logger) {
    this.#upstream = upstream;
    this.#freshMs = freshMs;
    this.#logger = logger;
    this.#cache = new AnswerCache(cacheMaxBytes, () => performance.now());
  }

  get counts() {
    return { asked: this.#asked, forwarded: this.#forwarded, keptBytes: this.#cache.bytes };
  }

  /** The result as JSON. @throws CHAIN_PROVIDER_FAILED, RELAY_BUSY */
  async to(question: Question): Promise<string> {
    this.#asked += 1;
    const kept = this.#cache.get(question.key);
    if (kept !== null) return kept;
    const before = this.#inFlight.get(question.key);
    if (before !== undefined) return before;
    if (this.#inFlight.size >= IN_FLIGHT_MAX) throw quorateError("RELAY_BUSY", { inFlight: this.#inFlight.size });
    const answer = this.#answer(question);
    this.#inFlight.set(question.key, answer);
    try {
      return await answer;
    } finally {
      this.#inFlight.delete(question.key);
    }
  }

  async #answer(question: Question): Promise<string> {
    const era = this.#era;
    const result = await this.#ask(question.method, question.params);
    const text = JSON.stringify(result ?? null);
    if (question.params[0] === "finalized") await this.#moved(result);
    if (era !== this.#era) return text;
    const keepMs = await this.#keepMs(question, result);
    if (keepMs > 0 && era === this.#era) this.#cache.set(question.key, text, keepMs);
    return text;
  }

  /** What is not there yet may be there at once: it is not kept. */
  async #keepMs({ method, about, params }: Question, result: unknown): Promise<number> {
    if (result == null) return 0;
    if (about === null || this.#anchor === null || about > this.#anchor.number) {
      return Array.isArray(result) && result.length === 0 ? 0 : this.#freshMs;
    }
    if (method !== "eth_getLogs") return FIXED_MS;
    // P-57: logs, and above all none, count only with the provider's own block at the end of the range.
    const [{ toBlock }] = params as [{ toBlock: string }];
    const end = await this.#block(toBlock);
    if (end === null) return 0;
    // Asked after the logs, it is what a follower wants to know next.
    this.#cache.set(JSON.stringify(["eth_getBlockByNumber", [toBlock, false]]), JSON.stringify(end.raw), FIXED_MS);
    return FIXED_MS;
  }

  /** Keeps the newest finalised block as anchor; forgets everything when the one before is no longer the chain's. */
  async #moved(result: unknown): Promise<void> {
    const parsed = blockSchema.safeParse(result);
    const anchor = this.#anchor;
    if (!parsed.success || (anchor !== null && parsed.data.number < anchor.number)) return;
    if (anchor !== null) {
      const isSame = parsed.data.number === anchor.number;
      const found = isSame ? parsed.data : (await this.#block(`0x${anchor.number.toString(16)}`))?.block;
      // It may have been asked of a machine that is late.
      if (found === undefined) return;
      if (found.hash !== anchor.hash) this.#forget(anchor, found);
    }
    this.#anchor = parsed.data;
  }

  #forget(anchor: Block, found: Block): void {
    this.#era += 1;
    this.#cache.clear();
    const values = { provider: this.#upstream.host, block: anchor.number, followed: anchor.hash };
    this.#logger.warn({ ...values, found: found.hash }, "CHAIN_FINALISED_REORG");
  }

  /** As the provider has it now; null when it does not. */
  async #block(number: string): Promise<{ readonly raw: unknown; readonly block: Block } | null> {
    const raw = await this.#ask("eth_getBlockByNumber", [number, false]);
    const parsed = blockSchema.safeParse(raw);
    return parsed.success ? { raw, block: parsed.data } : null;
  }

  #ask(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#forwarded += 1;
    return this.#upstream.ask(method, params);
  }
}
