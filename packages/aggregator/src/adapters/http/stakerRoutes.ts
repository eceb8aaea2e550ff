/**
 * What stakers, and whoever checks this agent, may ask. Enters: requests. Leaves: claims, bundles, proofs, the
 * ledger's lines, node set and status. Not its job: deciding anything; `AgentApi` does.
 */
import { type ClaimReply, type ClaimView, type ErrorCode, isQuorateError, quorateError } from "@quorate/common";
import {
  claimRequestSchema,
  epochQuerySchema,
  epochsQuerySchema,
  LEDGER_EPOCHS_MAX,
  ledgerQuerySchema,
  noQuerySchema,
  PATHS,
  rangesQuerySchema,
  recipientParamsSchema,
} from "@quorate/common/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AgentApi } from "../../driver/ports.ts";
import type { ClaimQueue } from "./claimQueue.ts";
import { clientOf } from "./clients.ts";
import type { EventStreams } from "./eventStream.ts";
import { CLAIM_COST, type HttpLimits, LEDGER_COST, NODES_COST } from "./limits.ts";
import { Page } from "./page.ts";
import { answerRefusal, toJson } from "./refusals.ts";
import { comeBackAfter, parse, type Route } from "./routes.ts";

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
    {
      method: "POST",
      path: PATHS.claims,
      cost: CLAIM_COST,
      async handle(request, reply) {
        parse(noQuerySchema, request.query, "query");
        const { recipient, epoch } = parse(claimRequestSchema, request.body, "body");
        const answer = await inTurn(api, claims, { recipient, epoch: epoch ?? null }, request, reply);
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
      head: false,
      handle(request, reply) {
        const claim = findClaim(api, request);
        const client = clientOf(request);
        streams.reserve(client);
        reply.hijack();
        streams.open(client, claim, reply.raw);
        return reply;
      },
    },
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
  try {
    return await claims.turn({ client: clientOf(request), recipient, claim, signal: gone.signal }, ask);
  } catch (error) {
    if (isQuorateError(error, "CLAIM_QUEUE_FULL")) comeBackAfter(reply, Number(error.values["waitMs"]));
    throw error;
  }
}

function readRoutes(api: AgentApi): Route[] {
  // Thousands of nodes are as many kilobytes: written once for all who ask, and kept once in memory for all who read
  // slowly.
  const nodes = new Page(async () => Buffer.from(toJson({ nodes: api.nodes() })));
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
    {
      method: "GET",
      path: PATHS.nodes,
      cost: NODES_COST,
      handle: async (_request, reply) => reply.type("application/json; charset=utf-8").send(await nodes.get()),
    },
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
