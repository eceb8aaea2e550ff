/**
 * Carries questions to one chain provider and answers back (P-64). Enters: JSON-RPC calls. Leaves: the provider's
 * result or its own error, or CHAIN_PROVIDER_FAILED with the provider's host and its own words. Not its job: what a
 * result means.
 *
 * Everything that a provider can make last or grow is bounded here: one deadline for a whole answer, bytes, sockets. A
 * question that ends early closes its socket. The URL may hold a key, so only its host is ever shown.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import { type Dispatcher, Pool } from "undici";
import { z } from "zod";
import {
  CONNECTIONS_MAX,
  HEADERS_MAX_BYTES,
  KEEP_ALIVE_MS,
  RATE_PAUSE_MS,
  REFUSAL_MAX_BYTES,
  RETRY_AFTER_MAX_MS,
  SMALL_ANSWER_MAX_BYTES,
} from "./limits.ts";
import { Words } from "./words.ts";

export interface TransportOptions {
  /** Milliseconds for one whole answer: to connect, for its headers and every byte. */
  readonly timeoutMs: number;
  /**
   * Times that a question is asked again inside its deadline after the provider called for a pause (429). Default 0.
   */
  readonly rateRetries?: number;
  /** What the provider is called; default its host. */
  readonly name?: string | undefined;
}

export interface AskOptions {
  /** Default SMALL_ANSWER_MAX_BYTES. */
  readonly maxBytes?: number | undefined;
  /** In place of the transport's own. */
  readonly rateRetries?: number | undefined;
  /** Ends the question early. */
  readonly signal?: AbortSignal | undefined;
}

export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/**
 * That the provider refused the request as a whole, by a status of HTTP; or that we refused its answer for its size.
 */
export class TransportRefusal extends Error {
  override readonly name = "TransportRefusal";
  /** Null where the answer was too large. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** What the provider itself says is wrong, in an answer that is otherwise in order. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  /** JSON-RPC's number, where there is one. */
  readonly code: number | undefined;
  /** As the provider gave it: revert data, among other things. */
  readonly data: unknown;

  constructor(message: string, code: number | undefined, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcError };

const errorSchema = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().catch(""),
  data: z.unknown().optional(),
});
const answerSchema = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  error: z
    .union([errorSchema, z.string().transform((message) => ({ code: undefined, message, data: undefined }))])
    .nullish(),
  result: z.unknown().optional(),
});

interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAtMs: number;
  /** Bytes of this question's answer so far, over all attempts. */
  received: number;
}

export class Transport {
  readonly host: string;
  readonly #timeoutMs: number;
  readonly #rateRetries: number;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #words: Words;
  #lastId = 0;
  /** Until then the provider wants to be left alone; on the clock of `performance.now()`. */
  #pausedUntilMs = 0;
  /** Answers of "too many requests" in a row. */
  #tooMany = 0;
  #closed = false;

