/**
 * Several agents for one question. Enters: URLs, and those that their agents list (`GET /v1/agents`). Leaves:
 * the first answer that holds; an agent that is unreachable, silent, refuses, or gives a wrong answer is named, and the
 * next is asked. Not its job: what an answer has to hold against; the caller's `check` says so.
 */
import {
  type ErrorCode,
  isLocalHost,
  isQuorateError,
  type NodeId,
  type QuorateError,
  quorateError,
} from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import { type AgentClient, createAgentClient } from "./agentClient.ts";
import { AGENTS_MAX, BUSY_PAUSE_MAX_SECONDS, BUSY_ROUNDS } from "./limits.ts";
import type { WatchLimits } from "./watch.ts";

/** An agent that a question was put to in vain, and why. */
export interface AgentLeft {
  readonly url: string;
  readonly error: QuorateError;
}

/** An agent as this client knows it. `id` and `stake` are what others say of it; null of one that was only given. */
export interface KnownAgent {
  readonly url: string;
  readonly id: NodeId | null;
  /** Atomic units. */
  readonly stake: bigint | null;
}

export interface AgentPoolOptions {
  /** Milliseconds for one answer. */
  readonly timeoutMs?: number | undefined;
  readonly watchLimits?: Partial<WatchLimits> | undefined;
  /** Whether agents that others list are asked when those given do not help. Default true. */
  readonly discover?: boolean | undefined;
}

export interface Asking<A, T> {
  /** Puts the question. Whatever coded error it throws is the agent's. */
  readonly ask: (agent: AgentClient) => Promise<A>;
  /**
   * Holds the answer against what is known. Null where it is no lie and does not help. An error blames the agent,
   * unless it says that the chain could not be asked.
   */
  readonly check: (answer: A, url: string) => Promise<T | null>;
  readonly onLeft?: ((left: AgentLeft) => void) | undefined;
  /** How many answers that do not help are believed. Default all. */
  readonly noesMax?: number | undefined;
  /** How many claims without quorum are believed. Default all. */
  readonly failedMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Of the caller's own chain: no agent is to blame. */
const OWN_TROUBLE: readonly ErrorCode[] = [
  "CHAIN_PROVIDER_FAILED",
  "CHAIN_PROVIDER_BEHIND",
  "CHAIN_WRONG_ID",
  "CHAIN_NO_CONTRACT",
  "CHAIN_EVENT_INVALID",
];

/** Refusals that mean: later. */
const BUSY: readonly ErrorCode[] = ["CLAIM_QUEUE_FULL", "RATE_LIMITED", "CONNECTIONS_EXCEEDED", "WATCHERS_EXCEEDED"];

export class AgentPool {
  readonly #options: AgentPoolOptions;
  readonly #clients = new Map<string, AgentClient>();
  readonly #known = new Map<string, KnownAgent>();
  /** Their answers did not hold: not asked again. */
  readonly #wrong = new Set<string>();
  /** Did not answer last time: asked last. */
  readonly #away = new Set<string>();
  #discovery: Promise<void> | null = null;

  /** @throws FLAG_INVALID */
  constructor(urls: readonly string[], options: AgentPoolOptions = {}) {
    this.#options = options;
    for (const url of urls) this.#add(parseHttpUrl("agents", url), null, null);
  }

  /** Those given and, once listed by one of them, the others, those with more stake first. */
  async agents(): Promise<readonly KnownAgent[]> {
    await this.#discover();
    return [...this.#known.values()];
  }

  /**
   * The first answer that holds and helps; null when answers hold and none helps.
   * @throws what each of them said, as one error, when none answered; the chain's own trouble; the signal's reason
   */
  async first<A, T>(asking: Asking<A, T>): Promise<T | null> {
    if (this.#known.size === 0) throw quorateError("FLAG_INVALID", { flag: "agents", reason: "no agent is given" });
    for (let round = 1; ; round += 1) {
      const tried = await this.#round(asking);
      if ("result" in tried) return tried.result;
      const pauseSeconds = busySeconds(tried.left);
      if (pauseSeconds === null || round === BUSY_ROUNDS) throw togetherOf(tried.left);
      await pause(pauseSeconds * 1_000, asking.signal);
    }
  }

  async #round<A, T>(
    asking: Asking<A, T>,
  ): Promise<{ readonly result: T | null } | { readonly left: readonly AgentLeft[] }> {
    const { noesMax = AGENTS_MAX, failedMax = AGENTS_MAX, signal } = asking;
    const left: AgentLeft[] = [];
    let noes = 0;
    let failed = 0;
    for await (const agent of this.#candidates()) {
      signal?.throwIfAborted();
      const tried = await this.#try(agent, asking);
      if ("error" in tried) {
        const one = { url: agent.url, error: tried.error };
        left.push(one);
        asking.onLeft?.(one);
        if (tried.error.code === "QUORUM_NOT_REACHED") failed += 1;
      } else if (tried.result !== null) return tried;
      else noes += 1;
      if (noes >= noesMax) return { result: null };
      if (failed >= failedMax) return { left };
    }
    return noes > 0 ? { result: null } : { left };
  }

  async #try<A, T>(
    agent: AgentClient,
    { ask, check, signal }: Asking<A, T>,
  ): Promise<{ readonly result: T | null } | { readonly error: QuorateError }> {
    const { url } = agent;
    let answer: A;
    try {
      answer = await ask(agent);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isQuorateError(error)) throw error;
      if (error.code === "AGENT_UNREACHABLE" || error.code === "CLAIM_NOT_ENDED") this.#away.add(url);
      if (error.code === "AGENT_ANSWER_INVALID") this.#wrong.add(url);
      return { error };
    }
    this.#away.delete(url);
    try {
      return { result: await check(answer, url) };
    } catch (error) {
      if (!isQuorateError(error) || OWN_TROUBLE.includes(error.code)) throw error;
      if (error.code !== "QUORUM_NOT_REACHED") this.#wrong.add(url);
      return { error };
    }
  }

