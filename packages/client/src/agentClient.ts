/**
 * A typed client of one agent's HTTP interface, for the CLI, the demo, the portal and the tests. Enters: questions.
 * Leaves: answers checked by the server's own schemas, or coded errors: the agent's, or AGENT_UNREACHABLE /
 * AGENT_ANSWER_INVALID. Not its job: trusting the agent. A bundle has only its form checked here; `parseBundle` and
 * the chain check what it says.
 */
import {
  type Address,
  type Bundle,
  type ClaimView,
  type EpochsPage,
  ERROR_CODES,
  type ErrorCode,
  type ErrorValues,
  isQuorateError,
  type LedgerLine,
  type LedgerPage,
  type QuorateError,
  quorateError,
  type RangesPage,
} from "@quorate/common";
import {
  type AgentAnswer,
  agentsSchema,
  bundleSchema,
  claimSchema,
  epochsPageSchema,
  errorSchema,
  ledgerLinesSchema,
  ledgerPageFrameSchema,
  type NodeAnswer,
  type NodesPage,
  nodesSchema,
  PATHS,
  type ProofOfRewards,
  proofSchema,
  type ReadyAnswer,
  type RewardsAnswer,
  rangesPageSchema,
  readySchema,
  rewardsSchema,
  type StatusAnswer,
  statusSchema,
} from "@quorate/common/http";
import type { z } from "zod";
import { type ClaimSource, DEFAULT_WATCH_LIMITS, type WatchLimits, watchToEnd } from "./watch.ts";

export interface AgentClientOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Milliseconds for one answer; event streams have none. Default 10 s, as long as an agent may take. */
  readonly timeoutMs?: number;
  readonly watchLimits?: Partial<WatchLimits>;
  /** Sent with every question, for a gateway before the agent. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AgentClient {
  /** As given, without slashes at its end. */
  readonly url: string;
  /** Opens the claim's round, or finds it open. Without an epoch: the last one closed. */
  requestClaim(recipient: Address, epoch?: number): Promise<ClaimView>;
  claim(recipient: Address, epoch?: number): Promise<ClaimView>;
  /**
   * The claim now, then as it changes, until it is ready or has failed. A stream that breaks or goes silent is taken
   * up again.
   */
  watchClaim(recipient: Address, epoch: number, signal?: AbortSignal): AsyncGenerator<ClaimView>;
  bundle(recipient: Address, epoch?: number): Promise<Bundle>;
  rewards(recipient: Address): Promise<RewardsAnswer>;
  /** Against the newest payable root that the agent has a tree of. @throws PROOF_NOT_FOUND */
  proof(recipient: Address): Promise<ProofOfRewards>;
  nodes(): Promise<readonly NodeAnswer[]>;
  /** A page of at most NODES_PAGE_MAX nodes, by ascending id: for whoever must not be busy for long. */
  nodesPage(from: number, count: number): Promise<NodesPage>;
  /** The agents that this one knows to be reachable over HTTP: a hint, because it has not asked them. */
  agents(): Promise<readonly AgentAnswer[]>;
  status(): Promise<StatusAnswer>;
  /** The lines of an amount from an epoch on, a page of them; up to `to`, or the last closed epoch. */
  ledgerPage(recipient: Address, from: number, to: number | null): Promise<LedgerPage>;
  ledgerEpochs(from: number, count: number): Promise<EpochsPage>;
  ledgerRanges(epoch: number, prefix: string): Promise<RangesPage>;
  /** Also answers when the agent is not ready. */
  ready(): Promise<ReadyAnswer>;
}

interface Init extends Pick<RequestInit, "method" | "body"> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes of one answer: the node list of 10,000 nodes, about 700 bytes each, with room. */
const ANSWER_MAX_BYTES = 16 * 1_048_576;

