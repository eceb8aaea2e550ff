/**
 * What goes wrong in a run, all decided before it starts. Enters: options and a stream of chance. Leaves: who is
 * silent, who lies and how, who crashes when, whose provider fails, who is cut off. Then, at `HEAL_MS`, everything
 * but silence and lies stops.
 */
import { type NodeId, subnetBits } from "@quorate/common";
import {
  type AnyBehaviourName,
  BEHAVIOURS,
  type BehaviourName,
  type ClaimBehaviourName,
  COSTING_OWN_SHARE,
  SUBNET_BEHAVIOURS,
} from "./byzantine/behaviour.ts";
import { type FaultOptions, PROVIDER_LAG_MS, type SimOptions } from "./options.ts";
import type { Random } from "./random.ts";

/** Milliseconds from, to: the end is outside. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Crash {
  readonly atMs: number;
  readonly downMs: number;
  /**
   * The agent dies in its first step after `atMs`, when so many of the effects are carried out; null: between two
   * steps.
   */
  readonly afterEffects: number | null;
}

export interface Plan {
  readonly healMs: number;
  /** Active ones first, then those that register during the run. */
  readonly ids: readonly NodeId[];
  readonly silent: ReadonlySet<NodeId>;
  readonly byzantine: ReadonlyMap<NodeId, AnyBehaviourName>;
  readonly crashes: ReadonlyMap<NodeId, Crash>;
  readonly unhealthy: ReadonlyMap<NodeId, Window>;
  /** How far behind the finalised head each agent's provider is, in milliseconds. */
  readonly lagMs: ReadonlyMap<NodeId, number>;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly window: Window;
  readonly group: ReadonlySet<NodeId>;
}

/** Faults go on from the first claim to here: long enough for each to meet a claim at every stage. */
export const HEAL_MS = 25_000;

/** One provider in ten is three times as far behind as most are at most. */
const SLOW_PROVIDERS = 0.1;
const SLOW_FACTOR = 3;

export const isHonest = (plan: Plan, id: NodeId): boolean => !plan.silent.has(id) && !plan.byzantine.has(id);

export const isIn = (window: Window, nowMs: number): boolean => nowMs >= window.fromMs && nowMs < window.toMs;

export const overlap = (a: Window, b: Window): boolean => a.fromMs < b.toMs && b.fromMs < a.toMs;

/** Nodes that register as pending during the run. */
export const newcomersOf = (nodes: number): number => Math.max(1, Math.floor(nodes / 50));

/** How many equal nodes may be missing from a quorum of 9500 bps (P-24). */
export const quorumSlack = (nodes: number): number => Math.floor(nodes / 20);

/** What a test may ask for instead of what the seed would draw. */
export interface PlanWishes {
  /** The liars' ways, in turn. */
  readonly behaviours?: readonly ClaimBehaviourName[];
  /** Nodes that register during the run. */
  readonly newcomers?: number;
}

export function makePlan(options: SimOptions, random: Random, wishes: PlanWishes = {}): Plan {
  const { nodes, faults } = options;
  const newcomers = wishes.newcomers ?? newcomersOf(nodes);
  const active = Array.from({ length: nodes }, (_, i) => i + 1);
  const ids = Array.from({ length: nodes + newcomers }, (_, i) => i + 1);
  const silentCount = countOf(faults.silent, nodes);
  const chosen = random.fork("faulty").sample(active, silentCount + countOf(faults.byzantine, nodes));
  const silent = new Set(chosen.slice(0, silentCount));
  const slack = quorumSlack(nodes) - silent.size;
  const ways = BEHAVIOURS.filter((name) => hasSubnets(options) || !SUBNET_BEHAVIOURS.has(name));
  const byzantine = assignBehaviours(chosen.slice(silentCount), slack, random, wishes.behaviours ?? [], ways);
  const honest = ids.filter((id) => !silent.has(id) && !byzantine.has(id));
  return {
    healMs: HEAL_MS,
    ids,
    silent,
    byzantine,
    // Newcomers may not be up yet when a crash is due.
    crashes: planCrashes(
      faults,
      honest.filter((id) => id <= nodes),
      random.fork("crash"),
    ),
    unhealthy: planUnhealthy(faults, honest, random.fork("unhealthy")),
    lagMs: planLag(faults, ids, random.fork("lag")),
    partitions: planPartition(faults, ids, random.fork("partition")),
  };
}

const hasSubnets = ({ nodes, floodMax }: SimOptions): boolean => subnetBits(nodes, floodMax) > 0;

/** At least one where the fraction is not zero: a fault that was asked for happens. */
export function countOf(fraction: number, nodes: number): number {
  return fraction === 0 ? 0 : Math.max(1, Math.round(fraction * nodes));
}

/**
 * Ways that cost the liar's own share are given out only while a quorum stays in reach: beyond that every claim fails
 * in one and the same explained way, and the run finds nothing else. A higher `--silent` shows that case.
 */
function assignBehaviours(
  liars: readonly NodeId[],
  slack: number,
  random: Random,
  wanted: readonly ClaimBehaviourName[],
  ways: readonly BehaviourName[],
): Map<NodeId, ClaimBehaviourName> {
  const stream = random.fork("behaviour");
  let left = slack;
  return new Map(
    liars.map((id, i) => {
      const fromTest = wanted[i % Math.max(1, wanted.length)];
      const choices = ways.filter((name) => left > 0 || !COSTING_OWN_SHARE.has(name));
      const behaviour = fromTest ?? stream.pick(choices);
      if (COSTING_OWN_SHARE.has(behaviour)) left -= 1;
      return [id, behaviour];
    }),
  );
}

function planCrashes(faults: FaultOptions, honest: readonly NodeId[], random: Random): Map<NodeId, Crash> {
  const crashing = random.sample(honest, countOf(faults.crash, honest.length));
  return new Map(
    crashing.map((id) => {
      const afterEffects = random.chance(0.5) ? random.below(5) : null;
      return [id, { atMs: random.between(1_500, 19_000), downMs: random.between(200, 4_000), afterEffects }];
    }),
  );
}

function planUnhealthy(faults: FaultOptions, honest: readonly NodeId[], random: Random): Map<NodeId, Window> {
  const failing = random.sample(honest, countOf(faults.unhealthy, honest.length));
  return new Map(failing.map((id) => [id, windowBetween(random, 1_000, 12_000, 2_000, 8_000)]));
}

export function planLag(faults: FaultOptions, ids: readonly NodeId[], random: Random): Map<NodeId, number> {
  const { providerLagMs = PROVIDER_LAG_MS } = faults;
  const slowMs = SLOW_FACTOR * providerLagMs;
  return new Map(ids.map((id) => [id, random.between(0, random.chance(SLOW_PROVIDERS) ? slowMs : providerLagMs)]));
}

function planPartition(faults: FaultOptions, ids: readonly NodeId[], random: Random): Partition[] {
  const cut = countOf(faults.partition, ids.length);
  if (cut === 0) return [];
  const window = windowBetween(random, 1_500, 12_000, 3_000, 8_000);
  return [{ window, group: new Set(random.sample(ids, cut)) }];
}

function windowBetween(random: Random, fromMin: number, fromMax: number, lengthMin: number, lengthMax: number): Window {
  const fromMs = random.between(fromMin, fromMax);
  return { fromMs, toMs: Math.min(HEAL_MS, fromMs + random.between(lengthMin, lengthMax)) };
}
