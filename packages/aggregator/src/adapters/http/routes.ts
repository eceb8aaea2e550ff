/**
 * How a route is put on an app: its rate limit, its time, HEAD where it is cheap, and a coded 405 for every other
 * method. Enters: the routes of stakers and operators. Leaves: routes on the app. Not its job: what they answer.
 */
import { quorateError } from "@quorate/common";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import { clientOf } from "./clients.ts";
import type { HttpLimits } from "./limits.ts";
import type { RateLimiter } from "./rateLimit.ts";

export interface RoutesModules {
  readonly limiter: RateLimiter;
  readonly limits: HttpLimits;
  readonly routes: readonly Route[];
}

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Tokens of the client's budget; 0 for what an operator's own probes ask. */
  readonly cost: number;
  /** Default: `answerTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Answered like GET, without the body. Default: as GET is; false for what never ends. */
  readonly head?: false;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

const ALL_METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

export function addRoutes(app: FastifyInstance, { limiter, limits, routes }: RoutesModules): void {
  for (const route of routes) {
    const { method, path, cost, timeoutMs = limits.answerTimeoutMs, handle } = route;
    app.route({
      method,
      url: path,
      exposeHeadRoute: hasHead(route),
      onRequest: async (request, reply) => limit(limiter, request, reply, cost),
      handler: (request, reply) => inTime(async () => handle(request, reply), timeoutMs),
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) addOtherMethods(app, limiter, routes, path);
}

function hasHead({ method, head }: Route): boolean {
  return method === "GET" && head !== false;
}

/** RFC 9110, section 15.5.6: 405 names the methods that are there. Answered before any body is read. */
function addOtherMethods(app: FastifyInstance, limiter: RateLimiter, routes: readonly Route[], path: string): void {
  const allowed: readonly string[] = routes
    .filter((route) => route.path === path)
    .flatMap((route) => (hasHead(route) ? [route.method, "HEAD"] : [route.method]));
  app.route({
    method: ALL_METHODS.filter((method) => !allowed.includes(method as string)) as HTTPMethods[],
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
 * fastify's own `handlerTimeout` ends with the request's body (its timer is cleared on the request's "close"), so it
 * never fires for a POST.
 * @throws ANSWER_TIMED_OUT
 */
function inTime<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(quorateError("ANSWER_TIMED_OUT", { timeoutMs })), timeoutMs);
  return Promise.race([work(), late.promise]).finally(() => clearTimeout(timer));
}

function limit(limiter: RateLimiter, request: FastifyRequest, reply: FastifyReply, cost: number): void {
  if (cost === 0) return;
  const client = clientOf(request);
  const waitMs = limiter.take(client, cost, performance.now());
  if (waitMs === 0) return;
  comeBackAfter(reply, waitMs);
  throw quorateError("RATE_LIMITED", { client, waitMs });
}

/**
 * The input as the schema has it. @throws REQUEST_MALFORMED with the first field that is wrong; ADDRESS_* from
 * addresses
 */
export function parse<S extends z.ZodType>(schema: S, input: unknown, where: "body" | "path" | "query"): z.output<S> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [where, ...(issue?.path ?? [])].join(".");
  throw quorateError("REQUEST_MALFORMED", { field, reason: issue?.message, wrongFields: result.error.issues.length });
}

/** RFC 9110, section 10.2.3: whole seconds. */
export function comeBackAfter(reply: FastifyReply, waitMs: number): void {
  reply.header("retry-after", Math.max(1, Math.ceil(waitMs / 1_000)));
}
