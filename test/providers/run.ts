/**
 * One run of the swarm: the agent's real follower and ledger, three scripted providers on real sockets (P-57, P-58).
 * Enters: a plan. Leaves: what was broken, in words; nothing when all held. What is held to:
 *
 * - whatever providers do, no block and no event that is not the true chain's is ever taken;
 * - with two honest of three, the ledger reaches what both have, while the third does what it likes;
 * - with fewer, the agent abstains and names a provider that is at fault;
 * - when all are honest again, it reaches the end, is healthy, and its ledger is the true history's;
 * - it stops, and every connection is closed.
 */
import { isDeepStrictEqual } from "node:util";
import { type ChainHead, type ChainHealth, isQuorateError } from "@quorate/common";
import { createChainFollower } from "../../packages/aggregator/src/adapters/chain/follower.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, emptyLedger } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import type { ChainSink, Logger } from "../../packages/aggregator/src/driver/ports.ts";
import { admit, folded } from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { waitFor } from "../harness/waitFor.ts";
import { Random } from "../sim/random.ts";
import { isHonest, NONE } from "./faults.ts";
import { CHAIN_ID, POOL, REWARDS } from "./logs.ts";
import { type Phase, type Plan, PROVIDERS } from "./plan.ts";
import { ScriptedProvider } from "./provider.ts";
import { eventsBetween, ledgerAt, type TrueChain } from "./trueChain.ts";

const POLL_MS = 5;
const TIMEOUT_MS = 150;
/** For what must come, however busy the machine is. */
const PATIENCE_MS = 4_000;
/** Connections to one provider: a few questions are open at once, never one more for each that failed. */
const CONNECTIONS_MAX = 32;

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface RunResult {
  readonly violations: readonly string[];
  readonly requests: number;
  readonly milliseconds: number;
}

export async function runPlan(plan: Plan): Promise<RunResult> {
  const begun = performance.now();
  const random = new Random(`providers of ${plan.seed}`);
  const providers = await Promise.all(
    Array.from({ length: PROVIDERS }, (_, i) => ScriptedProvider.start(plan.chain, random.fork(i))),
  );
  const agent = new Watched(plan.chain);
  const follower = createChainFollower(
    {
      ...{ chainId: CHAIN_ID, rewards: REWARDS, pool: POOL, deployBlock: 0 },
      ...{ pollMs: POLL_MS, timeoutMs: TIMEOUT_MS, chunkBlocks: plan.chunkBlocks },
      providers: providers.map(({ url }) => url),
    },
    { logger },
  );
  const play = (height: number, faults: Phase["faults"]): void =>
    providers.forEach((provider, i) => provider.play(height, faults[i] ?? NONE));
  try {
    play(plan.phases[0]?.height ?? 0, plan.phases[0]?.faults ?? []);
    await follower.start(null, agent.sink);
    for (const [i, phase] of plan.phases.entries()) {
      play(phase.height, phase.faults);
      await agent.live(phase, providers, `phase ${i + 1}`);
    }
    play(plan.chain.lastFinal, []);
    await agent.until("the end", "all providers are honest again", () => agent.isAt(plan.chain.lastFinal));
    agent.compareLedger();
    await within(follower.stop(), "the follower has not stopped", agent.violations);
    await agent.until("the end", "every connection is closed", () =>
      providers.every(({ openConnections }) => openConnections === 0),
    );
    for (const { mostConnections } of providers) {
      if (mostConnections > CONNECTIONS_MAX) agent.violations.push(`${mostConnections} connections to one provider`);
    }
  } finally {
    await within(follower.stop(), "the follower has not stopped", agent.violations);
    await Promise.all(providers.map((provider) => provider.stop()));
  }
  const requests = providers.reduce((sum, { asked }) => sum + [...asked.values()].reduce((a, b) => a + b, 0), 0);
  return { violations: agent.violations, requests, milliseconds: performance.now() - begun };
}

/** An agent's ledger behind the follower, held to the true chain. */
class Watched {
  readonly violations: string[] = [];
  readonly #chain: TrueChain;
  readonly #ledger = emptyLedger();
  #head: ChainHead | null = null;
  #health: ChainHealth | null = null;

  constructor(chain: TrueChain) {
    this.#chain = chain;
  }

  readonly sink: ChainSink = {
    onAdvance: async (events, head) => {
      // What the ledger refuses is not taken (P-58).
      advanceLedger(this.#ledger, events, head, admit);
      this.#compare(events, head);
      this.#head = head;
    },
    onHealth: (health) => {
      this.#health = health;
    },
  };

  isAt(height: number): boolean {
    return this.#health?.healthy === true && (this.#head?.number ?? -1) >= height;
  }

  async live(phase: Phase, providers: readonly ScriptedProvider[], name: string): Promise<void> {
    if (phase.hasMajority) {
      await this.until(name, `block ${phase.target} with two honest providers`, () => this.isAt(phase.target));
      return;
    }
    await this.until(name, "abstention without an honest majority", () => this.#health?.healthy === false);
    if (this.#health?.healthy !== false) return;
    const { code, detail } = this.#health;
    const atFault = providers.filter((_, i) => !isHonest(phase.faults[i] ?? NONE));
    if (!atFault.some(({ host }) => detail.includes(host))) {
      const named = atFault.map(({ host }) => host).join(", ");
      this.violations.push(`${name}: abstains with ${code}, and names none of ${named}: ${detail}`);
    }
    if (this.#head !== null && this.#head.number >= phase.height) {
      this.violations.push(`${name}: block ${this.#head.number} was taken without an honest majority`);
    }
  }

  async until(name: string, what: string, condition: () => boolean): Promise<void> {
    const probe = (): true | null => (condition() || this.violations.length > 0 ? true : null);
    try {
      await waitFor({ what, timeoutMs: PATIENCE_MS, pollMs: 2 }, probe);
    } catch (error) {
      if (!isQuorateError(error, "STEP_TIMED_OUT")) throw error;
      const health = JSON.stringify(this.#health);
      this.violations.push(`${name}: ${what}: not within ${PATIENCE_MS} ms; at block ${this.#head?.number}, ${health}`);
    }
  }

  compareLedger(): void {
    if (this.#head === null || this.violations.length > 0) return;
    if (isDeepStrictEqual(folded(this.#ledger), folded(ledgerAt(this.#chain, this.#head.number)))) return;
    this.violations.push(`the ledger at block ${this.#head.number} is not the true history's`);
  }

  #compare(events: readonly ChainEvent[], head: ChainHead): void {
    const block = this.#chain.blocks[head.number];
    if (block === undefined || block.hash !== head.hash || block.timestamp !== head.timestamp) {
      this.violations.push(`block ${head.number} of ${head.hash} at ${head.timestamp} was taken, which is not so`);
    }
    const expected = eventsBetween(this.#chain.blocks, this.#head?.number ?? -1, head.number);
    if (isDeepStrictEqual(events, expected)) return;
    const range = `${(this.#head?.number ?? -1) + 1} to ${head.number}`;
    this.violations.push(`blocks ${range}: ${events.length} events were taken that are not the ${expected.length} true`);
  }
}

async function within(work: Promise<void>, problem: string, violations: string[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), PATIENCE_MS);
  });
  const first = await Promise.race([work, late]);
  clearTimeout(timer);
  if (first === "late" && !violations.includes(problem)) violations.push(problem);
}