  /** Given ones first, then those listed; whoever did not answer last time comes last. */
  async *#candidates(): AsyncGenerator<AgentClient> {
    const asked = new Set<string>(this.#wrong);
    for (const isLast of [false, true]) {
      if (isLast) await this.#discover();
      for (const away of [false, true]) {
        for (const { url } of [...this.#known.values()]) {
          if (asked.has(url) || this.#away.has(url) !== away) continue;
          asked.add(url);
          yield this.#client(url);
        }
      }
    }
  }

  /** Asks those given which others there are: once, unless nobody answered. */
  async #discover(): Promise<void> {
    if (this.#options.discover === false) return;
    this.#discovery ??= this.#askForOthers();
    await this.#discovery;
  }

  async #askForOthers(): Promise<void> {
    const given = [...this.#known.keys()];
    const answers = await Promise.allSettled(given.map((url) => this.#client(url).agents()));
    const listed = answers.flatMap((answer, i) =>
      answer.status === "fulfilled" ? answer.value.filter(({ url }) => mayBeListed(url, given[i] as string)) : [],
    );
    const byStake = listed.sort((a, b) => Number(b.stake > a.stake) - Number(b.stake < a.stake) || a.id - b.id);
    for (const { id, url, stake } of byStake) this.#add(new URL(url).href, id, stake);
    if (answers.every(({ status }) => status === "rejected")) this.#discovery = null;
  }

  #add(href: string, id: NodeId | null, stake: bigint | null): void {
    const url = href.replace(/\/+$/, "");
    const before = this.#known.get(url);
    if (before === undefined && this.#known.size >= AGENTS_MAX) return;
    this.#known.set(url, { url, id: before?.id ?? id, stake: before?.stake ?? stake });
  }

  #client(url: string): AgentClient {
    const known = this.#clients.get(url);
    if (known !== undefined) return known;
    const { timeoutMs, watchLimits } = this.#options;
    const client = createAgentClient({
      url,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(watchLimits === undefined ? {} : { watchLimits }),
    });
    this.#clients.set(url, client);
    return client;
  }
}

/** Names that routers and machines beside each other give themselves. */
const NEIGHBOUR = /\.(?:local|internal)$/i;

function isPrivate(hostname: string): boolean {
  return isLocalHost(hostname) || NEIGHBOUR.test(hostname);
}

/**
 * Whether a stranger's list may send this client there: plain http, and to private addresses only from one of those.
 */
export function mayBeListed(text: string, listedBy: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (!/^https?:$/.test(protocol) || `${username}${password}${search}${hash}` !== "") return false;
  return !isPrivate(hostname) || isPrivate(new URL(listedBy).hostname);
}

/** Seconds until one of them is free again, where any is only busy; null otherwise. */
function busySeconds(left: readonly AgentLeft[]): number | null {
  const busy = left.filter(({ error }) => BUSY.includes(error.code));
  if (busy.length === 0) return null;
  const seconds = busy.map(({ error }) => Number(error.values["retryAfterSeconds"] ?? 1));
  return Math.min(BUSY_PAUSE_MAX_SECONDS, ...seconds);
}

async function pause(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, pauseMs);
    stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
  if (stop !== undefined) signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
}

/** The error that says most of the claim, with what each agent said; the only one as it is. */
function togetherOf(left: readonly AgentLeft[]): QuorateError {
  const [only] = left;
  // Those that gave a wrong answer before are not asked again.
  if (only === undefined)
    return quorateError("AGENT_ANSWER_INVALID", { reason: "every agent has given a wrong answer" });
  if (left.length === 1) return only.error;
  const isAway = ({ error }: AgentLeft) => error.code === "AGENT_UNREACHABLE";
  const telling =
    left.find(({ error }) => error.code === "QUORUM_NOT_REACHED") ??
    left.find(({ error }) => error.code === "CLAIM_NOT_ENDED") ??
    left.find((one) => !isAway(one)) ??
    only;
  const { code, values, remedy } = telling.error;
  const agents = left.map(({ url, error }) => `${url}: ${error.code}`);
  return quorateError(code, { ...values, agents }, { remedy, cause: telling.error });
}
