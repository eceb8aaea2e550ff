/**
 * One chain provider, asked by a command. Enters: a question. Leaves: its result, or the contract's revert, which is an
 * answer too; anything else is a failure of the provider, in its own words. Only data of a revert makes a revert: a
 * provider that says "header not found" has not asked the contract (P-106). Not its job: what to do after a failure.
 */
import { quorateError } from "../errors.ts";
import { ANSWER_MAX_BYTES, SAID_MAX_CHARACTERS } from "./limits.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export interface PostBounds {
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** One POST of JSON. Rejects when the answer is not whole within its bounds, and leaves nothing open then. */
export type Post = (url: string, body: string, bounds: PostBounds) => Promise<HttpAnswer>;

export type Reply = { readonly result: unknown } | { readonly revert: string };

/** Why a provider did not answer a question. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
  readonly host: string;
  /**
   * `passing`: it said that it cannot answer yet. `refused`: it answered, and the answer is no. `silent`: nobody knows
   * whether it got the question. `wrong-chain`: it serves another chain.
   */
  readonly kind: "passing" | "refused" | "silent" | "wrong-chain";

  constructor(host: string, kind: ProviderFailure["kind"], reason: string) {
    super(reason.replace(/\s+/g, " ").slice(0, SAID_MAX_CHARACTERS));
    this.host = host;
    this.kind = kind;
  }
}

/** What providers say of a block that this machine of theirs does not have yet. */
const NOT_THERE_YET =
  /header not found|(?:unknown|missing|invalid) block|block (?:\S+ )?(?:is )?not (?:found|available)|missing trie node|could ?n.t find block|after last accepted|beyond (?:the )?(?:current )?head|BlockOutOfRange|out of range/i;
const TOO_MANY = /rate limit|too many requests|limit exceeded|exceeded .*(?:capacity|compute units)|throughput/i;
const TOO_MANY_STATUS: readonly number[] = [429, 503];
const TOO_MANY_CODE = -32_005;

export class Endpoint {
  /** Never the whole address, which often holds a key. */
  readonly host: string;
  readonly #url: string;
  readonly #post: Post;
  readonly #timeoutMs: number;
  #nextId = 1;

  constructor(url: string, post: Post, timeoutMs: number) {
    this.host = new URL(url).host;
    this.#url = url;
    this.#post = post;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws ProviderFailure */
  async ask(method: string, params: readonly unknown[]): Promise<Reply> {
    const id = this.#nextId++;
    const bounds = { timeoutMs: this.#timeoutMs, maxBytes: ANSWER_MAX_BYTES };
    let answer: HttpAnswer;
    try {
      answer = await this.#post(this.#url, JSON.stringify({ jsonrpc: "2.0", id, method, params }), bounds);
    } catch (error) {
      throw new ProviderFailure(this.host, "silent", textOf(error, this.#timeoutMs));
    }
    return this.#read(method, answer);
  }

  #read(method: string, { status, text }: HttpAnswer): Reply {
    const body = parsed(text);
    const error = body?.error;
    const data = revertData(error);
    if (data !== null) return { revert: data };
    const said = typeof error === "string" ? error : error?.message;
    if (said === undefined && status === 200 && body !== null && "result" in body) return { result: body.result };
    const reason = said ?? (status === 200 ? `not JSON-RPC: ${text.slice(0, 80)}` : text.slice(0, 120));
    const code = typeof error === "object" ? error?.code : undefined;
    // Of logs the same words mean that the range is too long, which no waiting cures.
    const isSaid = code === TOO_MANY_CODE || NOT_THERE_YET.test(reason) || TOO_MANY.test(reason);
    const isPassing = TOO_MANY_STATUS.includes(status) || (isSaid && method !== "eth_getLogs");
    const kind = isPassing ? "passing" : said === undefined ? "silent" : "refused";
    throw new ProviderFailure(this.host, kind, status === 200 ? reason : `HTTP ${status} ${reason}`.trim());
  }
}

interface RpcBody {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: string; readonly data?: unknown } | string;
}

function parsed(text: string): RpcBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RpcBody) : null;
  } catch {
    return null;
  }
}

/** The data of a revert: four bytes at least, wherever the node software puts them. */
function revertData(error: unknown, depth = 0): string | null {
  if (typeof error !== "object" || error === null || depth > 3) return null;
  const { data } = error as { data?: unknown };
  if (typeof data !== "string") return revertData(data, depth + 1);
  const found = /^(?:Reverted )?(0x(?:[0-9a-fA-F]{2}){4,})$/.exec(data);
  return found?.[1] ?? null;
}

/** fetch hides the reason (ECONNREFUSED) in its cause. */
function textOf(error: unknown, timeoutMs: number): string {
  const { name, message, code, cause } = error as {
    name?: string;
    message?: string;
    code?: string;
    cause?: { code?: string; message?: string };
  };
  if (name === "TimeoutError" || name === "AbortError") return `no whole answer within ${timeoutMs} ms`;
  return cause?.code ?? cause?.message ?? message ?? code ?? String(error);
}

/** `Post` by the runtime's fetch. */
export const postByFetch: Post = async (url, body, { timeoutMs, maxBytes }) => {
  const { href, authorization } = withoutCredentials(url);
  const response = await fetch(href, {
    method: "POST",
    // A connection each: a command is busy for seconds between two, and the node may have closed a kept one meanwhile.
    headers: {
      "content-type": "application/json",
      connection: "close",
      "accept-encoding": "identity",
      ...authorization,
    },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new Error(`an answer of more than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
  return { status: response.status, text: text + decoder.decode() };
};

/** fetch refuses a URL that holds a name and a password; as a header it takes them. */
function withoutCredentials(text: string): { href: string; authorization: Record<string, string> } {
  const url = new URL(text);
  if (url.username === "" && url.password === "") return { href: url.href, authorization: {} };
  const credentials = btoa(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  url.username = "";
  url.password = "";
  return { href: url.href, authorization: { authorization: `Basic ${credentials}` } };
}

/**
 * The address of a provider or an agent as a person gave it by `flag`.
 * @throws FLAG_INVALID
 */
export function parseHttpUrl(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.host !== "") return url.href;
  const isBare = /^[\w.-]+:\d+(?:\/|$)/.test(text);
  const remedy = isBare ? `Write it with its scheme: http://${text.slice(0, 60)}` : undefined;
  const value = /[@?]/.test(text) ? "(not shown: it may hold a secret)" : text.slice(0, 60);
  const values = { flag, value, reason: "not an http:// or https:// address" };
  throw quorateError("FLAG_INVALID", values, remedy === undefined ? {} : { remedy });
}
