/**
 * The line to one provider: what carries a question and the whole answer back. A command of the agent's package brings
 * its own bounded transport; this one, on the runtime's fetch, is for everybody else.
 */
import { ANSWER_MAX_BYTES } from "./limits.ts";

/** What a provider says: a result, or its own error. */
export type Said = { readonly result: unknown } | { readonly error: SaidError };

export interface SaidError {
  readonly code?: unknown;
  readonly message: string;
  /** Of a revert, wherever the node software puts it. */
  readonly data?: unknown;
}

export interface Line {
  /** One question. @throws LineFailure when there is no whole answer of JSON-RPC in time; nothing is left open then */
  ask(method: string, params: readonly unknown[]): Promise<Said>;
  close(): void;
}

export type OpenLine = (url: string, timeoutMs: number) => Line;

/** No answer to the question. */
export class LineFailure extends Error {
  override readonly name = "LineFailure";
  /** Of HTTP, where the provider refused with one. */
  readonly status: number | null;

  constructor(reason: string, status: number | null = null) {
    super(reason);
    this.status = status;
  }
}

/**
 * By the runtime's fetch: a connection for each question, one deadline for the whole answer, and a bound on its size.
 */
export const fetchLine: OpenLine = (text, timeoutMs) => {
  const { href, authorization } = withoutCredentials(text);
  let nextId = 1;
  return {
    async ask(method, params) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: nextId++, method, params });
      const { status, text } = await post(href, body, authorization, timeoutMs);
      return saidIn(status, text);
    },
    close() {},
  };
};

async function post(
  url: string,
  body: string,
  authorization: Record<string, string>,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, {
      method: "POST",
      // A connection each: a command is busy for seconds between two, and the node may have closed a kept one
      // meanwhile.
      headers: {
        ...{ "content-type": "application/json", connection: "close", "accept-encoding": "identity" },
        ...authorization,
      },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await readText(response) };
  } catch (error) {
    throw error instanceof LineFailure ? error : new LineFailure(reasonOf(error, timeoutMs));
  }
}

async function readText({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > ANSWER_MAX_BYTES) {
      await reader.cancel();
      throw new LineFailure(`answer too large: above ${ANSWER_MAX_BYTES} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/** @throws LineFailure */
function saidIn(status: number, text: string): Said {
  const body = parsed(text);
  const error = body?.error;
  if (typeof error === "string") return { error: { message: error } };
  // Some give their JSON-RPC errors a status of HTTP, reverts among them.
  if (error != null && (status < 400 || status !== 429)) return { error: { ...error, message: error.message ?? "" } };
  if (status === 200 && body !== null && "result" in body) return { result: body.result };
  const said = error?.message ?? text.slice(0, 200);
  throw new LineFailure(status === 200 ? `not JSON-RPC: ${said}` : `HTTP ${status}: ${said}`, status);
}

interface RpcBody {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: string; readonly data?: unknown } | string | null;
}

function parsed(text: string): RpcBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RpcBody) : null;
  } catch {
    return null;
  }
}

/** fetch hides the reason (ECONNREFUSED) in its cause. */
function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as {
    name?: string;
    message?: string;
    cause?: { code?: string; message?: string };
  };
  if (name === "TimeoutError" || name === "AbortError") return `no whole answer within ${timeoutMs} ms`;
  return cause?.code ?? cause?.message ?? message ?? String(error);
}

/** fetch refuses a URL that holds a name and a password; as a header it takes them. */
function withoutCredentials(text: string): { href: string; authorization: Record<string, string> } {
  const url = new URL(text);
  if (url.username === "" && url.password === "") return { href: url.href, authorization: {} };
  const credentials = btoa(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  url.username = "";
  url.password = "";
  return { href: url.href, authorization: { authorization: `Basic ${credentials}` } };
}
