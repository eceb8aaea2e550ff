/**
 * Puts one question to several agents. Enters: the agents that a client knows of. Leaves: answers held against each
 * other (compare.ts). Two URLs of one agent count once, an agent of another network not at all. Not its job: what the
 * chain says of an answer.
 */
import { type AgentClient, createAgentClient, type QuorateClient } from "@quorate/client";
import { isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { PortalFacts } from "@quorate/common/http";
import { type Compared, compareSaid, type HowToCompare, type Said, type Silent } from "./compare.ts";
import { AGENTS_ASKED_MAX, AGENTS_WANTED, MOMENT_PAUSE_MS, MOMENT_TRIES } from "./limits.ts";

export interface Question<A> extends HowToCompare<A> {
  readonly ask: (agent: AgentClient) => Promise<A>;
  /** How many have to say the same before nobody else is asked. */
  readonly wanted?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Panel {
  /**
   * @throws AGENT_UNREACHABLE, or what the one agent that could be asked said, when none answers; the signal's reason
   */
  ask<A>(question: Question<A>): Promise<Compared<A>>;
  /** The agents to ask, in the order in which they are asked. */
  agents(): Promise<readonly AgentClient[]>;
}

const panels = new WeakMap<QuorateClient, Panel>();

/** The panel of a connection: all pages ask with the same, so that each agent's name is asked for once. */
export function panelOf({ client, facts }: { readonly client: QuorateClient; readonly facts: PortalFacts }): Panel {
  const panel = panels.get(client) ?? createPanel(client, facts);
  panels.set(client, panel);
  return panel;
}

export interface PanelOptions {
  /** Milliseconds for one answer; the client's own by default. */
  readonly timeoutMs?: number | undefined;
}

export function createPanel(
  client: Pick<QuorateClient, "agents">,
  { chainId, contract }: Pick<PortalFacts, "chainId" | "contract">,
  { timeoutMs }: PanelOptions = {},
): Panel {
  const clients = new Map<string, AgentClient>();
  /** Who answers at a URL; an agent's key does not change. */
  const peers = new Map<string, string>();
  const away = new Set<string>();

  function open(url: string): AgentClient {
    const known = clients.get(url) ?? createAgentClient({ url, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    clients.set(url, known);
    return known;
  }

  async function agents(): Promise<readonly AgentClient[]> {
    const urls = (await client.agents()).map(({ url }) => url);
    return [...urls.filter((url) => !away.has(url)), ...urls.filter((url) => away.has(url))].map(open);
  }

  async function peerOf(agent: AgentClient): Promise<string> {
    const known = peers.get(agent.url);
    if (known !== undefined) return known;
    const { peerId, network } = await agent.status();
    if (network.chainId !== chainId || network.contract !== contract) {
      const given = `${network.contract} on chain ${network.chainId}`;
      const expected = `${contract} on chain ${chainId}`;
      throw quorateError("AGENT_ANSWER_INVALID", { url: agent.url, reason: "of another network", given, expected });
    }
    peers.set(agent.url, peerId);
    return peerId;
  }

  async function askOne<A>(agent: AgentClient, question: Question<A>): Promise<Heard<A>> {
    const { url } = agent;
    try {
      const peer = await peerOf(agent);
      const value = await question.ask(agent);
      away.delete(url);
      return { agent, peer, value };
    } catch (error) {
      question.signal?.throwIfAborted();
      if (!isQuorateError(error)) throw error;
      if (error.code === "AGENT_UNREACHABLE") away.add(url);
      return { agent, error };
    }
  }

  return {
    agents,
    async ask(question) {
      const all = await agents();
      const hearing = new Hearing(question);
      for (let next = 0; next < Math.min(all.length, AGENTS_ASKED_MAX) && hearing.missing() > 0; ) {
        question.signal?.throwIfAborted();
        const wave = all.slice(next, next + hearing.missing());
        next += wave.length;
        for (const heard of await Promise.all(wave.map((agent) => askOne(agent, question)))) hearing.take(heard);
        await hearing.waitForOthers((agent) => askOne(agent, question));
      }
      return hearing.result();
    },
  };
}

type Heard<A> =
  | { readonly agent: AgentClient; readonly peer: string; readonly value: A }
  | { readonly agent: AgentClient; readonly error: QuorateError };

/** What was heard so far, each agent once. */
class Hearing<A> {
  readonly #question: Question<A>;
  readonly #said = new Map<string, { readonly agent: AgentClient; readonly value: A }>();
  readonly #silent: Silent[] = [];

  constructor(question: Question<A>) {
    this.#question = question;
  }

  take(heard: Heard<A>): void {
    if ("error" in heard) this.#silent.push({ url: heard.agent.url, error: heard.error });
    else if (!this.#said.has(heard.peer)) this.#said.set(heard.peer, heard);
  }

  /** How many more would have to say the same. */
  missing(): number {
    const { belief } = this.#compared() ?? { belief: { by: "agents", count: 0 } as const };
    return (this.#question.wanted ?? AGENTS_WANTED) - (belief.by === "agents" ? belief.count : 0);
  }

  /** Where agents are an epoch apart, those behind are asked again shortly. */
  async waitForOthers(askAgain: (agent: AgentClient) => Promise<Heard<A>>): Promise<void> {
    const { momentOf, signal } = this.#question;
    if (momentOf === undefined) return;
    for (let tries = 0; tries < MOMENT_TRIES && this.missing() > 0; tries++) {
      const newest = Math.max(...[...this.#said.values()].map(({ value }) => momentOf(value)));
      const behind = [...this.#said].filter(([, { value }]) => momentOf(value) < newest);
      if (behind.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, MOMENT_PAUSE_MS));
      signal?.throwIfAborted();
      for (const [peer, { agent }] of behind) {
        const heard = await askAgain(agent);
        if ("value" in heard) this.#said.set(peer, heard);
      }
    }
  }

  result(): Compared<A> {
    const compared = this.#compared();
    if (compared !== null) return compared;
    const [only, ...more] = this.#silent;
    if (only !== undefined && more.length === 0) throw only.error;
    const agents = this.#silent.map(({ url, error }) => `${url}: ${error.code}`);
    throw quorateError("AGENT_UNREACHABLE", { reason: "no agent answers", agents }, { cause: only?.error });
  }

  #compared(): Compared<A> | null {
    const said: Said<A>[] = [...this.#said.values()].map(({ agent, value }) => ({ url: agent.url, value }));
    return compareSaid(said, this.#question, this.#silent);
  }
}
