/**
 * The page of the network, as every agent serves it (P-143 to P-146). Enters: the built files of `packages/portal`,
 * what the operator lets visitors ask, the agents known here. Leaves: `/`, `/assets/…` and `/portal.json`, with the
 * policy that holds in the visitor's browser. Not its job: what the page does.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import { parseAddress, quorateError } from "@quorate/common";
import { PORTAL_AGENTS_MAX, type PortalFacts, ROUTES } from "@quorate/common/http";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AgentApi } from "../../driver/ports.ts";
import type { Guard } from "./guard.ts";
import { ASSET_FRESH_MS, type HttpLimits, ICON_FRESH_MS } from "./limits.ts";
import { Page } from "./page.ts";
import { type Route, route } from "./routes.ts";

export interface PortalOptions {
  /** JSON-RPC URLs for visitors' browsers, and the explorer that the page links to: told to everyone. */
  readonly rpc: readonly string[];
  readonly explorer: string | null;
  /** This agent's own URL, the first that the page is told. */
  readonly publicUrl: string | null;
  /** Where the built page is; default where it is built to. */
  readonly directory?: string;
}

interface PortalModules {
  readonly api: AgentApi;
  readonly guard: Guard;
  readonly limits: Pick<HttpLimits, "writeTimeoutMs">;
}

/** Gives replies `sendFile`; the routes are this interface's own. */
export function addPortalFiles(app: FastifyInstance): void {
  app.register(fastifyStatic, {
    ...{ serve: false, preCompressed: true },
    ...{ acceptRanges: false, cacheControl: false, dotfiles: "deny", index: false },
  });
}

export function portalRoutes(options: PortalOptions, { api, guard, limits }: PortalModules): Route[] {
  const { directory = portalDirectory(import.meta.url) } = options;
  const facts = new Page(async () => portalFacts(options, api));
  // A file is sent as slowly as it is read; whoever does not read is cut by then.
  const sent = { cost: 1, budget: "page", timeoutMs: limits.writeTimeoutMs } as const;
  const icon = `public, max-age=${ICON_FRESH_MS / 1_000}`;
  const asset = `public, max-age=${ASSET_FRESH_MS / 1_000}, immutable`;
  return [
    route(ROUTES.portalFacts, { cost: 1, budget: "page", handle: () => facts.get() }),
    route(fileRoute("/", "The page."), {
      ...sent,
      async handle(_input, request, reply) {
        if (!existsSync(join(directory, "index.html"))) throw quorateError("PORTAL_NOT_BUILT", {});
        const policy = contentPolicy(await facts.get(), guard.localName(request.raw));
        return reply.headers({ ...PAGE_HEADERS, "content-security-policy": policy }).sendFile("index.html", directory);
      },
    }),
    route(fileRoute("/icon.svg", "Its icon."), {
      ...sent,
      handle: (_input, _request, reply) => reply.header("cache-control", icon).sendFile("icon.svg", directory),
    }),
    route(
      { ...fileRoute("/assets/:file", "A file of it."), params: assetParams },
      {
        ...sent,
        handle: ({ params: { file } }, _request, reply) =>
          reply.header("cache-control", asset).sendFile(file, join(directory, "assets")),
      },
    ),
  ];
}

/** No folder is below, and no name begins with a dot. */
const assetParams = z.object({ file: z.string().regex(/^\w[\w.-]{0,99}$/, "not the name of a file here") });

/** Files have no place in the OpenAPI document: who asks for them is a browser. */
function fileRoute(path: string, summary: string) {
  return { method: "GET", stability: "evolving", audience: "everyone", answers: {}, codes: [], path, summary } as const;
}

/**
 * The built page: beside the built command, or where the repository builds it. A test may look elsewhere.
 * @param here the URL of the module that runs
 */
export function portalDirectory(here: string): string {
  const [, packages] = /^(.*\/packages\/)aggregator\/(?:src|\.bundles)\//.exec(here) ?? [];
  return fileURLToPath(packages === undefined ? new URL("./portal/", here) : `${packages}portal/dist/`);
}

/** Where more agents are known than a page is told of, others each second. */
function portalFacts({ rpc, explorer, publicUrl }: PortalOptions, api: AgentApi): PortalFacts {
  const { chainId, contract } = api.network;
  const listed = new Set(api.agents().map(({ url }) => url));
  const own = publicUrl === null ? [] : [publicUrl];
  const others = [...listed].filter((url) => url !== publicUrl);
  const room = PORTAL_AGENTS_MAX - own.length;
  const from = others.length <= room ? 0 : Math.floor(Math.random() * others.length);
  const told = [...others.slice(from), ...others.slice(0, from)].slice(0, room);
  return { chainId, contract: parseAddress(contract), agents: [...own, ...told], rpc: [...rpc], explorer };
}

const PAGE_HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
} as const;

/** P-144. */
function contentPolicy({ agents, rpc }: PortalFacts, localName: string | null): string {
  const plain = [...agents, ...rpc].map((url) => new URL(url)).filter(({ protocol }) => protocol === "http:");
  // A policy cannot name an IPv6 address.
  const beside = localName === null ? [] : ["localhost", "127.0.0.1", localName].filter((name) => !name.includes(":"));
  const hosts = new Set([...plain.map(({ origin }) => origin), ...beside.map((name) => `http://${name}:*`)]);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["connect-src 'self' https:", ...hosts].join(" "),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}
