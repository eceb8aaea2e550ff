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
import type { ChainFollower } from "../../packages/aggregator/src/driver/ports.ts";
import { Random } from "../sim/random.ts";
import { type Fault, NONE, saysNothing } from "./faults.ts";
import { type Phase, type Plan, PROVIDERS } from "./plan.ts";
import { ScriptedProvider } from "./provider.ts";
import { PATIENCE_MS, Watched } from "./watched.ts";

/** Connections to one provider: a few questions are open at once, never one more for each that failed. */
const CONNECTIONS_MAX = 32;

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
  const play = (height: number, faults: Phase["faults"]): void => {
    for (const [i, provider] of providers.entries()) provider.play(height, faults[i] ?? NONE);
  };
  play(plan.phases[0]?.height ?? 0, plan.phases[0]?.faults ?? []);
  const urls = providers.map(({ url }) => url);
  const { agent, follower } = await Watched.start(plan.chain, urls, plan.chunkBlocks, plan.timeoutMs);
  try {
    for (const [i, phase] of plan.phases.entries()) {
      play(phase.height, phase.faults);
      await live(agent, follower, phase, providers, `phase ${i + 1}`);
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

async function within(work: Promise<void>, problem: string, violations: string[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), PATIENCE_MS);
  });
  const first = await Promise.race([work, late]);
  clearTimeout(timer);
  if (first === "late" && !violations.includes(problem)) violations.push(problem);
}

async function live(
  agent: Watched,
  follower: ChainFollower,
  phase: Phase,
  providers: readonly ScriptedProvider[],
  name: string,
): Promise<void> {
  if (phase.hasMajority) {
    const isThere = (): boolean => agent.isAt(phase.target);
    await agent.until(name, `block ${phase.target} with two honest providers`, isThere);
    return;
  }
  const hosts = (of: (fault: Fault) => boolean): string[] =>
    providers.flatMap(({ host }, i) => (of(phase.faults[i] ?? NONE) ? [host] : []));
  const ill = hosts((fault) => "share" in fault);
  const isNamed = (): boolean => agent.health?.healthy === false && namesOne(agent.health.detail, ill);
  await agent.until(name, `abstention that names one of ${ill}`, isNamed);
  // Whether one lies shows only beside others that answer; that one does not answer shows by itself.
  const mute = hosts(saysNothing);
  const isSaid = (): boolean => {
    const said = follower.status().providers.filter(({ host, code, detail }) => code !== null && detail.includes(host));
    return mute.every((host) => said.some((view) => view.host === host));
  };
  await agent.until(name, `a status that says what is wrong with ${mute}`, isSaid);
  if (agent.head !== null && agent.head.number >= phase.height) {
    agent.violations.push(`${name}: block ${agent.head.number} was taken without an honest majority`);
  }
}

function namesOne(detail: string, hosts: readonly string[]): boolean {
  return hosts.some((host) => detail.includes(host));
}
