/**
 * The relay: one chain provider for many agents (P-104, ADR 16). Enters: JSON-RPC over HTTP. Leaves: what its
 * provider says, asked once for all of them. It reads only, holds no key, and decides nothing: which of several
 * relays is right is the agents' to find out, as it is with providers.
 */
import { isQuorateError, quorateError } from "@quorate/common";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "../../driver/ports.ts";
import { Answers, type Upstream } from "./answers.ts";
import { Clients } from "./clients.ts";
import {
  BATCH_MAX,
  BODY_MAX_BYTES,
  CONNECTIONS_MAX,
  IDLE_MS,
  REQUEST_TIMEOUT_MS,
  STOP_GRACE_MS,
  UNTAKEN_MAX_BYTES,
} from "./limits.ts";
import { parseCall, type Question, type Refusal, type RpcId } from "./questions.ts";

export interface RelayOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Milliseconds for which an answer about now is kept: about an agent's poll. */
  readonly freshMs: number;
}

export interface RelayModules {
  readonly upstream: Upstream;
  readonly logger: Logger;
}

export interface Relay {
  /** Resolves to the address in use, such as `http://127.0.0.1:8549`. @throws RELAY_LISTEN_FAILED */
  start(): Promise<string>;
  stop(): Promise<void>;
}

/** JSON-RPC's numbers: the first is what providers use for limits, the second for what went wrong behind them. */
const LIMIT_EXCEEDED = -32_005;
const UPSTREAM_FAILED = -32_000;

export function createRelay({ host, port, freshMs }: RelayOptions, { upstream, logger }: RelayModules): Relay {
  const answers = new Answers(upstream, { freshMs }, logger);
  const clients = new Clients(() => performance.now());
  /** Answers on their way. */
  const untaken = { bytes: 0 };
  const app = makeApp();
  app.get("/healthz", async (_request, reply) => reply.send({ ok: true, provider: upstream.host, ...answers.counts }));
  app.post("/", async ({ body, ip }, reply) => {
    const calls: readonly unknown[] = Array.isArray(body) ? body : [body];
    if (calls.length === 0 || calls.length > BATCH_MAX) {
      return sendText(reply, 400, failure(null, -32_600, `${calls.length} questions, 1 to ${BATCH_MAX} are allowed`));
    }
    if (!clients.allows(ip, calls.length)) {
      return sendText(reply, 429, failure(null, LIMIT_EXCEEDED, `too many questions from ${ip}`), {
        "retry-after": "1",
      });
    }
    const texts = await Promise.all(calls.map((call) => answerTo(answers, call, logger)));
    const bytes = texts.reduce((sum, { length }) => sum + length, 0);
    if (untaken.bytes + bytes > UNTAKEN_MAX_BYTES) {
      return sendText(reply, 503, failure(null, LIMIT_EXCEEDED, "the relay is busy"));
    }
    untaken.bytes += bytes;
    reply.raw.once("close", () => {
      untaken.bytes -= bytes;
    });
    return sendText(reply, 200, Array.isArray(body) ? `[${texts.join()}]` : (texts[0] as string));
  });
  return {
    async start() {
      try {
        return await app.listen({ host, port });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw quorateError("RELAY_LISTEN_FAILED", { host, port, reason }, { cause });
      }
    },
    async stop() {
      const cut = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function makeApp(): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_MS,
    keepAliveTimeout: IDLE_MS,
    http: {
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: Math.ceil(REQUEST_TIMEOUT_MS / 4),
    },
    forceCloseConnections: "idle",
    exposeHeadRoutes: true,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) =>
    sendText(reply, error.statusCode ?? 500, failure(null, -32_700, error.message)),
  );
  app.setNotFoundHandler((request, reply) =>
    sendText(reply, 404, failure(null, -32_600, `${request.method} here; POST / asks, GET /healthz tells how it is`)),
  );
  return app;
}

async function answerTo(answers: Answers, call: unknown, logger: Logger): Promise<string> {
  const { id, question } = parseCall(call);
  if (isRefusal(question)) return failure(id, question.code, question.message);
  try {
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${await answers.to(question)}}`;
  } catch (error) {
    return failureOf(id, error, question, logger);
  }
}

/** The provider's own error as it said it, so that an agent shrinks its ranges as it would without a relay. */
function failureOf(id: RpcId, error: unknown, { method }: Question, logger: Logger): string {
  if (isQuorateError(error, "RELAY_BUSY")) return failure(id, LIMIT_EXCEEDED, "the relay is busy");
  if (!isQuorateError(error)) {
    logger.error({ method, err: error }, "INTERNAL_ERROR");
    return failure(id, UPSTREAM_FAILED, "the relay has failed");
  }
  const { code } = (error.cause ?? {}) as { code?: unknown };
  logger.warn({ ...error.values }, error.code);
  const { provider, reason } = error.values;
  return failure(id, typeof code === "number" ? code : UPSTREAM_FAILED, `${provider}: ${reason}`);
}

function isRefusal(question: Question | Refusal): question is Refusal {
  return "message" in question;
}

function failure(id: RpcId, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

function sendText(
  reply: FastifyReply,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply {
  return reply.code(status).headers(headers).type("application/json; charset=utf-8").send(text);
}
