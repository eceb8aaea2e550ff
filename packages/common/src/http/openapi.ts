/**
 * The OpenAPI 3.1 document of the interface (P-141), made from the routes and their schemas. In: nothing else. Out:
 * plain JSON. It describes what travels, so amounts are strings in it.
 */
import { z } from "zod";
import { ROUTES, type RouteAnswer, type RouteDescription } from "./routes.ts";
import * as schemas from "./schemas.ts";

/** Of the interface, not of the software: the paths begin with it. */
const INTERFACE_VERSION = "1";

/** Schemas that have a name in the document; all others stand where they are used. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  ClaimRequest: schemas.claimRequestSchema,
  Claim: schemas.claimSchema,
  Bundle: schemas.bundleSchema,
  Proof: schemas.proofSchema,
  Rewards: schemas.rewardsSchema,
  Nodes: schemas.nodesSchema,
  Agents: schemas.agentsSchema,
  Status: schemas.statusSchema,
  LedgerPage: schemas.ledgerPageSchema,
  LedgerEpochs: schemas.epochsPageSchema,
  LedgerRanges: schemas.rangesPageSchema,
  Portal: schemas.portalSchema,
  Alive: schemas.aliveSchema,
  Ready: schemas.readySchema,
  Error: schemas.errorSchema,
};

const STABILITY = {
  stable: "Stable: answers may gain fields, and codes may be added; anything else comes under a new path.",
  evolving: "Evolving: may change in any release; the release notes say how.",
} as const;

type Json = { readonly [name: string]: unknown };

export function openApiDocument(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Quorate agent",
      version: INTERFACE_VERSION,
      summary: "Claims, proofs and the ledger of an agent.",
      description: [
        "No agent has to be trusted: what it gives holds on chain or pays nothing.",
        "Amounts and stakes are decimal strings in atomic units (9 decimals). Clients ignore fields they do not know.",
        "Every GET is answered to HEAD as well, and every path answers OPTIONS.",
      ].join("\n"),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The agent that serves this document." }],
    security: [],
    tags: [
      { name: "everyone", description: "For stakers, pages and whoever checks an agent." },
      { name: "operators", description: "For probes; behind a proxy these are not passed on." },
    ],
    paths: paths(),
    components: { schemas: namedSchemas(), responses: { Refused: REFUSED, ComeBack: COME_BACK } },
  };
}

const REFUSED: Json = {
  description: "Refused; `code` says why and `remedy` what to do.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
};
const COME_BACK: Json = {
  ...REFUSED,
  description: "Not now: more was asked than is this client's part, or the agent is busy.",
  headers: {
    "Retry-After": { description: "Seconds.", required: true, schema: { type: "integer", minimum: 1 } },
  },
};

function paths(): Json {
  const byPath: Record<string, Record<string, Json>> = {};
  for (const [operationId, route] of Object.entries<RouteDescription>(ROUTES)) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    byPath[path] = { ...byPath[path], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return byPath;
}

function operation(operationId: string, route: RouteDescription): Json {
  const { summary, stability, audience, params, query, body, answers, codes } = route;
  const parameters = [...parametersOf(params, "path"), ...parametersOf(query, "query")];
  const own = codes.length === 0 ? "" : `\nRefusals of its own: ${codes.map((code) => `\`${code}\``).join(", ")}.`;
  const responses = Object.entries(answers).map(([status, answer]) => [status, response(answer)]);
  return {
    operationId,
    ...{ summary, tags: [audience] },
    description: `${STABILITY[stability]}${own}`,
    "x-stability": stability,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      ...Object.fromEntries(responses),
      "429": { $ref: "#/components/responses/ComeBack" },
      default: { $ref: "#/components/responses/Refused" },
    },
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: "path" | "query"): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, of]) => ({
    ...{ name, in: place },
    required: place === "path" || required.includes(name),
    schema: of,
  }));
}

function response({ about, type, schema }: RouteAnswer): Json {
  if (type === "application/json" && schema !== undefined) return { description: about, content: contentOf(schema) };
  const text = type === "application/json" ? { type: "object" } : { type: "string" };
  const data = schema === undefined ? {} : { "x-event-data": refTo(schema) };
  return { description: about, content: { [type]: { schema: { ...text, ...data } } } };
}

function contentOf(schema: z.ZodType): Json {
  return { "application/json": { schema: refTo(schema) } };
}

function refTo(schema: z.ZodType): Json {
  const name = Object.keys(NAMED).find((key) => NAMED[key] === schema);
  return name === undefined ? { ...z.toJSONSchema(schema, { io: "input" }) } : { $ref: `#/components/schemas/${name}` };
}

function namedSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const { schemas: made } = z.toJSONSchema(registry, { io: "input", uri });
  // Each would name its dialect and itself again.
  return Object.fromEntries(Object.entries(made).map(([id, { $schema, $id, ...schema }]) => [id, schema]));
}
