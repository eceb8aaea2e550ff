/**
 * The paths of the HTTP interface, one function each group. Enters: the app and what answers. Leaves: routes on the app, each with its rate
 * limit, and a coded 405 for every other method.
 */
import { type ClaimView, type ErrorCode, quorateError } from "@quorate/common";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import type { AgentApi } from "../../driver/ports.ts";
import type { EventStreams } from "./eventStream.ts";
import { CLAIM_COST, type HttpLimits, LEDGER_COST, LEDGER_EPOCHS_MAX } from "./limits.ts";
import type { HttpServerModules } from "./modules.ts";
import type { RateLimiter } from "./rateLimit.ts";
import { answerRefusal } from "./refusals.ts";
import {
  claimRequestSchema,
  epochQuerySchema,
  epochsQuerySchema,
  ledgerQuerySchema,
  noQuerySchema,
  PATHS,
  rangesQuerySchema,
  recipientParamsSchema,
} from "./schemas.ts";

export interface RouteModules extends HttpServerModules {
  readonly streams: EventStreams;
  readonly limits: HttpLimits;
  readonly limiter: RateLimiter;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Tokens of the client's budget; 0 for what an operator's own probes ask. */
  readonly cost: number;
  /** Default: `answerTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly handle: Handler;
}

const ALL_METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function addRoutes(app: FastifyInstance, modules: RouteModules): void {
  const { api, streams, limits, limiter } = modules;
  const routes = [
    ...claimRoutes(api, streams),
    ...readRoutes(api),
    ...ledgerRoutes(api, limits.ledgerTimeoutMs),
    ...operatorRoutes(modules),
  ];
  for (const { method, path, cost, timeoutMs = limits.answerTimeoutMs, handle } of routes) {
    app.route({
      method,
      url: path,
      onRequest: async (request, reply) => limit(limiter, request, reply, cost),
      handler: (request, reply) => inTime(async () => handle(request, reply), timeoutMs),
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) addOtherMethods(app, limiter, routes, path);
}

function claimRoutes(api: AgentApi, streams: EventStreams): Route[] {
  return [
    {
      method: "POST",
      path: PATHS.claims,
      cost: CLAIM_COST,
      async handle(request, reply) {
        parse(noQuerySchema, request.query, "query");
        const { recipient, epoch } = parse(claimRequestSchema, request.body, "body");
        const answer = await api.requestClaim(recipient, epoch ?? null);
        if (answer.ok) return reply.code(202).send(answer.claim);
        const { status, body } = answerRefusal(answer.refusal);
        return reply.code(status).send(body);
      },
    },
    { method: "GET", path: PATHS.claim, cost: 1, handle: (request) => findClaim(api, request) },
    {
      method: "GET",
      path: PATHS.claimEvents,
      cost: 1,
      handle(request, reply) {
        const claim = findClaim(api, request);
        streams.reserve(request.ip);
        reply.hijack();
        streams.open(request.ip, claim, reply.raw);
        return reply;
      },
    },
  ];
}

function readRoutes(api: AgentApi): Route[] {
  return [
    {
      method: "GET",
      path: PATHS.bundle,
      cost: 1,
      handle(request) {
        const { recipient, epoch } = recipientAndEpoch(request);
        const bundle = api.bundle(recipient, epoch);
        if (bundle === null) throw notFound("BUNDLE_NOT_FOUND", recipient, epoch);
        return bundle;
      },
    },
    {
      method: "GET",
      path: PATHS.rewards,
      cost: 1,
      handle(request, reply) {
        parse(noQuerySchema, request.query, "query");
        const { recipient } = parse(recipientParamsSchema, request.params, "path");
        const owed = api.owed(recipient);
        if (owed !== null) return { recipient, ...owed };
        // Not a failure of the request: the network is younger than one epoch.
        const { status, body } = answerRefusal({ code: "EPOCH_NOT_CLOSED", values: { epoch: 0 } });
        return reply.code(status).send(body);
      },
    },
    {
      method: "GET",
      path: PATHS.proof,
      cost: 1,
      async handle(request) {
        parse(noQuerySchema, request.query, "query");
        const { recipient } = parse(recipientParamsSchema, request.params, "path");
        const proof = await api.proof(recipient);
        if (proof === null) throw quorateError("PROOF_NOT_FOUND", { recipient });
        return proof;
      },
    },
    { method: "GET", path: PATHS.nodes, cost: 1, handle: () => ({ nodes: api.nodes() }) },
    { method: "GET", path: PATHS.status, cost: 1, handle: () => ({ ...api.status(), network: api.network }) },
  ];
}

/** What the ledger is made of, for whoever does not want to believe it. */
function ledgerRoutes({ ledger }: AgentApi, timeoutMs: number): Route[] {
  return [
    {
      method: "GET",
      path: PATHS.ledger,
      cost: LEDGER_COST,
      timeoutMs,
      handle(request) {
        const { recipient } = parse(recipientParamsSchema, request.params, "path");
        const { epoch, from } = parse(ledgerQuerySchema, request.query, "query");
        return ledger.page(recipient, from ?? 0, epoch ?? null);
      },
    },
    {
      method: "GET",
      path: PATHS.ledgerEpochs,
      cost: CLAIM_COST,
      timeoutMs,
      handle(request) {
        const { from, count } = parse(epochsQuerySchema, request.query, "query");
        return ledger.epochs(from ?? 0, count ?? LEDGER_EPOCHS_MAX);
      },
    },
    {
      method: "GET",
      path: PATHS.ledgerRanges,
      cost: LEDGER_COST,
      timeoutMs,
      handle(request) {
        const { epoch, prefix } = parse(rangesQuerySchema, request.query, "query");
        return ledger.ranges(epoch, prefix ?? "");
      },
    },
  ];
}

function operatorRoutes({ api, metrics }: RouteModules): Route[] {
  const routes: Route[] = [
    // Alive means: this process answers. Whether it is of use is `ready`.
    { method: "GET", path: PATHS.health, cost: 0, handle: () => ({ alive: true }) },
    {
      method: "GET",
      path: PATHS.ready,
      cost: 0,
      handle(_request, reply) {
        const state = api.ready();
        return reply.code(state.ready ? 200 : 503).send(state);
      },
    },
  ];
  if (metrics !== undefined) {
    routes.push({
      method: "GET",
      path: PATHS.metrics,
      cost: 0,
      async handle(_request, reply) {
        const text = await metrics.metrics();
        return reply
          .type(metrics.contentType)
          .serializer((value: string) => value)
          .send(text);
      },
    });
  }
  return routes;
}

/** RFC 9110, section 15.5.6: 405 names the methods that are there. Answered before any body is read. */
function addOtherMethods(app: FastifyInstance, limiter: RateLimiter, routes: readonly Route[], path: string): void {
  const allowed = routes.filter((route) => route.path === path).map((route) => route.method);
  app.route({
    method: ALL_METHODS.filter((method) => !(allowed as readonly string[]).includes(method as string)) as HTTPMethods[],
    url: path,
    onRequest: async (request, reply) => {
      limit(limiter, request, reply, 1);
      reply.header("allow", allowed.join(", "));
      throw quorateError("METHOD_NOT_ALLOWED", { method: request.method, allowed });
    },
    handler: async () => undefined,
  });
}

/**
 * fastify's own `handlerTimeout` ends with the request's body (its timer is cleared on the request's "close"), so it never fires for a POST.
 * @throws ANSWER_TIMED_OUT
 */
function inTime<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(quorateError("ANSWER_TIMED_OUT", { timeoutMs })), timeoutMs);
  return Promise.race([work(), late.promise]).finally(() => clearTimeout(timer));
}

