/**
 * What stakers, and whoever checks this agent, may ask. Enters: requests. Leaves: claims, bundles, proofs, the
 * ledger's lines, node set and status. Not its job: deciding anything; `AgentApi` does.
 */
import {
  type Address,
  type ClaimReply,
  type ClaimView,
  type ErrorCode,
  quorateError,
  type Refusal,
} from "@quorate/common";
import { LEDGER_EPOCHS_MAX, NODES_PAGE_MAX, openApiDocument, ROUTES } from "@quorate/common/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AgentApi } from "../../driver/ports.ts";
import type { ClaimQueue } from "./claimQueue.ts";
import { clientOf } from "./clients.ts";
import { type EventStreams, STREAM_HEADERS } from "./eventStream.ts";
import { CLAIM_COST, type HttpLimits, LEDGER_COST, LEDGER_GOES_ON_BACK, NODES_COST } from "./limits.ts";
import { Page } from "./page.ts";
import { answerRefusal, toJson } from "./refusals.ts";
import { type Route, route } from "./routes.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export interface StakerModules {
  readonly api: AgentApi;
  readonly streams: EventStreams;
  readonly claims: ClaimQueue;
  readonly limits: HttpLimits;
}

export function stakerRoutes(modules: StakerModules): Route[] {
  const { api, limits } = modules;
  return [...claimRoutes(modules), ...readRoutes(api), ...ledgerRoutes(api, limits.ledgerTimeoutMs)];
}

function claimRoutes({ api, streams, claims }: StakerModules): Route[] {
  return [
    route(ROUTES.requestClaim, {
      cost: CLAIM_COST,
      async handle({ body: { recipient, epoch } }, request, reply) {
        const answer = await inTurn(api, claims, { recipient, epoch: epoch ?? null }, request, reply);
        return answer.ok ? reply.code(202).send(answer.claim) : sendRefusal(reply, answer.refusal);
      },
    }),
    route(ROUTES.claim, { cost: 1, handle: ({ params, query }) => findClaim(api, params.recipient, query.epoch) }),
    route(ROUTES.claimEvents, {
      cost: 1,
      head({ params, query }, _request, reply) {
        findClaim(api, params.recipient, query.epoch);
        return reply.headers(STREAM_HEADERS).send();
      },
      handle({ params, query }, request, reply) {
        const claim = findClaim(api, params.recipient, query.epoch);
        const client = clientOf(request);
        streams.reserve(client);
        reply.hijack();
        streams.open(client, claim, reply.raw, reply.getHeaders());
        return reply;
      },
    }),
    route(ROUTES.bundle, {
      cost: 1,
      handle({ params: { recipient }, query: { epoch } }) {
        const bundle = api.bundle(recipient, epoch ?? null);
        if (bundle === null) throw notFound("BUNDLE_NOT_FOUND", recipient, epoch);
        return bundle;
      },
    }),
  ];
}

/**
 * A claim that is there already is answered at once; one that has to be asked of the network waits for its turn
 * (P-125).
 */
async function inTurn(
  api: AgentApi,
  claims: ClaimQueue,
  { recipient, epoch }: Pick<ClaimView, "recipient"> & { readonly epoch: number | null },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ClaimReply> {
  const ask = () => api.requestClaim(recipient, epoch);
  const wanted = epoch ?? api.owed(recipient)?.epoch ?? null;
  const known = wanted === null ? null : api.claim(recipient, wanted);
  if (known !== null && known.status !== "failed" && known.epoch === wanted) return ask();
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const claim = `${recipient} ${wanted}`;
  return claims.turn({ client: clientOf(request), recipient, claim, signal: gone.signal }, ask);
}

function readRoutes(api: AgentApi): Route[] {
  let openApi: ReturnType<typeof openApiDocument> | null = null;
  return [
    route(ROUTES.rewards, {
      cost: 1,
      handle({ params: { recipient } }, _request, reply) {
        const owed = api.owed(recipient);
        // Not a failure of the request: the network is younger than one epoch.
        if (owed === null) return sendRefusal(reply, { code: "EPOCH_NOT_CLOSED", values: { epoch: 0 } });
        return { recipient, ...owed };
      },
    }),
    route(ROUTES.proof, {
      cost: 1,
      async handle({ params: { recipient } }) {
        const proof = await api.proof(recipient);
        if (proof === null) throw quorateError("PROOF_NOT_FOUND", { recipient });
        return proof;
      },
    }),
    nodesRoute(api),
    pageRoute(ROUTES.agents, NODES_COST, () => ({ agents: api.agents() })),
    route(ROUTES.status, { cost: 1, handle: () => ({ ...api.status(), network: api.network }) }),
    // It never changes, and takes some 40 ms to make.
    pageRoute(ROUTES.openApi, 1, () => (openApi ??= openApiDocument())),
  ];
}

/**
 * Thousands of nodes are as many kilobytes: written once for all who ask, and kept once in memory for all who read
 * slowly.
 */
function pageRoute(described: Route["described"], cost: number, content: () => object): Route {
  const page = new Page(async () => Buffer.from(toJson(content())));
  return route(described, {
    cost,
    handle: async (_input, _request, reply) => reply.type(JSON_TYPE).send(await page.get()),
  });
}

/** All nodes at once, or a page of them: both are made of one list, which is made once a second. */
function nodesRoute(api: AgentApi): Route {
  const list = new Page(async () => api.nodes());
  const all = new Page(async () => Buffer.from(toJson({ nodes: await list.get() })));
  return route(ROUTES.nodes, {
    cost: NODES_COST,
    async handle({ query: { from, count } }, _request, reply) {
      if (from === undefined && count === undefined) {
        return reply.type(JSON_TYPE).send(await all.get());
      }
      const nodes = (await list.get()).filter(({ id }) => id >= (from ?? 1));
      const page = nodes.slice(0, count ?? NODES_PAGE_MAX);
      return { nodes: page, next: nodes[page.length]?.id ?? null };
    },
  });
}

/** What the ledger is made of, for whoever does not want to believe it. */
function ledgerRoutes({ ledger }: AgentApi, timeoutMs: number): Route[] {
  return [
    route(ROUTES.ledger, {
      ...{ cost: LEDGER_COST, timeoutMs },
      async handle({ params, query: { from, epoch } }, _request, reply, giveBack) {
        const { json, goesOn } = await ledger.page(params.recipient, from ?? 0, epoch ?? null);
        if (goesOn) giveBack(LEDGER_GOES_ON_BACK);
        return reply.type(JSON_TYPE).send(Buffer.from(json.buffer, json.byteOffset, json.byteLength));
      },
    }),
    route(ROUTES.ledgerEpochs, {
      ...{ cost: CLAIM_COST, timeoutMs },
      handle: ({ query: { from, count } }) => ledger.epochs(from ?? 0, count ?? LEDGER_EPOCHS_MAX),
    }),
    route(ROUTES.ledgerRanges, {
      ...{ cost: LEDGER_COST, timeoutMs },
      handle: ({ query: { epoch, prefix } }) => ledger.ranges(epoch, prefix ?? ""),
    }),
  ];
}

function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, headers, body } = answerRefusal(refusal);
  return reply.code(status).headers(headers).send(body);
}

function findClaim(api: AgentApi, recipient: Address, epoch: number | undefined): ClaimView {
  const claim = api.claim(recipient, epoch ?? null);
  if (claim === null) throw notFound("CLAIM_NOT_FOUND", recipient, epoch);
  return claim;
}

function notFound(code: ErrorCode, recipient: Address, epoch: number | undefined): Error {
  return quorateError(code, { recipient, epoch: epoch ?? "latest" });
}
