/**
 * Every route of the HTTP interface: its path, the schemas that check what it is asked with, the answers it gives,
 * and how stable it is (P-141). The server is built from these, the OpenAPI document is made of them (openapi.ts).
 */
import type { z } from "zod";
import type { ErrorCode } from "../errorCodes.ts";
import * as schemas from "./schemas.ts";

const { PATHS } = schemas;

/** P-141. */
export type Stability = "stable" | "evolving";

export interface RouteAnswer {
  readonly about: string;
  readonly type: "application/json" | "text/event-stream" | "text/plain";
  /** Of the JSON; of a stream, of each event's data. None for what has a format of its own. */
  readonly schema?: z.ZodType;
}

export interface RouteDescription {
  readonly method: "GET" | "POST";
  /** With `:name` for what a path says. */
  readonly path: string;
  readonly summary: string;
  readonly stability: Stability;
  /** `operators`: of probes, served by the listener of health too, and read by no page of another origin (P-139). */
  readonly audience: "everyone" | "operators";
  readonly params?: z.ZodObject;
  /** None: a query is not looked at. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** By status. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Refusals of its own, beside those that any route may give. */
  readonly codes: readonly ErrorCode[];
}

const json = (schema: z.ZodType, about: string): RouteAnswer => ({ about, type: "application/json", schema });

const read = { method: "GET", stability: "stable", audience: "everyone" } as const;
const ofRecipient = { ...read, params: schemas.recipientParamsSchema } as const;
const addressCodes = ["ADDRESS_MALFORMED", "ADDRESS_BAD_CHECKSUM"] as const;
const ledgerCodes = ["EPOCH_NOT_CLOSED", "LEDGER_BUSY", "LEDGER_WORKER_DIED"] as const;

const claimRoutes = {
  requestClaim: {
    method: "POST",
    path: PATHS.claims,
    summary: "Asks for a recipient's claim; it is there already, or the network is asked to sign it.",
    stability: "stable",
    audience: "everyone",
    query: schemas.noQuerySchema,
    body: schemas.claimRequestSchema,
    answers: { 202: json(schemas.claimSchema, "The claim as it stands.") },
    codes: [...addressCodes, "CLAIM_QUEUE_FULL", "EPOCH_NOT_CLOSED", "EPOCH_TOO_OLD", "CHAIN_UNHEALTHY"],
  },
  claim: {
    ...ofRecipient,
    path: PATHS.claim,
    summary: "A claim that was asked for here, as it stands.",
    query: schemas.epochQuerySchema,
    answers: { 200: json(schemas.claimSchema, "The claim.") },
    codes: [...addressCodes, "CLAIM_NOT_FOUND"],
  },
  claimEvents: {
    ...ofRecipient,
    path: PATHS.claimEvents,
    summary: "Server-sent events named `claim`: the claim at each change, until it is ready or has failed.",
    query: schemas.epochQuerySchema,
    answers: {
      200: {
        about: "The whole claim in each event's data; a comment at least every 15 seconds.",
        type: "text/event-stream",
        schema: schemas.claimSchema,
      },
    },
    codes: [...addressCodes, "CLAIM_NOT_FOUND", "WATCHERS_EXCEEDED"],
  },
  bundle: {
    ...ofRecipient,
    path: PATHS.bundle,
    summary: "A bundle that the nodes have signed.",
    query: schemas.epochQuerySchema,
    answers: { 200: json(schemas.bundleSchema, "The bundle.") },
    codes: [...addressCodes, "BUNDLE_NOT_FOUND"],
  },
} as const satisfies Record<string, RouteDescription>;

