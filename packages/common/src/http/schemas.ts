/**
 * Every request and answer of the HTTP interface, once. The server checks requests with them, the client checks
 * answers and turns decimal strings back into bigints. Answers may gain fields; a client ignores those it does not
 * know.
 */
import { z } from "zod";
import { bundleSchema } from "../bundle.ts";
import { parseAddress } from "../hex.ts";
import { RANGE_ENTRIES_MAX } from "../ledgerViews.ts";
import type { Address, Hex } from "../types.ts";
import { AGENT_URL_MAX_CHARS, LEDGER_EPOCHS_MAX, NODES_PAGE_MAX, PORTAL_AGENTS_MAX, PORTAL_RPC_MAX } from "./limits.ts";

export { bundleSchema };

const address = z
  .string()
  .meta({ pattern: "^0x[0-9a-fA-F]{40}$", description: "An address; in mixed case its checksum counts." })
  .transform((text): Address => parseAddress(text));
const hex = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2})*$/)
  .transform((text) => text as Hex);
const integer = z.int().nonnegative();
/** Atomic units as a decimal string: JSON's numbers end at 2^53. */
const amount = z
  .string()
  .regex(/^(?:0|[1-9][0-9]*)$/)
  .meta({ description: "Atomic units, 9 decimals." })
  .transform(BigInt);
const nodeId = z.int().positive();
const nodeState = z.enum(["pending", "active", "decommissioned", "exited"]);

// ── Requests
// ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `POST /v1/claims` */
export const claimRequestSchema = z.strictObject({
  recipient: address,
  /** Default: the last closed epoch. */
  epoch: integer.optional(),
});

/** The path of everything about one recipient. */
export const recipientParamsSchema = z.strictObject({ recipient: address });

/** A whole number in a query. 15 digits stay below 2^53. */
const wholeNumber = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,14})$/, "not a whole number")
  .transform(Number);

/** `?epoch=`; without it, the latest there is. */
export const epochQuerySchema = z.strictObject({ epoch: wholeNumber.optional() });

/** `GET /v1/ledger/:recipient`: the lines from an epoch (default 0) up to one (default the last closed). */
export const ledgerQuerySchema = z.strictObject({ epoch: wholeNumber.optional(), from: wholeNumber.optional() });

/** `GET /v1/ledger/epochs` */
export const epochsQuerySchema = z.strictObject({
  from: wholeNumber.optional(),
  count: wholeNumber.pipe(z.int().min(1).max(LEDGER_EPOCHS_MAX)).optional(),
});

/** `GET /v1/nodes`: without any, all nodes at once; else a page of them, by ascending id. */
export const nodesQuerySchema = z.strictObject({
  from: wholeNumber.optional(),
  count: wholeNumber.pipe(z.int().min(1).max(NODES_PAGE_MAX)).optional(),
});

/** `GET /v1/ledger/ranges`: recipients whose address begins with these hex digits. */
export const rangesQuerySchema = z.strictObject({
  epoch: wholeNumber,
  prefix: z
    .string()
    .regex(/^[0-9a-f]{0,40}$/, "not at most 40 hex digits in lower case")
    .optional(),
});

/** For paths that take no query. */
export const noQuerySchema = z.strictObject({});

// ── Answers
// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    values: z.record(z.string(), z.unknown()),
    remedy: z.string(),
  }),
});
export type ErrorBody = z.input<typeof errorSchema>;

/** What a claim and an operator's status say about it alike. */
const claimProgress = {
  recipient: address,
  epoch: integer,
  status: z.enum(["collecting", "ready", "failed"]),
  amount,
  signedBps: integer,
  missing: z.array(nodeId),
  reasons: z.array(z.object({ nodeId, code: z.string(), closedEpochs: integer.nullable() })),
  disagreements: z.array(z.object({ nodeId, amount })),
};

export const claimSchema = z.object({
  ...claimProgress,
  digest: hex,
  startedAtMs: z.number(),
  deadlineMs: z.number(),
  quorumAfterMs: z.number().nullable(),
  activeStake: amount,
  signedStake: amount,
  signers: z.array(nodeId),
  bundle: bundleSchema.nullable(),
});

const chainFields = {
  providers: z.array(
    z.object({
      host: z.string(),
      ok: z.boolean().nullable(),
      code: z.string().nullable(),
      detail: z.string(),
      finalised: integer.nullable(),
      sinceMs: z.number(),
      isLate: z.boolean(),
      failures: z.record(z.string(), integer),
    }),
  ),
  clockOffsetSeconds: z.number().nullable(),
};

