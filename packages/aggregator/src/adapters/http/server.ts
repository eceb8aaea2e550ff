/**
 * The HTTP interface of an agent: what stakers, operators and the portal may ask (docs/claiming.md). Enters: requests, checked by
 * `schemas.ts`. Leaves: JSON answers, coded errors, event streams. Not its job: deciding anything; `AgentApi` does.
 *
 * No cross-origin headers are sent, on purpose: a page of another origin cannot make its visitor's agent open rounds.
 */
import type { Socket } from "node:net";
import { type QuorateError, quorateError } from "@quorate/common";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "../../driver/ports.ts";
import { EventStreams } from "./eventStream.ts";
import { BODY_MAX_BYTES, CONNECTIONS_MAX, DEFAULT_HTTP_LIMITS, type HttpLimits, STOP_GRACE_MS } from "./limits.ts";
import type { HttpServerModules } from "./modules.ts";
import { RateLimiter } from "./rateLimit.ts";
import { answerError, codedError, toJson } from "./refusals.ts";
import { addRoutes } from "./routes.ts";

export interface HttpServerOptions extends Partial<HttpLimits> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface HttpServer {
  /** Resolves to the address in use, such as `http://127.0.0.1:8080`. @throws HTTP_LISTEN_FAILED */
  start(): Promise<string>;
  /** Ends event streams and closes idle connections; what still runs has `STOP_GRACE_MS` to finish. */
  stop(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions, modules: HttpServerModules): HttpServer {
  const { host, port, ...given } = options;
  const limits: HttpLimits = { ...DEFAULT_HTTP_LIMITS, ...given };
  const streams = new EventStreams(limits, modules.api);
  const app = makeApp(limits, modules.logger);
  addRoutes(app, { ...modules, streams, limits, limiter: new RateLimiter(limits) });
  app.addHook("preClose", async () => streams.close());
  app.server.maxConnections = CONNECTIONS_MAX;

  return {
    async start() {
      try {
        return await app.listen({ host, port });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw quorateError("HTTP_LISTEN_FAILED", { host, port, reason }, { cause });
      }
    },
    async stop() {
      const cut = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function makeApp(limits: HttpLimits, logger: Logger): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      // Must not exceed the request's: Node then swaps the two (node_http_parser.cc, ConnectionsList::Expired).
      headersTimeout: limits.requestTimeoutMs,
      // Node looks for late requests every 30 s unless told otherwise.
      connectionsCheckingInterval: Math.ceil(limits.requestTimeoutMs / 4),
    },
    forceCloseConnections: "idle",
    // HEAD would open event streams nobody reads; it is answered like any other method that is not there.
    exposeHeadRoutes: false,
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, limits),
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, logger),
  });
  // JSON is the only body there is; fastify also takes plain text unless told otherwise.
  app.removeContentTypeParser("text/plain");
  app.setReplySerializer((payload) => toJson(payload));
  app.addHook("onSend", async (_request, reply) => {
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, url, ip, id } = request;
    const values = {
      method,
      url,
      ip,
      requestId: id,
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime),
    };
    logger.debug(values, "HTTP_ANSWERED");
  });
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, logger));
  app.setNotFoundHandler((request, reply) =>
    sendError(quorateError("ROUTE_NOT_FOUND", { method: request.method, path: path(request) }), request, reply, logger),
  );
  return app;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const coded = codedError(error, request.id);
  const { status, body } = answerError(coded);
  if (status >= 500)
    logger.error({ requestId: request.id, method: request.method, url: request.url, err: error }, coded.code);
  return reply.code(status).type("application/json; charset=utf-8").send(body);
}

/** What did not even parse as HTTP, or came too slowly, is answered like everything else (node:http, "clientError"). */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, limits: HttpLimits): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = answerError(brokenRequest(error, limits));
  const text = toJson(body);
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function brokenRequest(error: Error & { code?: string }, limits: HttpLimits): QuorateError {
  switch (error.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return quorateError("REQUEST_TIMED_OUT", { timeoutMs: limits.requestTimeoutMs });
    case "HPE_HEADER_OVERFLOW":
      return quorateError("HEADERS_TOO_LARGE");
    default:
      return quorateError("REQUEST_MALFORMED", { reason: error.code ?? "not HTTP" });
  }
}

/** The path alone: a query may hold anything. */
function path(request: FastifyRequest): string {
  const full = request.url.split("?")[0] ?? "";
  return full.length <= 100 ? full : `${full.slice(0, 97)}...`;
}
