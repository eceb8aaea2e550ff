/**
 * How a route is put on an app: its rate limit, its time, what it is asked with, HEAD and OPTIONS, and a coded 405 for
 * every other method (P-140). Enters: the routes of stakers and operators. Leaves: routes on the app. Not its job:
 * what they answer.
 */
import { quorateError } from "@quorate/common";
import type { RouteDescription } from "@quorate/common/http";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import { clientOf } from "./clients.ts";
import type { Guard } from "./guard.ts";
import type { HttpLimits } from "./limits.ts";
import type { RateLimiter } from "./rateLimit.ts";

export interface RoutesModules {
  readonly limiter: RateLimiter;
  readonly limits: HttpLimits;
  readonly guard: Guard;
  readonly routes: readonly Route[];
}

/** What a route was asked with, as its schemas have it; undefined where it has none. */
export interface Input<D extends RouteDescription> {
  readonly params: OutputOf<D, "params">;
  readonly query: OutputOf<D, "query">;
  readonly body: OutputOf<D, "body">;
}
type OutputOf<D, Part extends string> = D extends { readonly [P in Part]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

interface Handling<D extends RouteDescription> {
  /** Tokens of the client's budget; 0 for what an operator's own probes ask. */
  readonly cost: number;
  /** Which budget: a client has one for questions, and one for the files of the page (P-146). Default questions. */
  readonly budget?: "questions" | "page";
  /** Default: `answerTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly handle: (input: Input<D>, request: FastifyRequest, reply: FastifyReply, giveBack: GiveBack) => unknown;
  /** What HEAD is answered with, where that is not what GET is: for what never ends. */
  readonly head?: Handling<D>["handle"];
}

/** Gives tokens back to who asked, when less was done for them than `cost` stands for. */
export type GiveBack = (tokens: number) => void;

/** A described route and how it is answered. */
export interface Route extends Handling<RouteDescription> {
  readonly described: RouteDescription;
}

export function route<D extends RouteDescription>(described: D, handling: Handling<D>): Route {
  // What `inputOf` makes of this description is what its handler takes.
  return { described, ...(handling as unknown as Handling<RouteDescription>) };
}

export function addRoutes(app: FastifyInstance, modules: RoutesModules): void {
  for (const each of modules.routes) {
    const { method } = each.described;
    addRoute(app, modules, each, method, each.handle);
    // Without a handler of its own, HEAD is GET whose body fastify leaves out.
    if (method === "GET") addRoute(app, modules, each, "HEAD", each.head ?? each.handle);
  }
  answerOtherMethods(app, modules);
}

function addRoute(
  app: FastifyInstance,
  { limiter, limits, guard }: RoutesModules,
  { described, cost, budget, timeoutMs = limits.answerTimeoutMs }: Route,
  method: HTTPMethods,
  handle: Route["handle"],
): void {
  app.route({
    method,
    url: described.path,
    onRequest: async (request, reply) => {
      if (described.audience === "everyone") reply.headers(guard.readers(request.raw));
      limit(limiter, request, cost, budget);
    },
    handler: (request, reply) => {
      const giveBack: GiveBack = (tokens) => limiter.giveBack(budgetOf(request, budget), tokens);
      return inTime(async () => handle(inputOf(described, request), request, reply, giveBack), timeoutMs);
    },
  });
}

/** @throws as `parse` */
function inputOf({ params, query, body }: RouteDescription, request: FastifyRequest): Input<RouteDescription> {
  const input = {
    params: params && parse(params, request.params, "path"),
    query: query && parse(query, request.query, "query"),
    body: body && parse(body, request.body, "body"),
  };
  return input as Input<RouteDescription>;
}

/** One path, and what may be done there. */
interface Place {
  /** What the router takes for this path. */
  readonly pattern: RegExp;
  readonly allowed: readonly string[];
  readonly isForEveryone: boolean;
}

/**
 * OPTIONS says which methods there are, and whether a page may use them (P-139); so does 405 for all others (RFC 9110,
 * sections 9.3.7 and 15.5.6). Answered before any body is read. They have no routes of their own: some 30 methods for
 * each path took an eighth of an agent's start.
 */
function answerOtherMethods(app: FastifyInstance, { limiter, guard, routes }: RoutesModules): void {
  const places = placesOf(routes);
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const asked = request.url.split("?", 1)[0] ?? "";
    const place = places.find(({ pattern }) => pattern.test(asked));
    if (place === undefined) return;
    const { allowed, isForEveryone } = place;
    // A method that is allowed here and has no route: the router does not take the path.
    if (request.method !== "OPTIONS" && allowed.includes(request.method)) return;
    if (isForEveryone) reply.headers(guard.readers(request.raw));
    limit(limiter, request, 1, "questions");
    reply.header("allow", allowed.join(", "));
    if (request.method !== "OPTIONS") throw quorateError("METHOD_NOT_ALLOWED", { method: request.method, allowed });
    if (isForEveryone) reply.headers(guard.askers(request.raw, allowed));
    return reply.code(204).send();
  });
}

/** Those without a parameter first, as the router has it. */
function placesOf(routes: readonly Route[]): Place[] {
  const paths = [...new Set(routes.map(({ described }) => described.path))];
  const byParameters = paths.sort((a, b) => a.split(":").length - b.split(":").length);
  return byParameters.map((path) => {
    const here = routes.filter(({ described }) => described.path === path).map(({ described }) => described);
    return {
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]*")}$`),
      allowed: [...here.flatMap(({ method }) => (method === "GET" ? [method, "HEAD"] : [method])), "OPTIONS"],
      isForEveryone: here.every(({ audience }) => audience === "everyone"),
    };
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

function limit(limiter: RateLimiter, request: FastifyRequest, cost: number, budget: Route["budget"]): void {
  if (cost === 0) return;
  const waitMs = limiter.take(budgetOf(request, budget), cost, performance.now());
  if (waitMs > 0) throw quorateError("RATE_LIMITED", { client: clientOf(request), waitMs });
}

function budgetOf(request: FastifyRequest, budget: Route["budget"] = "questions"): string {
  const client = clientOf(request);
  return budget === "questions" ? client : `${client} ${budget}`;
}

/**
 * The input as the schema has it. @throws REQUEST_MALFORMED with the first field that is wrong; ADDRESS_* from
 * addresses
 */
function parse<S extends z.ZodType>(schema: S, input: unknown, where: "body" | "path" | "query"): z.output<S> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [where, ...(issue?.path ?? [])].join(".");
  throw quorateError("REQUEST_MALFORMED", { field, reason: issue?.message, wrongFields: result.error.issues.length });
}