const readRoutes = {
  proof: {
    ...ofRecipient,
    path: PATHS.proof,
    summary: "A proof against the newest payable root that holds the recipient.",
    query: schemas.noQuerySchema,
    answers: { 200: json(schemas.proofSchema, "The proof.") },
    codes: [...addressCodes, "PROOF_NOT_FOUND"],
  },
  rewards: {
    ...ofRecipient,
    path: PATHS.rewards,
    summary: "The recipient's lifetime amount at the last closed epoch, in this agent's ledger.",
    query: schemas.noQuerySchema,
    answers: { 200: json(schemas.rewardsSchema, "The amount.") },
    codes: [...addressCodes, "EPOCH_NOT_CLOSED"],
  },
  nodes: {
    ...read,
    path: PATHS.nodes,
    summary: "The node set: all of it, or a page of it.",
    stability: "evolving",
    query: schemas.nodesQuerySchema,
    answers: { 200: json(schemas.nodesSchema, "Nodes, by id; of a page also where the next one begins.") },
    codes: [],
  },
  agents: {
    ...read,
    path: PATHS.agents,
    summary: "The agents known here, with their URLs. Each URL is the claim of its node alone (P-138).",
    query: schemas.noQuerySchema,
    answers: { 200: json(schemas.agentsSchema, "Agents by ascending node id; ask them in random order.") },
    codes: [],
  },
  status: {
    ...read,
    path: PATHS.status,
    summary: "This agent: its node, its chain, its peers.",
    stability: "evolving",
    query: schemas.noQuerySchema,
    answers: { 200: json(schemas.statusSchema, "The status.") },
    codes: [],
  },
  portalFacts: {
    ...read,
    path: PATHS.portalFacts,
    summary: "Of which network the page served here is, and whom it may ask (P-143). Not found where it is turned off.",
    query: schemas.noQuerySchema,
    answers: { 200: json(schemas.portalSchema, "What the page begins with.") },
    codes: [],
  },
  openApi: {
    ...read,
    path: PATHS.openApi,
    summary: "This document.",
    query: schemas.noQuerySchema,
    answers: { 200: { about: "OpenAPI 3.1.", type: "application/json" } },
    codes: [],
  },
} as const satisfies Record<string, RouteDescription>;

const ledgerRoutes = {
  ledger: {
    ...ofRecipient,
    path: PATHS.ledger,
    summary: "The lines that add up to a recipient's amount, a page of epochs.",
    stability: "evolving",
    query: schemas.ledgerQuerySchema,
    answers: { 200: json(schemas.ledgerPageSchema, "A page; `next` is the epoch to go on with.") },
    codes: [...addressCodes, ...ledgerCodes],
  },
  ledgerEpochs: {
    ...read,
    path: PATHS.ledgerEpochs,
    summary: "Root and sum of closed epochs.",
    stability: "evolving",
    query: schemas.epochsQuerySchema,
    answers: { 200: json(schemas.epochsPageSchema, "Epochs in order.") },
    codes: [...ledgerCodes],
  },
  ledgerRanges: {
    ...read,
    path: PATHS.ledgerRanges,
    summary: "Recipients of an epoch by the beginning of their address: hashes, or the amounts themselves.",
    stability: "evolving",
    query: schemas.rangesQuerySchema,
    answers: { 200: json(schemas.rangesPageSchema, "Ranges one digit further, or entries.") },
    codes: [...ledgerCodes],
  },
} as const satisfies Record<string, RouteDescription>;

const operatorRoutes = {
  health: {
    method: "GET",
    path: PATHS.health,
    summary: "Whether this process answers.",
    stability: "stable",
    audience: "operators",
    answers: { 200: json(schemas.aliveSchema, "It does.") },
    codes: [],
  },
  ready: {
    method: "GET",
    path: PATHS.ready,
    summary: "Whether a claim that is asked for now could succeed (P-126).",
    stability: "stable",
    audience: "operators",
    answers: {
      200: json(schemas.readySchema, "It could."),
      503: json(schemas.readySchema, "It could not; `causes` says why."),
    },
    codes: [],
  },
  metrics: {
    method: "GET",
    path: PATHS.metrics,
    summary: "Numbers for Prometheus.",
    stability: "evolving",
    audience: "operators",
    answers: { 200: { about: "Prometheus' text format.", type: "text/plain" } },
    codes: [],
  },
} as const satisfies Record<string, RouteDescription>;

export const ROUTES = { ...claimRoutes, ...readRoutes, ...ledgerRoutes, ...operatorRoutes } as const;
