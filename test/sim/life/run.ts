/**
 * One life run: the network over many epochs, its reports, records, showings and contests. Makes the world from a seed,
 * lets virtual time pass until the last epoch is judged, and says what came out. Deterministic, as run.ts; there
 * nothing is sent to the chain. Here stakers ask after each epoch.
 */
import { type Bundle, FLOOD_MAX, type NodeId, type SigningDomain, subnetBits } from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import type { Agent } from "../../../packages/aggregator/src/core/io.ts";
import { nodeOf } from "../../../packages/aggregator/src/core/ledger/nodes.ts";
import { type Observer, SimAgent, type World } from "../agent.ts";
import { makeBehaviour } from "../byzantine/behaviours.ts";
import { Liar } from "../byzantine/liar.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Blame } from "../checkers/blame.ts";
import { Bounds } from "../checkers/bounds.ts";
import { Bundles } from "../checkers/bundles.ts";
import { Decommissions } from "../checkers/decommissions.ts";
import { Hidden } from "../checkers/hidden.ts";
import { activeBefore, type LifeChecker, type LifeTruth } from "../checkers/life.ts";
import { LifeClaims } from "../checkers/lifeClaims.ts";
import { Payability } from "../checkers/payability.ts";
import { Promises } from "../checkers/promises.ts";
import { Roots } from "../checkers/roots.ts";
import { Traffic } from "../checkers/traffic.ts";
import { Network } from "../network.ts";
import { makeNode, rememberingDigestOf, rememberingVerifyIdentity, type SimNode } from "../nodes.ts";
import type { LifeOptions, SimOptions } from "../options.ts";
import { Random } from "../random.ts";
import { RewardsContract } from "../rewardsContract.ts";
import { Scheduler } from "../scheduler.ts";
import { SharedFold } from "../sharedFold.ts";
import { makeTopology } from "../topology.ts";
import { Trace } from "../trace.ts";
import { Calendar, GENESIS, SEEDING } from "./calendar.ts";
import { LifeChain } from "./chain.ts";
import { type ClaimsTold, makeLifeStakers, tellClaims } from "./claims.ts";
import { type LifePlan, type LifeWishes, makeLifePlan, type Outage } from "./plan.ts";
import { LifeServices } from "./services.ts";
import { Story, type StoryTold } from "./story.ts";
import { BuiltRoots } from "./trees.ts";

export interface LifeConfig extends SimOptions, LifeWishes {
  readonly life: LifeOptions;
  /** For tests of the checkers: puts a fault into an agent. */
  readonly mutate?: (agent: Agent, id: NodeId) => Agent;
  readonly onProgress?: (line: string) => void;
}

export interface LifeResult extends StoryTold {
  readonly seed: number;
  readonly nodes: number;
  readonly epochs: number;
  readonly healEpoch: number;
  readonly traceHash: string;
  readonly bytesPerNode: number;
  readonly pairingsPerNode: number;
  readonly violations: readonly string[];
  readonly ok: boolean;
  readonly virtualMs: number;
  readonly steps: number;
  readonly fates: Readonly<Record<string, number>>;
  readonly crashes: number;
  readonly blames: Readonly<Record<string, number>>;
  readonly claims: ClaimsTold;
}

/**
 * A turn is that long: a transaction is sent, a block comes, and the next in line sees it. All turns are a quarter of
 * an epoch (P-91).
 */
const TURN_SECONDS = 4;

/**
 * Half of it has to hold finality, the lag of slow providers, collecting and all turns: in shorter epochs records come
 * too late (P-37).
 */
const EPOCH_SECONDS_MIN = 80;

/** No longer than the turns of so many nodes need: virtual time is cheap, but not free. */
export function epochSecondsFor(nodes: number): number {
  return Math.max(EPOCH_SECONDS_MIN, 4 * TURN_SECONDS * (Math.floor(Math.log2(nodes)) + 1));
}