function limit(limiter: RateLimiter, request: FastifyRequest, reply: FastifyReply, cost: number): void {
  if (cost === 0) return;
  const waitMs = limiter.take(request.ip, cost, performance.now());
  if (waitMs === 0) return;
  reply.header("retry-after", Math.ceil(waitMs / 1_000));
  throw quorateError("RATE_LIMITED", { client: request.ip, waitMs });
}

function findClaim(api: AgentApi, request: FastifyRequest): ClaimView {
  const { recipient, epoch } = recipientAndEpoch(request);
  const claim = api.claim(recipient, epoch);
  if (claim === null) throw notFound("CLAIM_NOT_FOUND", recipient, epoch);
  return claim;
}

function recipientAndEpoch(request: FastifyRequest): { recipient: ClaimView["recipient"]; epoch: number | null } {
  const { recipient } = parse(recipientParamsSchema, request.params, "path");
  const { epoch } = parse(epochQuerySchema, request.query, "query");
  return { recipient, epoch: epoch ?? null };
}

function notFound(code: ErrorCode, recipient: string, epoch: number | null): Error {
  return quorateError(code, { recipient, epoch: epoch ?? "latest" });
}

/** The input as the schema has it. @throws REQUEST_MALFORMED with the first field that is wrong; ADDRESS_* from addresses */
function parse<S extends z.ZodType>(schema: S, input: unknown, where: "body" | "path" | "query"): z.output<S> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [where, ...(issue?.path ?? [])].join(".");
  throw quorateError("REQUEST_MALFORMED", { field, reason: issue?.message, wrongFields: result.error.issues.length });
}