export const statusSchema = z.object({
  version: z.string(),
  peerId: z.string(),
  addresses: z.array(z.string()),
  network: z.object({ chainId: z.string(), contract: address }),
  nodeId: nodeId.nullable(),
  nodeState: nodeState.nullable(),
  ownNode: z
    .object({
      nodeId,
      state: nodeState,
      operator: address,
      unlocksAt: integer.nullable(),
      foreign: z.array(z.string()),
    })
    .nullable()
    // Agents of an earlier version do not tell.
    .optional(),
  head: z.object({ number: integer, hash: hex, timestamp: integer }).nullable(),
  chain: z.union([
    z.object({ healthy: z.literal(true), ...chainFields }),
    z.object({ healthy: z.literal(false), code: z.string(), detail: z.string(), ...chainFields }),
  ]),
  genesis: integer.nullable(),
  epochSeconds: integer.nullable(),
  closedEpoch: integer.nullable(),
  nodes: z.object({ pending: integer, active: integer, decommissioned: integer, exited: integer }),
  activeStake: amount,
  decommissionedStake: amount,
  silentStake: amount,
  totalOwed: amount,
  acceptedReports: integer,
  payableEpoch: integer.nullable(),
  uptime: z.string(),
  silentReports: integer.nullable(),
  submitter: z
    .object({
      address,
      balanceWei: amount.nullable(),
      inFlight: z.object({ key: z.string(), txHash: hex, nonce: integer }).nullable(),
      queued: integer,
      unfinalised: integer,
      reorganised: integer,
      inTheWay: z.object({ code: z.string(), detail: z.string(), atFault: z.string() }).nullable(),
    })
    .nullable(),
  connectedPeers: integer,
  reach: z
    .object({ activeBps: integer, floorBps: integer, suffices: z.boolean(), missing: z.array(nodeId) })
    .nullable()
    .optional(),
  meshPeers: integer,
  rounds: integer,
  sharesAccepted: integer,
  sharesRejected: integer,
  disagreements: integer,
  unsigned: z.array(z.object(claimProgress)),
});
export type StatusAnswer = z.output<typeof statusSchema>;

export const nodesSchema = z.object({
  nodes: z.array(
    z.object({
      id: nodeId,
      operator: address,
      state: nodeState,
      silent: z.boolean(),
      stake: amount,
      blsKey: hex,
      identityKey: hex,
      identityValid: z.boolean(),
      feeBps: integer,
      contributors: z.array(z.object({ addr: address, beneficiary: address, stake: amount })),
      /** The last epochs as it was judged, oldest first: P present, M missed, U not judged. */
      uptime: z.string(),
      /** Seconds since 1970 from which it may be exited; null while nobody has asked for it to leave. */
      unlocksAt: integer.nullable().optional(),
      /** Whether it is the node of the agent that answers. */
      own: z.boolean().optional(),
    }),
  ),
  /** Of a page: from which id the next one goes on; null on the last. */
  next: nodeId.nullable().optional(),
});
export type NodesPage = z.output<typeof nodesSchema>;
export type NodeAnswer = z.output<typeof nodesSchema>["nodes"][number];

/** An agent's URL in the one form in which it is compared and passed on: as `URL` writes it, no slash at its end. */
export function plainAgentUrl(text: string): string {
  return URL.canParse(text) ? new URL(text).href.replace(/\/+$/, "") : text;
}

/**
 * Where an agent can be asked, as its operator says (P-138): `http` or `https`, a host, at most a port and a path, in
 * the form of `plainAgentUrl`. No credentials, no query, no fragment.
 */
