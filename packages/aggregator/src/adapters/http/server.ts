/**
 * The HTTP interface of an agent: what stakers, operators and the portal may ask (docs/claiming.md). Enters:
 * requests, checked by `schemas.ts`. Leaves: JSON answers, coded errors, event streams. Not its job: deciding
 * anything; `AgentApi` does.
 *
 * Health and metrics have a listener of their own too, so that probes are answered whatever the clients of the other
 * one do.
 */
import { type ClaimView, type ErrorCode, quorateError } from "@quorate/common";
import type { FastifyInstance } from "fastify";
import type { AgentApi, HttpView } from "../../driver/ports.ts";
import { type App, makeApp } from "./app.ts";
import { type ClaimBudget, ClaimQueue } from "./claimQueue.ts";
import { TrustedProxies } from "./clients.ts";
import { EventStreams } from "./eventStream.ts";
import { Guard } from "./guard.ts";
import {
  DEFAULT_HTTP_LIMITS,
  HEALTH_CONNECTIONS_MAX,
  HEALTH_CONNECTIONS_PER_CLIENT_MAX,
  type HttpLimits,
  STOP_GRACE_MS,
} from "./limits.ts";
import type { HttpServerModules } from "./modules.ts";
import { operatorRoutes } from "./operatorRoutes.ts";
import { addPortalFiles, type PortalOptions, portalRoutes } from "./portal.ts";
import { RateLimiter } from "./rateLimit.ts";
import { addRoutes } from "./routes.ts";
import { stakerRoutes } from "./stakerRoutes.ts";

export interface HttpServerOptions extends Partial<HttpLimits> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where health and metrics are served too; null: only with the rest. */
  readonly health?: { readonly host: string; readonly port: number } | null;
  /** Names by which this interface is asked, beside IP addresses and localhost (P-127). */
  readonly allowedHosts?: readonly string[];
  /** Origins whose pages may read and ask for claims (P-139); `*` for any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Addresses and networks of proxies that name their clients in X-Forwarded-For. */
  readonly trustedProxies?: readonly string[];
  /** The page of the network, and what it is told; null: neither is served (P-143). */
  readonly portal?: PortalOptions | null;
  /** Claims the agent's node may ask the network for at once, and the milliseconds for one more (P-74). */
  readonly claimBudget?: () => ClaimBudget;
}

export interface HttpServer {
  /** Resolves to the address in use, such as `http://127.0.0.1:8080`. @throws HTTP_LISTEN_FAILED */
  start(): Promise<string>;
  /** The address of health and metrics after `start`; null when they have no listener of their own. */
  readonly healthUrl: string | null;
  view(): HttpView;
  /** Ends event streams and closes idle connections; what still runs has `STOP_GRACE_MS` to finish. */
  stop(): Promise<void>;
}

const DEFAULT_PORTAL: PortalOptions = { rpc: [], explorer: null, publicUrl: null };

/** Enough for a test's server; an agent is given what its core allows. */
const DEFAULT_CLAIM_BUDGET = (): ClaimBudget => ({ burst: 256, refillMs: 100 });

export function createHttpServer(options: HttpServerOptions, modules: HttpServerModules): HttpServer {
  const { host, port, health = null, portal = DEFAULT_PORTAL, claimBudget, ...access } = options;
  const { allowedHosts = [], allowedOrigins, trustedProxies = [], ...given } = access;
  const limits: HttpLimits = { ...DEFAULT_HTTP_LIMITS, ...given };
  const appModules = {
    logger: modules.logger,
    proxies: new TrustedProxies(trustedProxies),
    guard: new Guard([...allowedHosts, host], allowedOrigins),
  };
  const streams = new EventStreams(limits, modules.api);
  const claims = new ClaimQueue({
    budget: claimBudget ?? DEFAULT_CLAIM_BUDGET,
    waitMs: limits.claimWaitMs,
    watch: (claim, onChange) => watchFromNow(modules.api, claim, onChange),
    reachSuffices: () => modules.api.status().reach?.suffices ?? true,
  });
  const main = makeApp(limits, appModules);
  const limiter = new RateLimiter(limits);
  const ofOperators = operatorRoutes(modules);
  const ofPage = portal === null ? [] : portalRoutes(portal, { api: modules.api, guard: appModules.guard, limits });
  const routes = [...stakerRoutes({ api: modules.api, streams, claims, limits }), ...ofPage, ...ofOperators];
  addPortalFiles(main.fastify);
  addRoutes(main.fastify, { limiter, limits, routes, guard: appModules.guard });
  main.fastify.addHook("preClose", async () => {
    claims.close();
    streams.close();
  });
  const own = health === null ? null : healthApp(limits, appModules, ofOperators);
  let healthUrl: string | null = null;
  return {
    async start() {
      const url = await listen(main.fastify, { host, port });
      if (health === null || own === null) return url;
      healthUrl = await listen(own.fastify, health).catch(async (error: unknown) => {
        await close(main.fastify);
        throw error;
      });
      return url;
    },
    get healthUrl() {
      return healthUrl;
    },
    view: () => ({
      listeners: { main: main.traffic(), ...(own === null ? {} : { health: own.traffic() }) },
      claimsWaiting: claims.size,
      claimWaits: claims.waits,
      claimsAtOnce: claims.atOnce,
    }),
    async stop() {
      await Promise.all([close(main.fastify), ...(own === null ? [] : [close(own.fastify)])]);
    },
  };
}

/** As `watchClaim`; a claim that has changed since it was looked at is told too. */
function watchFromNow(api: AgentApi, { recipient, epoch }: ClaimView, onChange: (claim: ClaimView) => void) {
  const unwatch = api.watchClaim(recipient, epoch, onChange);
  const now = api.claim(recipient, epoch);
  if (now !== null) queueMicrotask(() => onChange(now));
  return unwatch;
}

function healthApp(
  limits: HttpLimits,
  modules: Parameters<typeof makeApp>[1],
  routes: ReturnType<typeof operatorRoutes>,
): App {
  const connections = {
    maxConnections: HEALTH_CONNECTIONS_MAX,
    maxConnectionsPerClient: HEALTH_CONNECTIONS_PER_CLIENT_MAX,
  };
  const app = makeApp({ ...limits, ...connections }, modules);
  addRoutes(app.fastify, { limiter: new RateLimiter(limits), limits, routes, guard: modules.guard });
  return app;
}

async function listen(app: FastifyInstance, where: { readonly host: string; readonly port: number }): Promise<string> {
  // fastify binds all addresses of localhost, but only one of them to a server of its caller's.
  const host = where.host === "localhost" ? "127.0.0.1" : where.host;
  try {
    return await app.listen({ host, port: where.port });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code: ErrorCode = "HTTP_LISTEN_FAILED";
    throw quorateError(code, { ...where, reason }, { cause });
  }
}

async function close(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
  await app.close();
  clearTimeout(cut);
}
