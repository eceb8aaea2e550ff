/**
 * One listener: fastify on a server whose connections are bounded, with this interface's errors for whatever goes
 * wrong. Enters: limits, and who may ask. Leaves: an app without routes. Not its job: what is answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type QuorateError, quorateError } from "@quorate/common";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { HttpTraffic, Logger } from "../../driver/ports.ts";
import type { TrustedProxies } from "./clients.ts";
import { Connections } from "./connections.ts";
import type { Guard } from "./guard.ts";
import {
  BODY_MAX_BYTES,
  HEADERS_MAX,
  HEADERS_MAX_BYTES,
  type HttpLimits,
  KEEP_ALIVE_MS,
  REQUESTS_PER_CONNECTION_MAX,
} from "./limits.ts";
import { answerError, codedError, toJson } from "./refusals.ts";

/** Of every answer. An answer is data: whoever opens one in a browser must get nothing that runs, frames or stays. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export interface AppModules {
  readonly logger: Logger;
  readonly proxies: TrustedProxies;
  readonly guard: Guard;
}

export interface App {
  readonly fastify: FastifyInstance;
  traffic(): HttpTraffic;
}

type Refuse = (socket: Socket, error: QuorateError) => void;

export function makeApp(limits: HttpLimits, modules: AppModules): App {
  const { logger, proxies, guard } = modules;
  const answers = { "2xx": 0, "4xx": 0, "5xx": 0 };
  const count = (status: number): void => {
    answers[status >= 500 ? "5xx" : status >= 400 ? "4xx" : "2xx"] += 1;
  };
  const refuse: Refuse = (socket, error) => count(answerOnSocket(socket, error));
  const connections = new Connections(limits, {
    isProxy: (address) => proxies.has(address),
    refuse,
    nowMs: () => performance.now(),
  });
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    trustProxy: (address: string) => proxies.has(address),
    serverFactory: (handler) => boundedServer(limits, { connections, refuse }, handler),
    forceCloseConnections: "idle",
    // HEAD has a route of its own: an event stream would be opened for nobody.
    exposeHeadRoutes: false,
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, limits, refuse),
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, logger),
  });
  // JSON is the only body there is; fastify also takes plain text unless told otherwise.
  app.removeContentTypeParser("text/plain");
  app.setReplySerializer((payload) => toJson(payload));
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    guard.check(request.raw);
  });
  app.addHook("onResponse", async (request, reply) => {
    count(reply.statusCode);
    noteAnswer(request, reply, logger);
  });
  app.addHook("preClose", async () => connections.hangUp());
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, logger));
  app.setNotFoundHandler((request, reply) =>
    sendError(quorateError("ROUTE_NOT_FOUND", { method: request.method, path: path(request) }), request, reply, logger),
  );
  return { fastify: app, traffic: () => ({ ...connections.traffic(), answers: { ...answers } }) };
}

function boundedServer(
  limits: HttpLimits,
  { connections, refuse }: { readonly connections: Connections; readonly refuse: Refuse },
  handler: Parameters<typeof createServer>[1],
) {
  const options = {
    requestTimeout: limits.requestTimeoutMs,
    // Must not exceed the request's: Node then swaps the two (node_http_parser.cc, ConnectionsList::Expired).
    headersTimeout: limits.requestTimeoutMs,
    // Node looks for late requests every 30 s unless told otherwise.
    connectionsCheckingInterval: Math.ceil(limits.requestTimeoutMs / 4),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (connections.begin(request, response)) handler?.(request, response);
  };
  const server = createServer(options, answer);
  // Node would answer 417 without a code; what is expected here is only ever a plain answer.
  server.on("checkExpectation", answer);
  // And hang up without a word.
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    refuse(socket as Socket, quorateError("METHOD_NOT_ALLOWED", { method: request.method, allowed: [] }));
  });
  server.maxHeadersCount = HEADERS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION_MAX;
  connections.attach(server);
  return server;
}

function noteAnswer({ method, ip, id, url }: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const elapsedMs = Math.round(reply.elapsedTime);
  logger.debug({ method, url, ip, requestId: id, status: reply.statusCode, elapsedMs }, "HTTP_ANSWERED");
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const coded = codedError(error, request.id);
  const { status, headers, body } = answerError(coded);
  if (status >= 500)
    logger.error({ requestId: request.id, method: request.method, url: request.url, err: error }, coded.code);
  // Whatever a file was to be served with: what is sent is a refusal.
  return reply
    .code(status)
    .headers({ ...HEADERS, ...headers })
    .type("application/json; charset=utf-8")
    .send(body);
}

/** What did not even parse as HTTP, or came too slowly, is answered like everything else (node:http, "clientError"). */
function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  limits: HttpLimits,
  refuse: Refuse,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
  else refuse(socket, brokenRequest(error, limits));
}

function brokenRequest(error: Error & { code?: string }, limits: HttpLimits): QuorateError {
  switch (error.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return quorateError("REQUEST_TIMED_OUT", { timeoutMs: limits.requestTimeoutMs });
    case "HPE_HEADER_OVERFLOW":
      return quorateError("HEADERS_TOO_LARGE", { maxBytes: HEADERS_MAX_BYTES });
    default:
      return quorateError("REQUEST_MALFORMED", { reason: error.code ?? "not HTTP" });
  }
}

/** Without fastify: there is no request. Returns the status; the connection ends with it. */
function answerOnSocket(socket: Socket, error: QuorateError): number {
  const { status, headers, body } = answerError(error);
  const text = toJson(body);
  const all = {
    ...{ ...HEADERS, ...headers },
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} Refused`, ...lines, "", text].join("\r\n"));
  socket.on("error", () => socket.destroy());
  return status;
}

/** The path alone: a query may hold anything. */
function path(request: FastifyRequest): string {
  const full = request.url.split("?")[0] ?? "";
  return full.length <= 100 ? full : `${full.slice(0, 97)}...`;
}