  constructor(url: string, { timeoutMs, rateRetries = 0, name }: TransportOptions) {
    const { protocol, host, origin, pathname, search, username, password } = new URL(url);
    if (!/^https?:$/.test(protocol))
      throw quorateError("CHAIN_PROVIDER_FAILED", { provider: host, reason: `${protocol} is not http` });
    this.host = name ?? host;
    this.#timeoutMs = timeoutMs;
    this.#rateRetries = rateRetries;
    this.#path = pathname + search;
    this.#words = new Words(url);
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers = {
      "content-type": "application/json",
      accept: "application/json",
      // A compressed answer could be a thousand times what was read.
      "accept-encoding": "identity",
      "user-agent": "quorate",
      ...(credentials === ":" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    };
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      // The deadline of the whole answer covers them.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADERS_MAX_BYTES,
    });
  }

  /**
   * One question's result.
   * @throws CHAIN_PROVIDER_FAILED; its cause is an RpcError when the provider itself says no
   */
  async ask(method: string, params: unknown, options: AskOptions = {}): Promise<unknown> {
    const [answer] = await this.send([{ id: ++this.#lastId, method, params }], options);
    if (answer === undefined) throw this.#failed(method, "no answer to the question");
    if ("result" in answer) return answer.result;
    throw this.#failed(method, this.#words.of(answer.error.message), answer.error);
  }

  /** Several questions in one request; the answers in their order. @throws CHAIN_PROVIDER_FAILED */
  async send(calls: readonly RpcCall[], options: AskOptions = {}): Promise<RpcAnswer[]> {
    const { signal } = options;
    const method = calls[0]?.method ?? "nothing";
    if (this.#closed) throw this.#failed(method, "closed");
    const ending = new AbortController();
    const deadline: Deadline = { signal: ending.signal, endsAtMs: performance.now() + this.#timeoutMs, received: 0 };
    const end = (): void => ending.abort();
    const timer = setTimeout(end, this.#timeoutMs);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    try {
      return await this.#attempts(calls, options, deadline);
    } catch (error) {
      if (isQuorateError(error)) throw error;
      const stopped = this.#closed || signal?.aborted === true;
      throw this.#failed(method, stopped ? "stopped" : this.#reasonOf(error, deadline), error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      // Whatever was not read to its end is cut off here, with its socket.
      end();
    }
  }

  /** What the provider said, fit to be shown. */
  words(said: string): string {
    return this.#words.of(said);
  }

  close(): void {
    this.#closed = true;
    void this.#pool.destroy().catch(() => {});
  }

  async #attempts(calls: readonly RpcCall[], options: AskOptions, deadline: Deadline): Promise<RpcAnswer[]> {
    const { maxBytes = SMALL_ANSWER_MAX_BYTES, rateRetries = this.#rateRetries } = options;
    for (let retries = rateRetries; ; retries--) {
      await this.#pause(calls, deadline);
      const response = await this.#post(calls, deadline);
      if (response.statusCode >= 200 && response.statusCode < 300) {
        this.#tooMany = 0;
        return this.#match(calls, await this.#read(calls, response, maxBytes, deadline));
      }
      const refused = await this.#refused(calls, response, deadline);
      if (!isQuorateError(refused)) return refused;
      if (response.statusCode !== 429 || retries <= 0) throw refused;
    }
  }

  /** Waits as long as the provider asked for, if that is inside the deadline. */
  async #pause(calls: readonly RpcCall[], { signal, endsAtMs }: Deadline): Promise<void> {
    const until = this.#pausedUntilMs;
    const waitMs = until - performance.now();
    if (waitMs <= 0) return;
    if (until >= endsAtMs) {
      const reason = `too many requests: it wants to be left alone for another ${Math.ceil(waitMs)} ms`;
      throw this.#failed(calls[0]?.method ?? "nothing", reason);
    }
    await sleep(waitMs, undefined, { signal });
  }

  /** A connection that was kept may have been closed just now: then the question is asked once more, on another. */
  async #post(calls: readonly RpcCall[], { signal }: Deadline): Promise<Dispatcher.ResponseData> {
    const all = calls.map((call) => ({ jsonrpc: "2.0", ...call }));
    const body = JSON.stringify(all.length === 1 ? all[0] : all);
    const once = () => this.#pool.request({ path: this.#path, method: "POST", headers: this.#headers, body, signal });
    try {
      return await once();
    } catch (error) {
      if (signal.aborted || !wasCutOff(error)) throw error;
      return once();
    }
  }

  async #read(
    calls: readonly RpcCall[],
    { headers, body }: Dispatcher.ResponseData,
    maxBytes: number,
    deadline: Deadline,
  ): Promise<unknown> {
    const method = calls[0]?.method ?? "nothing";
    const encoding = String(headers["content-encoding"] ?? "identity");
    if (encoding !== "identity") throw this.#failed(method, `compressed answer: ${this.#words.of(encoding)}`);
    const { text, isWhole } = await readText(body, maxBytes, deadline);
    if (!isWhole) {
      const reason = `answer too large: above ${maxBytes} bytes`;
      throw this.#failed(method, reason, new TransportRefusal(reason, null));
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.#failed(method, `not JSON: ${this.#words.of(text)}`);
    }
  }

  /** The provider's own answers where the refusal holds them; the failure otherwise, in its words. */
  async #refused(
    calls: readonly RpcCall[],
    { statusCode, headers, body }: Dispatcher.ResponseData,
    deadline: Deadline,
  ): Promise<RpcAnswer[] | QuorateError> {
    if (statusCode === 429 || headers["retry-after"] !== undefined) this.#rest(headers["retry-after"]);
    const method = calls[0]?.method ?? "nothing";
    const refusal = (said: string): QuorateError => {
      const reason = `HTTP ${statusCode}: ${said}`;
      return this.#failed(method, reason, new TransportRefusal(reason, statusCode));
    };
    if (statusCode < 400) return refusal("it wants to redirect, which is not followed");
    const { text } = await readText(body, REFUSAL_MAX_BYTES, deadline);
    const answer = answerSchema.safeParse(parsed(text));
    const said = answer.success ? answer.data.error : null;
    // Some give their JSON-RPC errors a status of HTTP, reverts among them.
    if (said != null && calls.length === 1 && answer.data?.id === calls[0]?.id && statusCode !== 429) {
      return [{ error: new RpcError(said.message, said.code, said.data) }];
    }
    return refusal(this.#words.of(said?.message || text));
  }

  #rest(retryAfter: string | string[] | undefined): void {
    const nowMs = performance.now();
    // Several questions were under way at once: it is one refusal.
    if (nowMs >= this.#pausedUntilMs) this.#tooMany += 1;
    const ownMs = RATE_PAUSE_MS * 2 ** Math.min(this.#tooMany - 1, 8) * (1 + Math.random());
    const pauseMs = Math.min(RETRY_AFTER_MAX_MS, retryAfterMs(String(retryAfter ?? "")) || ownMs);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
  }

  #match(calls: readonly RpcCall[], body: unknown): RpcAnswer[] {
    const items: readonly unknown[] = Array.isArray(body) ? body : [body];
    const method = calls[0]?.method ?? "nothing";
    if (items.length > calls.length) throw this.#failed(method, `${items.length} answers to ${calls.length} questions`);
    const answers = new Map<unknown, RpcAnswer>();
    for (const item of items) {
      const checked = answerSchema.safeParse(item);
      if (!checked.success) throw this.#failed(method, "not an answer of JSON-RPC");
      const { id, error, result } = checked.data;
      // Without an id it is of the request as a whole, which was then not understood, or refused.
      if (id == null && error != null) throw this.#failed(method, this.#words.of(error.message));
      if (error != null) answers.set(id, { error: new RpcError(error.message, error.code, error.data) });
      else if (result !== undefined) answers.set(id, { result });
    }
    return calls.map(({ id, method }) => {
      const answer = answers.get(id);
      if (answer === undefined) throw this.#failed(method, "the answer is to another question");
      return answer;
    });
  }

  #reasonOf(error: unknown, { signal, received }: Deadline): string {
    if (signal.aborted) return `no whole answer within ${this.#timeoutMs} ms (${received} bytes of it came)`;
    const {
      code,
      message,
      errors: inner,
    } = error as { code?: string; message?: string; errors?: { message?: string }[] };
    // Where a name has several addresses the outer message is empty.
    return this.#words.of(message || inner?.[0]?.message || code || String(error));
  }

  #failed(method: string, reason: string, cause?: unknown): QuorateError {
    return quorateError("CHAIN_PROVIDER_FAILED", { provider: this.host, method, reason }, { cause });
  }
}

async function readText(
  body: Dispatcher.ResponseData["body"],
  maxBytes: number,
  deadline: Deadline,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += (part as Buffer).length;
    deadline.received += (part as Buffer).length;
    parts.push(part as Buffer);
    // Leaving the loop destroys the body, and its socket with it.
    if (bytes > maxBytes) return { text: Buffer.concat(parts).toString("utf8", 0, maxBytes), isWhole: false };
  }
  return { text: Buffer.concat(parts).toString("utf8"), isWhole: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds of a `Retry-After`: seconds or a date. 0 when it is neither. */
function retryAfterMs(text: string): number {
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}

/** That the other side closed the connection before it said anything. */
function wasCutOff(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}