const DOMAIN: SigningDomain = { chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}` };

/** In the middle of the third epoch. */
const FUNDED_EPOCHS = 1.5;
const ADDED_ATOMIC: bigint = 10_000_000n * 10n ** 9n;

/** More would be one fault again and again. */
const VIOLATIONS_MAX = 50;

/**
 * The last epoch's report may be shown, and its ledgers are compared, until so long after it closes for good: slow
 * providers have caught up.
 */
const SETTLE_MS = 30_000;

export function runLife(config: LifeConfig): LifeResult {
  const random = new Random(`quorate life ${config.seed}`);
  const scheduler = new Scheduler();
  const calendar = new Calendar(epochSecondsFor(config.nodes));
  const plan = makeLifePlan(config, calendar, random.fork("plan"), config);
  const observers: Observer[] = [];
  const world = makeWorld(config, plan, { calendar, scheduler, random, observers });
  const agents = makeAgents(world, random);
  const violations: string[] = [];
  const report = (checker: string, detail: string): void => {
    const line = `${checker}, at ${(scheduler.nowMs / 1_000).toFixed(3)} s: ${detail}`;
    if (violations.length < VIOLATIONS_MAX) violations.push(line);
  };
  const { epochs } = config.life;
  const truth: LifeTruth = { world, agents, report, plan, chain: world.life, calendar, epochs };
  const trace = new Trace();
  const blame = new Blame(truth);
  const hidden = new Hidden(truth);
  const story = new Story(truth, hidden);
  const claims = makeLifeStakers(config.claims, epochs, truth, agents, random.fork("stakers"));
  const activeFor = ({ block }: Bundle) =>
    activeBefore(world.life.log, ({ blockNumber }) => blockNumber > Number(block.number));
  const checkers: LifeChecker[] = [
    ...[new Bundles(truth, activeFor), new LifeClaims(truth, hidden, claims)],
    ...[blame, new Promises(truth), new Bounds(truth), hidden, new Decommissions(truth, hidden)],
    ...[new Roots(truth), new Payability(truth, hidden), new Traffic(truth), new Agreement(truth, hidden)],
  ];
  observers.push(trace, ...checkers, ...claims.map(({ staker }) => staker), story);
  startAgents(world, plan, agents);
  world.life.start();
  passTime(truth, config.onProgress ?? (() => {}), violations);
  for (const checker of checkers) checker.finishLife?.();
  const sent = [...agents.keys()].map((id) => world.network.sentBytes.get(id) ?? 0);
  const fates: Record<string, number> = {};
  for (const fate of plan.fates.values()) fates[fate] = (fates[fate] ?? 0) + 1;
  return {
    ...{ seed: config.seed, nodes: config.nodes, epochs, healEpoch: plan.healEpoch, traceHash: trace.digest() },
    ...{ bytesPerNode: mean(sent), pairingsPerNode: mean([...agents.values()].map(({ pairings }) => pairings)) },
    ...{ violations, ok: violations.length === 0, virtualMs: Math.round(scheduler.nowMs), steps: trace.steps },
    ...{ fates, crashes: trace.crashes, blames: Object.fromEntries(blame.counts) },
    claims: tellClaims(claims),
    ...story.tell(),
  };
}

type LifeWorld = World & { readonly life: LifeChain };

function makeWorld(
  config: LifeConfig,
  plan: LifePlan,
  made: { calendar: Calendar; scheduler: Scheduler; random: Random; observers: readonly Observer[] },
): LifeWorld {
  const { calendar, scheduler, random, observers } = made;
  const scheme = insecureLinearScheme();
  const list = plan.ids.map((id) => {
    const atMs = plan.registersMs.get(id);
    return makeNode(scheme, DOMAIN, id, atMs === undefined, atMs === undefined ? SEEDING : calendar.blockAt(atMs));
  });
  const seeded = list.filter(({ active }) => active).map(({ registered }) => registered);
  const contract = new RewardsContract(scheme, DOMAIN, GENESIS, calendar.epochSeconds);
  const chain = new LifeChain(contract, calendar, scheduler, seeded, observers);
  for (const { id, registered } of list.slice(seeded.length))
    chain.registerAt(plan.registersMs.get(id) as number, registered);
  chain.fundAt(calendar.epochMs * FUNDED_EPOCHS, ADDED_ATOMIC);
  const verifyIdentity = rememberingVerifyIdentity();
  const services = { scheduler, chain, plan, accounts: plan.accounts, built: new BuiltRoots() };
  return {
    scheduler,
    plan,
    scheme,
    observers,
    chain,
    domain: DOMAIN,
    network: new Network(
      config.faults,
      plan,
      makeTopology(plan.ids, random.fork("topology"), subnetBits(config.nodes, config.floodMax)),
      scheduler,
      random.fork("network"),
    ),
    verifyIdentity,
    fold: new SharedFold(nodeOf(DOMAIN, verifyIdentity)),
    floodMax: config.floodMax ?? FLOOD_MAX,
    partials: null,
    askedFor: new Map(),
    digestOf: rememberingDigestOf(),
    nodes: new Map(list.map((node) => [node.id, node])),
    idOf: new Map(list.map((node) => [node.peer, node.id])),
    life: chain,
    servicesOf: (node: SimNode) => new LifeServices(node, services, random.fork(`services ${node.id}`)),
    mutate: config.mutate ?? ((agent) => agent),
  };
}

/** Everyone but the silent. */
function makeAgents(world: World, random: Random): Map<NodeId, SimAgent> {
  const agents = new Map<NodeId, SimAgent>();
  for (const node of world.nodes.values()) {
    if (world.plan.silent.has(node.id)) continue;
    const lie = world.plan.byzantine.get(node.id);
    const liar = new Liar(node, world, () => agents.get(node.id) as SimAgent);
    const behaviour = lie === undefined ? null : makeBehaviour(lie, liar, random.fork(`liar ${node.id}`));
    agents.set(node.id, new SimAgent(node, world, behaviour, random.fork(`naming ${node.id}`)));
  }
  return agents;
}

/** A newcomer comes up a little after its registration. */
const NEWCOMER_UP_MS = 20_000;

function startAgents({ scheduler }: World, plan: LifePlan, agents: ReadonlyMap<NodeId, SimAgent>): void {
  for (const [id, agent] of agents) {
    const registersMs = plan.registersMs.get(id);
    scheduler.at(registersMs === undefined ? id : registersMs + NEWCOMER_UP_MS, () => agent.start());
    for (const outage of plan.outages.get(id) ?? []) planOutage(scheduler, agent, outage);
  }
}

/** Most agents have a step of five effects within this; the others die between two steps. */
const CRASH_DUE_MS = 1_500;

function planOutage(scheduler: Scheduler, agent: SimAgent, { fromMs, toMs, afterEffects }: Outage): void {
  scheduler.at(fromMs, () => {
    if (afterEffects === null) agent.crash();
    else agent.crashAfterEffects(afterEffects);
  });
  scheduler.at(fromMs + CRASH_DUE_MS, () => agent.crashIfDue());
  scheduler.at(toMs, () => {
    if (agent.core === null) agent.start();
  });
}

function passTime(truth: LifeTruth, onProgress: (line: string) => void, violations: readonly string[]): void {
  const { calendar, epochs, chain } = truth;
  const { scheduler } = truth.world;
  for (let epoch = 0; epoch <= epochs; epoch++) {
    const untilMs = calendar.endMs(epoch) + (epoch === epochs ? SETTLE_MS : 0);
    while (scheduler.step(untilMs)) {
      // Until the epoch is over.
    }
    const { records } = chain.contract;
    const payable = chain.contract.payableEpochs.length;
    onProgress(`epoch ${epoch} is over: ${records.size} recorded, ${payable} payable, ${violations.length} violations`);
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