export function createAgentClient(options: AgentClientOptions): AgentClient {
  const { url, timeoutMs = 10_000, watchLimits, headers } = options;
  const base = url.replace(/\/+$/, "");

  async function ask<S extends z.ZodType>(schema: S, path: string, init: Init = {}): Promise<z.output<S>> {
    const response = await send(base, path, {
      ...init,
      headers: { ...headers, ...init.headers },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok && !(schema === (readySchema as z.ZodType) && response.status === 503))
      throw await readError(response);
    return readAs(schema, await readJson(response), response);
  }

  function claimSource(recipient: Address, epoch: number): ClaimSource {
    const path = fill(PATHS.claimEvents, recipient, epoch);
    const url = base + path;
    return {
      url,
      async open(signal) {
        const response = await send(base, path, { headers: { ...headers, accept: "text/event-stream" }, signal });
        if (!response.ok || response.body === null) throw await readError(response);
        return response.body;
      },
      parse: (data) => readAs(claimSchema, parseJson(data, { url, status: 200 }), { url }),
      ask: () => ask(claimSchema, fill(PATHS.claim, recipient, epoch)),
    };
  }

  return {
    url: base,
    requestClaim: (recipient, epoch) =>
      ask(claimSchema, PATHS.claims, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ recipient, ...(epoch === undefined ? {} : { epoch }) }),
      }),
    claim: (recipient, epoch) => ask(claimSchema, fill(PATHS.claim, recipient, epoch)),
    watchClaim: (recipient, epoch, signal) =>
      watchToEnd(claimSource(recipient, epoch), { ...DEFAULT_WATCH_LIMITS, ...watchLimits }, signal),
    bundle: (recipient, epoch) => ask(bundleSchema, fill(PATHS.bundle, recipient, epoch)),
    rewards: (recipient) => ask(rewardsSchema, fill(PATHS.rewards, recipient)),
    proof: (recipient) => ask(proofSchema, fill(PATHS.proof, recipient)),
    nodes: async () => (await ask(nodesSchema, PATHS.nodes)).nodes,
    nodesPage: (from, count) => ask(nodesSchema, `${PATHS.nodes}?from=${from}&count=${count}`),
    agents: async () => (await ask(agentsSchema, PATHS.agents)).agents,
    status: () => ask(statusSchema, PATHS.status),
    async ledgerPage(recipient, from, to) {
      const path = `${fill(PATHS.ledger, recipient)}?from=${from}${to === null ? "" : `&epoch=${to}`}`;
      const page = await ask(ledgerPageFrameSchema, path);
      return { ...page, lines: await readLines(page.lines, { url: base + path }) };
    },
    ledgerEpochs: (from, count) => ask(epochsPageSchema, `${PATHS.ledgerEpochs}?from=${from}&count=${count}`),
    ledgerRanges: (epoch, prefix) => ask(rangesPageSchema, `${PATHS.ledgerRanges}?epoch=${epoch}&prefix=${prefix}`),
    ready: () => ask(readySchema, PATHS.ready),
  };
}

async function send(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(base + path, init);
  } catch (error) {
    throw unreachable(base + path, error);
  }
}

function unreachable(url: string, error: unknown): QuorateError {
  // fetch hides the reason (ECONNREFUSED, a timeout) in its cause.
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return quorateError("AGENT_UNREACHABLE", { url, reason: cause?.code ?? cause?.message ?? message }, { cause: error });
}

async function readJson(response: Response): Promise<unknown> {
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > ANSWER_MAX_BYTES) {
        throw quorateError("AGENT_ANSWER_INVALID", {
          url: response.url,
          reason: "too large",
          maxBytes: ANSWER_MAX_BYTES,
        });
      }
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw isQuorateError(error) ? error : unreachable(response.url, error);
  }
  return parseJson(text, response);
}

/** Escapes of control characters, and those that JSON lets stand. */
const HOLDS_CONTROL = /\\u00[0189]|\\[bfnrt]|[\u007f-\u009f]/i;

/** What an agent says reaches terminals: it is text and nothing else. */
function withoutControl(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(/\p{Cc}/gu, " ") : value;
}

function parseJson(text: string, response: Pick<Response, "url" | "status">): unknown {
  try {
    return HOLDS_CONTROL.test(text) ? JSON.parse(text, withoutControl) : JSON.parse(text);
  } catch (cause) {
    const values = { url: response.url, status: response.status, reason: "not JSON", text: text.slice(0, 80) };
    throw quorateError("AGENT_ANSWER_INVALID", values, { cause });
  }
}

function readAs<S extends z.ZodType>(schema: S, value: unknown, { url }: Pick<Response, "url">): z.output<S> {
  let result: z.ZodSafeParseResult<z.output<S>>;
  try {
    result = schema.safeParse(value);
  } catch (cause) {
    // An address is parsed with codes of its own, which would blame who asked.
    throw quorateError("AGENT_ANSWER_INVALID", { url, reason: (cause as Error).message }, { cause });
  }
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw quorateError("AGENT_ANSWER_INVALID", { url, field: issue?.path.join("."), reason: issue?.message });
}

/** Lines checked at once: a few milliseconds of a browser's thread. */
const LINES_AT_ONCE = 500;

/** @throws AGENT_ANSWER_INVALID */
async function readLines(lines: readonly unknown[], from: Pick<Response, "url">): Promise<LedgerLine[]> {
  const read: LedgerLine[] = [];
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve));
    const some = lines.slice(at, at + LINES_AT_ONCE);
    read.push(...readAs(ledgerLinesSchema, some, from));
  }
  return read;
}

/**
 * The agent's own error, with its values; one of a code not known here still says what the agent said. What to do about
 * it is this program's to say, and not a stranger's.
 */
async function readError(response: Response): Promise<QuorateError> {
  const { error } = readAs(errorSchema, await readJson(response), response);
  const { code, message } = error;
  const seconds = response.headers.get("retry-after") ?? "";
  const values = { ...error.values, ...(/^[0-9]{1,6}$/.test(seconds) ? { retryAfterSeconds: Number(seconds) } : {}) };
  if (Object.hasOwn(ERROR_CODES, code)) return quorateError(code as ErrorCode, values as ErrorValues);
  const { url, status } = response;
  return quorateError("AGENT_ANSWER_INVALID", { url, status, agentCode: code, message });
}

function fill(path: string, recipient: Address, epoch?: number): string {
  return path.replace(":recipient", recipient) + (epoch === undefined ? "" : `?epoch=${epoch}`);
}
