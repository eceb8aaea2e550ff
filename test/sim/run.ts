/**
 * One run: makes the world from a seed, lets virtual time pass until every staker has an answer and all is settled, and
 * says what came out. Deterministic: the same configuration gives the same result, to the last bit of the trace hash.
 */
import {
  type Bundle,
  FLOOD_MAX,
  type NodeId,
  type SignatureScheme,
  type SigningDomain,
  subnetBits,
} from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import type { Agent } from "../../packages/aggregator/src/core/io.ts";
import { nodeOf } from "../../packages/aggregator/src/core/ledger/nodes.ts";
import { type Observer, SimAgent, type World } from "./agent.ts";
import type { Behaviour } from "./byzantine/behaviour.ts";
import { makeBehaviour } from "./byzantine/behaviours.ts";
import { Liar } from "./byzantine/liar.ts";
import { BLOCK_SECONDS, blockAt, Chain, poolFunded, SEEDING, STARTED_EVENTS } from "./chain.ts";
import { Blame } from "./checkers/blame.ts";
import { Bounds } from "./checkers/bounds.ts";
import { Bundles } from "./checkers/bundles.ts";
import type { Checker, Truth } from "./checkers/checker.ts";
import { honestQuorum, Liveness } from "./checkers/liveness.ts";
import { Promises } from "./checkers/promises.ts";
import { Spam } from "./checkers/spam.ts";
import { Suppression } from "./checkers/suppression.ts";
import { ClaimStory, type ClaimTold, responsiveBps } from "./claimStory.ts";
import { LiarStory, type LiarTold } from "./liarStory.ts";
import { Network } from "./network.ts";
import { makeNode, type NodeSecrets, rememberingDigestOf, rememberingVerifyIdentity, type SimNode } from "./nodes.ts";
import type { SimOptions } from "./options.ts";
import { makePlan, type Plan, type PlanWishes } from "./plan.ts";
import type { Random } from "./random.ts";
import { type NetworkTold, networkOf, type Sample, Samples } from "./samples.ts";
import { drawAsks, runRandom, type Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { SharedFold } from "./sharedFold.ts";
import { Staker } from "./staker.ts";
import { makeTopology } from "./topology.ts";
import { Trace } from "./trace.ts";

export interface RunConfig extends SimOptions, PlanWishes {
  /** For tests of the checkers: puts a fault into an agent. */
  readonly mutate?: (agent: Agent, id: NodeId) => Agent;
  /** The faults and questions, given instead of drawn from the seed. */
  readonly scenario?: Pick<Scenario, "plan" | "asks">;
  /** For runs with real signatures: everything a contract must agree on. */
  readonly real?: {
    readonly scheme: SignatureScheme;
    readonly domain: SigningDomain;
    secretsOf(id: NodeId): NodeSecrets;
  };
  /** Told about every ten seconds of virtual time, and of what happens. */
  readonly onProgress?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly nodes: number;
  readonly traceHash: string;
  /** From a staker's question until the asked agent held the shares of 9500 bps of the stake that is not silent. */
  readonly virtualMsToQuorum: { readonly median: number | null; readonly max: number | null };
  /** Sent, of all agents in the mean and by the busiest one. */
  readonly bytesPerNode: number;
  readonly bytesPerNodeMax: number;
  readonly pairingsPerNode: number;
  readonly pairingsPerNodeMax: number;
  /** By the agents that stakers asked, the most of one. */
  readonly bytesReceivedByAsked: number;
  readonly violations: readonly string[];
  readonly ok: boolean;
  readonly claims: { readonly bundles: number; readonly failed: number; readonly refused: number };
  /** Whether honest stake alone is a quorum: then every claim must end with a bundle. */
  readonly honestQuorum: boolean;
  readonly virtualMs: number;
  readonly steps: number;
  readonly faulty: {
    readonly silent: number;
    readonly byzantine: Readonly<Record<string, number>>;
    readonly crashes: number;
  };
  readonly blames: Readonly<Record<string, number>>;
  readonly excuses: Readonly<Record<string, number>>;
  readonly bundles: readonly Bundle[];
  readonly story: RunStory;
}

/** What happened, for people: the report and the plot. */
export interface RunStory {
  readonly plan: Plan;
  readonly claims: readonly ClaimTold[];
  readonly liars: readonly LiarTold[];
  readonly network: NetworkTold;
  readonly samples: readonly Sample[];
  /** 9500 bps of the active stake that is not silent, in 1/10000 of all. */
  readonly responsiveBps: number;
}

const LINEAR_DOMAIN: SigningDomain = { chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}` };

/** The pool is funded anew, and newcomers register, while claims are under way. */
const FUNDED_MS = 9_000;
const ADDED_ATOMIC: bigint = 10_000_000n * 10n ** 9n;
const REGISTERED_MS = 5_000;

/** The latest end: two deadlines after healing. Whoever has no answer by then has none. */
const LATEST_AFTER_HEALING_MS = 75_000;

/** After the last answer, time for late shares to be looked at. */
const SETTLE_MS = 4_000;

const PROGRESS_EVERY_MS = 10_000;

/** More would be one fault again and again. */
const VIOLATIONS_MAX = 50;

export function run(config: RunConfig): RunResult {
  const random = runRandom(config.seed);
  const scheduler = new Scheduler();
  const plan = config.scenario?.plan ?? makePlan(config, random.fork("plan"), config);
  const observers: Observer[] = [];
  const world = makeWorld(config, plan, scheduler, random, observers);
  const agents = makeAgents(world, random);
  const violations: string[] = [];
  const report = (checker: string, detail: string): void => {
    const line = `${checker}, at ${(scheduler.nowMs / 1_000).toFixed(3)} s: ${detail}`;
    if (violations.length < VIOLATIONS_MAX) violations.push(line);
  };
  const truth: Truth = { world, agents, report };
  const trace = new Trace();
  const blame = new Blame(truth);
  const suppression = new Suppression(truth, config.faults.latencyMs.max);
  const checkers: Checker[] = [
    ...[new Bundles(truth), new Promises(truth), new Bounds(truth), new Liveness(truth)],
    ...[blame, suppression, new Spam(truth)],
  ];
  const stakers = makeStakers(config, world, agents, random.fork("stakers"), honestQuorum(truth));
  const told = { claims: new ClaimStory(truth, stakers), liars: new LiarStory(truth), samples: new Samples(truth) };
  observers.push(trace, ...checkers, ...stakers, told.claims, told.liars, told.samples);
  startAgents(world, agents);
  passTime(config, world, stakers, violations);
  for (const checker of checkers) checker.finish?.(stakers, scheduler.nowMs);
  return summarise(config, truth, stakers, trace, violations, {
    blames: Object.fromEntries(blame.counts),
    excuses: Object.fromEntries(suppression.excuses),
    story: storyOf(truth, told),
  });
}

function storyOf(truth: Truth, told: { claims: ClaimStory; liars: LiarStory; samples: Samples }): RunStory {
  const claims = told.claims.tell();
  return {
    ...{ plan: truth.world.plan, claims, liars: told.liars.tell(claims), network: networkOf(truth) },
    ...{ samples: told.samples.list, responsiveBps: responsiveBps(truth) },
  };
}

function makeWorld(
  config: RunConfig,
  plan: Plan,
  scheduler: Scheduler,
  random: Random,
  observers: readonly Observer[],
): World {
  const scheme = config.real?.scheme ?? insecureLinearScheme();
  const domain = config.real?.domain ?? LINEAR_DOMAIN;
  const list = plan.ids.map((id) => {
    const active = id <= config.nodes;
    return makeNode(scheme, domain, id, active, active ? SEEDING : blockAt(REGISTERED_MS), config.real?.secretsOf(id));
  });
  const verifyIdentity = rememberingVerifyIdentity();
  const topology = makeTopology(plan.ids, random.fork("topology"), subnetBits(config.nodes, config.floodMax));
  return {
    scheduler,
    plan,
    scheme,
    domain,
    observers,
    network: new Network(config.faults, plan, topology, scheduler, random.fork("network")),
    chain: new Chain([
      ...list.map(({ registered }) => registered),
      ...STARTED_EVENTS,
      poolFunded(FUNDED_MS, ADDED_ATOMIC),
    ]),
    verifyIdentity,
    fold: new SharedFold(nodeOf(domain, verifyIdentity)),
    floodMax: config.floodMax ?? FLOOD_MAX,
    partials: config.partials ?? null,
    askedFor: new Map(),
    digestOf: rememberingDigestOf(),
    nodes: new Map(list.map((node) => [node.id, node])),
    idOf: new Map(list.map((node) => [node.peer, node.id])),
    life: null,
    servicesOf: () => null,
    mutate: config.mutate ?? ((agent) => agent),
  };
}

/** Everyone but the silent. */
function makeAgents(world: World, random: Random): Map<NodeId, SimAgent> {
  const agents = new Map<NodeId, SimAgent>();
  for (const node of world.nodes.values()) {
    if (world.plan.silent.has(node.id)) continue;
    const behaviour = behaviourOf(node, world, agents, random);
    agents.set(node.id, new SimAgent(node, world, behaviour, random.fork(`naming ${node.id}`)));
  }
  return agents;
}

function behaviourOf(
  node: SimNode,
  world: World,
  agents: ReadonlyMap<NodeId, SimAgent>,
  random: Random,
): Behaviour | null {
  const name = world.plan.byzantine.get(node.id);
  if (name === undefined) return null;
  const liar = new Liar(node, world, () => agents.get(node.id) as SimAgent);
  return makeBehaviour(name, liar, random.fork(`liar ${node.id}`));
}

function makeStakers(
  config: RunConfig,
  world: World,
  agents: ReadonlyMap<NodeId, SimAgent>,
  random: Random,
  secondChance: boolean,
): Staker[] {
  const asks = config.scenario?.asks ?? drawAsks(config, world.plan, random);
  return asks.map(({ recipientOf, askedOf, atMs }) => {
    const { beneficiary } = world.nodes.get(recipientOf) as SimNode;
    world.askedFor.set(beneficiary, askedOf);
    const claim = { recipient: beneficiary, agent: agents.get(askedOf) as SimAgent, askAtMs: atMs };
    return new Staker(claim, world.scheduler, world.plan.healMs, secondChance);
  });
}

/** Agents start one after the other, a millisecond apart, or less where there are more than a thousand. */
const ALL_STARTED_MS = 1_000;

function startAgents(world: World, agents: ReadonlyMap<NodeId, SimAgent>): void {
  const { scheduler, plan } = world;
  for (const [id, agent] of agents) {
    const afterMs = id * Math.min(1, ALL_STARTED_MS / plan.ids.length);
    const startMs = afterMs + (agent.node.active ? 0 : REGISTERED_MS + BLOCK_SECONDS * 1_000);
    scheduler.at(startMs, () => agent.start());
    const crash = plan.crashes.get(id);
    if (crash === undefined) continue;
    scheduler.at(crash.atMs, () => {
      if (crash.afterEffects === null) agent.crash();
      else agent.crashAfterEffects(crash.afterEffects);
    });
    scheduler.at(crash.atMs + CRASH_DUE_MS, () => agent.crashIfDue());
    restartWhenDown(scheduler, agent, crash.downMs, crash.atMs);
  }
}

const LOOK_FOR_CRASH_MS = 50;

/** Most agents have a step of five effects within this; the others die between two steps. */
const CRASH_DUE_MS = 1_500;

/** The crash may come a little after it was planned, in a step with enough effects. */
function restartWhenDown(scheduler: Scheduler, agent: SimAgent, downMs: number, fromMs: number): void {
  scheduler.at(fromMs + LOOK_FOR_CRASH_MS, () => {
    if (agent.core === null) scheduler.after(downMs, () => agent.start());
    else restartWhenDown(scheduler, agent, downMs, scheduler.nowMs);
  });
}

/** Whether anything is to come right at `healMs`; liars and silent nodes stay what they are. */
function hasFaults({ faults }: RunConfig, { crashes, unhealthy, partitions }: Plan): boolean {
  if (crashes.size + unhealthy.size + partitions.length > 0) return true;
  return faults.loss + faults.duplicate + faults.delay + (faults.churn ?? 0) > 0;
}

function passTime(config: RunConfig, world: World, stakers: readonly Staker[], violations: readonly string[]): void {
  const { scheduler, plan } = world;
  const latestMs = plan.healMs + LATEST_AFTER_HEALING_MS;
  const earliestMs = hasFaults(config, plan) ? plan.healMs : 0;
  let endMs = latestMs;
  let nextProgressMs = 0;
  const tell = (): void => {
    const ended = stakers.filter(({ outcome }) => outcome !== null).length;
    config.onProgress?.(
      `${(scheduler.nowMs / 1_000).toFixed(0).padStart(3)} s  ${ended} of ${stakers.length} claims ended, ` +
        `${violations.length} violations`,
    );
  };
  while (scheduler.step(endMs)) {
    if (endMs === latestMs && scheduler.nowMs >= earliestMs && stakers.every(({ outcome }) => outcome !== null)) {
      endMs = Math.min(latestMs, scheduler.nowMs + SETTLE_MS);
    }
    if (scheduler.nowMs < nextProgressMs) continue;
    nextProgressMs += PROGRESS_EVERY_MS;
    tell();
  }
  tell();
}

function summarise(
  config: RunConfig,
  truth: Truth,
  stakers: readonly Staker[],
  trace: Trace,
  violations: readonly string[],
  notes: Pick<RunResult, "blames" | "excuses" | "story">,
): RunResult {
  const { world, agents } = truth;
  const outcomes = stakers.map(({ outcome }) => outcome);
  const bundles = outcomes.flatMap((outcome) => (outcome?.kind === "bundle" ? [outcome] : []));
  const times = notes.story.claims.flatMap(({ responsive }) => (responsive === null ? [] : [Math.round(responsive)]));
  times.sort((a, b) => a - b);
  const sent = [...agents.keys()].map((id) => world.network.sentBytes.get(id) ?? 0);
  const pairings = [...agents.values()].map((agent) => agent.pairings);
  const received = stakers.map(({ agent }) => world.network.receivedBytes.get(agent.node.id) ?? 0);
  const byzantine: Record<string, number> = {};
  for (const name of world.plan.byzantine.values()) byzantine[name] = (byzantine[name] ?? 0) + 1;
  return {
    seed: config.seed,
    nodes: config.nodes,
    traceHash: trace.digest(),
    virtualMsToQuorum: { median: times[times.length >> 1] ?? null, max: times.at(-1) ?? null },
    bytesPerNode: mean(sent),
    bytesPerNodeMax: most(sent),
    pairingsPerNode: mean(pairings),
    pairingsPerNodeMax: most(pairings),
    bytesReceivedByAsked: most(received),
    violations,
    ok: violations.length === 0,
    claims: {
      bundles: bundles.length,
      failed: outcomes.filter((outcome) => outcome?.kind === "failed").length,
      refused: outcomes.filter((outcome) => outcome?.kind === "refused").length,
    },
    honestQuorum: honestQuorum(truth),
    virtualMs: Math.round(world.scheduler.nowMs),
    steps: trace.steps,
    faulty: { silent: world.plan.silent.size, byzantine, crashes: trace.crashes },
    ...notes,
    bundles: bundles.map(({ bundle }) => bundle),
  };
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
