/**
 * What operators' probes and Prometheus ask: whether the agent is alive, whether it is of use, and its numbers.
 * Served by both listeners.
 */
import { ROUTES } from "@quorate/common/http";
import { METRICS_COST } from "./limits.ts";
import type { HttpServerModules } from "./modules.ts";
import { Page } from "./page.ts";
import { type Route, route } from "./routes.ts";

export function operatorRoutes({ api, metrics }: Pick<HttpServerModules, "api" | "metrics">): Route[] {
  const routes: Route[] = [
    // Alive means: this process answers. Whether it is of use is `ready`.
    route(ROUTES.health, { cost: 0, handle: () => ({ alive: true }) }),
    route(ROUTES.ready, {
      cost: 0,
      handle(_input, _request, reply) {
        const state = api.ready();
        return reply.code(state.ready ? 200 : 503).send(state);
      },
    }),
  ];
  if (metrics === undefined) return routes;
  const page = new Page(() => metrics.metrics());
  const metricsRoute = route(ROUTES.metrics, {
    cost: METRICS_COST,
    async handle(_input, _request, reply) {
      const text = await page.get();
      return reply
        .type(metrics.contentType)
        .serializer((value: string) => value)
        .send(text);
    },
  });
  return [...routes, metricsRoute];
}