export const agentUrlSchema = z
  .string()
  .max(AGENT_URL_MAX_CHARS)
  .meta({ format: "uri" })
  .refine((text) => {
    if (!/^https?:\/\/[^?#]+$/.test(text) || !URL.canParse(text) || plainAgentUrl(text) !== text) return false;
    const { username, password } = new URL(text);
    return username === "" && password === "";
  }, "not an http or https URL without credentials, query and fragment");

/** `GET /v1/agents`: the agents known here. What a URL says is the claim of that node alone (P-138). */
export const agentsSchema = z.object({
  agents: z.array(z.object({ id: nodeId, url: agentUrlSchema, stake: amount })),
});
export type AgentAnswer = z.output<typeof agentsSchema>["agents"][number];

export const rewardsSchema = z.object({ recipient: address, epoch: integer, amount });
export type RewardsAnswer = z.output<typeof rewardsSchema>;

/** `claimWithProof(amount, rootIndex, proof)` of the RewardsDistributor. */
export const proofSchema = z.object({
  recipient: address,
  epoch: integer,
  rootIndex: integer,
  rewardsRoot: hex,
  amount,
  proof: z.array(hex),
  /** The RewardsDistributor, as the contract names it; null when the agent's providers do not answer. */
  distributor: address.nullable().default(null),
});
export type ProofOfRewards = z.output<typeof proofSchema>;

const ledgerLine = z.object({
  epoch: integer,
  node: nodeId.nullable(),
  activeSeconds: integer,
  nodeReward: amount,
  fee: amount,
  share: amount,
  dust: amount,
  bounty: amount,
  amount,
});

export const ledgerLinesSchema = z.array(ledgerLine);

export const ledgerPageSchema = z.object({
  recipient: address,
  from: integer,
  to: integer,
  before: amount,
  after: amount,
  lines: ledgerLinesSchema,
  next: integer.nullable(),
});

/** The same with lines that are not checked yet: thousands of them are checked a part at a time (P-151). */
export const ledgerPageFrameSchema = ledgerPageSchema.extend({ lines: z.array(z.unknown()) });

export const epochsPageSchema = z.object({
  epochs: z.array(z.object({ epoch: integer, root: hex.nullable(), totalOwed: amount })).max(LEDGER_EPOCHS_MAX),
  closedEpoch: integer.nullable(),
});

const prefix = z.string().regex(/^[0-9a-f]{0,40}$/);
export const rangesPageSchema = z.object({
  epoch: integer,
  prefix,
  ranges: z.array(z.object({ prefix, count: integer, hash: hex })).max(16),
  entries: z
    .array(z.object({ recipient: address, amount }))
    .max(RANGE_ENTRIES_MAX)
    .nullable(),
});

const httpUrl = z.url({ protocol: /^https?$/ }).max(AGENT_URL_MAX_CHARS);

/** `GET /portal.json`: of which network the page is. An agent makes it; a static host has it as a file (P-143). */
export const portalSchema = z.object({
  chainId: z.string().regex(/^[1-9][0-9]{0,19}$/),
  /** ServiceNodeRewards: the proxy. */
  contract: address,
  /** The page asks these; empty: the agent that serves it, and whom it lists. */
  agents: z.array(httpUrl).max(PORTAL_AGENTS_MAX),
  /** JSON-RPC of the chain for everyone's browser; empty: the visitor's wallet is asked, or nobody. */
  rpc: z.array(httpUrl).max(PORTAL_RPC_MAX),
  /** A block explorer, for links to transactions and addresses: `${explorer}/tx/0x…`. */
  explorer: httpUrl.nullable(),
});
export type PortalFacts = z.output<typeof portalSchema>;

/** `GET /healthz` */
export const aliveSchema = z.object({ alive: z.literal(true) });

export const readySchema = z.object({
  ready: z.boolean(),
  /** For people; `causes` has the same for machines. */
  reasons: z.array(z.string()),
  causes: z
    .array(
      z.object({
        code: z.string(),
        atFault: z.string(),
        values: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.number())])),
        remedy: z.string(),
      }),
    )
    .optional(),
});
export type ReadyAnswer = z.output<typeof readySchema>;

/** Shown once, so that client and server cannot disagree on them. */
export const PATHS = {
  claims: "/v1/claims",
  claim: "/v1/claims/:recipient",
  claimEvents: "/v1/claims/:recipient/events",
  bundle: "/v1/bundles/:recipient",
  rewards: "/v1/rewards/:recipient",
  proof: "/v1/proofs/:recipient",
  ledger: "/v1/ledger/:recipient",
  ledgerEpochs: "/v1/ledger/epochs",
  ledgerRanges: "/v1/ledger/ranges",
  nodes: "/v1/nodes",
  agents: "/v1/agents",
  openApi: "/openapi.json",
  portalFacts: "/portal.json",
  status: "/v1/status",
  health: "/healthz",
  ready: "/readyz",
  metrics: "/metrics",
} as const;
