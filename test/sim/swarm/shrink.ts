/**
 * From a scenario that fails to the smallest one found that still fails in the same way: fewer claims, nodes, faults,
 * each fault of the plan alone, a shorter run. Greedy and deterministic: tries the boldest cut first, keeps what still
 * fails, and ends when no cut does, or after so many runs. Not here: how a run is judged.
 */
import type { NodeId } from "@quorate/common";
import { NO_FAULTS } from "../options.ts";
import type { Plan } from "../plan.ts";
import type { Scenario } from "../scenario.ts";

export interface Shrunk {
  readonly scenario: Scenario;
  /** Runs it took. */
  readonly tries: number;
  /** False: stopped by a bound, and a smaller one may be there. */
  readonly isSmallest: boolean;
}

export interface ShrinkBounds {
  readonly triesMax: number;
  /** Whether there is time for another try. */
  readonly goOn: () => boolean;
}

/** A smaller scenario, when it is asked for: most are never needed. */
type Cut = () => Scenario;

/** Below this there is no network. */
const NODES_MIN = 4;

export function shrink(first: Scenario, fails: (scenario: Scenario) => boolean, bounds: ShrinkBounds): Shrunk {
  let scenario = first;
  let tries = 0;
  const tried = new Set<string>();
  for (;;) {
    let isSmaller = false;
    for (const way of WAYS) {
      // Each way again from the scenario it has found, until it finds nothing.
      for (let cuts = way(scenario), i = 0; i < cuts.length; ) {
        const candidate = (cuts[i] as Cut)();
        const key = keyOf(candidate);
        i += 1;
        if (tried.has(key)) continue;
        if (tries >= bounds.triesMax || !bounds.goOn()) return { scenario, tries, isSmallest: false };
        tried.add(key);
        tries += 1;
        if (!fails(candidate)) continue;
        scenario = candidate;
        isSmaller = true;
        cuts = way(scenario);
        i = 0;
      }
    }
    if (!isSmaller) return { scenario, tries, isSmallest: true };
  }
}

function keyOf({ options, plan, asks }: Scenario): string {
  const lists = [plan.silent, plan.byzantine, plan.crashes, plan.unhealthy, plan.lagMs].map((part) => [...part]);
  const partitions = plan.partitions.map(({ window, group }) => [window, [...group]]);
  return JSON.stringify([options, asks, plan.healMs, plan.ids.length, lists, partitions]);
}

/** Whatever depends on luck in the network may need other luck in a smaller one. */
const SEEDS_TRIED = 3;

/** The same cuts again with the seeds that follow. */
function alsoWithOtherSeeds(way: (scenario: Scenario) => Cut[]): (scenario: Scenario) => Cut[] {
  return (scenario) => {
    const cuts = way(scenario);
    return Array.from({ length: SEEDS_TRIED }, (_, more) => more).flatMap((more) =>
      cuts.map((cut) => () => {
        const cutDown = cut();
        return { ...cutDown, options: { ...cutDown.options, seed: cutDown.options.seed + more } };
      }),
    );
  };
}

const WAYS: readonly ((scenario: Scenario) => Cut[])[] = [
  alsoWithOtherSeeds(fewerClaims),
  (scenario) => fewerMembers(scenario, "lagMs"),
  weakerMessages,
  (scenario) => fewerMembers(scenario, "partitions"),
  (scenario) => fewerMembers(scenario, "unhealthy"),
  (scenario) => fewerMembers(scenario, "crashes"),
  (scenario) => fewerMembers(scenario, "byzantine"),
  (scenario) => fewerMembers(scenario, "silent"),
  alsoWithOtherSeeds(fewerNodes),
  smallerPartitions,
  shorter,
];

/** One of the claims alone, then half of them, then all but one. */
function fewerClaims(scenario: Scenario): Cut[] {
  return smallerLists(scenario.asks).map((asks) => () => withAsks(scenario, asks));
}

function withAsks(scenario: Scenario, asks: Scenario["asks"]): Scenario {
  return { ...scenario, asks, options: { ...scenario.options, claims: asks.length } };
}

/**
 * Non-empty, shorter lists: each half, each quarter left out and so on to each element left out, as ddmin does
 * (Zeller).
 */
function smallerLists<T>(list: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let chunk = Math.ceil(list.length / 2); list.length > 1; chunk = Math.ceil(chunk / 2)) {
    for (let from = 0; from < list.length; from += chunk) {
      found.push([...list.slice(0, from), ...list.slice(from + chunk)]);
    }
    if (chunk === 1) break;
  }
  return found.filter((shorter) => shorter.length > 0);
}

type Part = "lagMs" | "partitions" | "unhealthy" | "crashes" | "byzantine" | "silent";

/** None of one kind of fault, then fewer of them. */
function fewerMembers(scenario: Scenario, part: Part): Cut[] {
  const members: unknown[] = [...scenario.plan[part]];
  if (members.length === 0) return [];
  return [[], ...smallerLists(members)].map((kept) => () => ({
    ...scenario,
    plan: withPart(scenario.plan, part, kept),
  }));
}

function withPart(plan: Plan, part: Part, members: readonly unknown[]): Plan {
  if (part === "silent") return { ...plan, silent: new Set(members as NodeId[]) };
  if (part === "partitions") return { ...plan, partitions: members as Plan["partitions"] };
  return { ...plan, [part]: new Map(members as [NodeId, never][]) };
}

/** Loss, duplication and delay: none, then half; latency without a spread. */
function weakerMessages(scenario: Scenario): Cut[] {
  const { faults } = scenario.options;
  const withFaults = (changed: Partial<typeof faults>): Scenario => {
    return { ...scenario, options: { ...scenario.options, faults: { ...faults, ...changed } } };
  };
  const cuts: Cut[] = (["loss", "duplicate", "delay"] as const).flatMap((name) => {
    if (faults[name] === 0) return [];
    const half = Number((faults[name] / 2).toFixed(3));
    return [() => withFaults({ [name]: 0 }), ...(half < 0.004 ? [] : [() => withFaults({ [name]: half })])];
  });
  const { latencyMs } = NO_FAULTS;
  const isUsual = faults.latencyMs.min === latencyMs.min && faults.latencyMs.max === latencyMs.max;
  return isUsual ? cuts : [...cuts, () => withFaults({ latencyMs })];
}

/** Without newcomers; then without a half, a quarter, an eighth of the nodes that play no part, to one of them. */
function fewerNodes(scenario: Scenario): Cut[] {
  const { plan, asks, options } = scenario;
  const cuts: Cut[] = [];
  const active = plan.ids.filter((id) => id <= options.nodes);
  if (plan.ids.length > options.nodes) cuts.push(() => keeping(scenario, active));
  const parts = new Set([
    ...[...plan.silent, ...plan.byzantine.keys(), ...plan.crashes.keys(), ...plan.unhealthy.keys()],
    ...asks.flatMap(({ recipientOf, askedOf }) => [recipientOf, askedOf]),
  ]);
  const idle = active.filter((id) => !parts.has(id));
  for (let left = idle.length; left >= 1; left = Math.floor(left / 2)) {
    const dropped = new Set(idle.slice(idle.length - left));
    if (active.length - left < NODES_MIN) continue;
    cuts.push(() =>
      keeping(
        scenario,
        plan.ids.filter((id) => !dropped.has(id)),
      ),
    );
  }
  return cuts;
}

/** The scenario of these nodes alone, numbered anew from 1. */
function keeping(scenario: Scenario, ids: readonly NodeId[]): Scenario {
  const { plan, options } = scenario;
  const idOf = new Map(ids.map((id, i) => [id, i + 1]));
  const map = <T>(part: ReadonlyMap<NodeId, T>): Map<NodeId, T> =>
    new Map([...part].flatMap(([id, value]) => (idOf.has(id) ? [[idOf.get(id) as NodeId, value]] : [])));
  const set = (part: ReadonlySet<NodeId>): Set<NodeId> => new Set([...part].flatMap((id) => idOf.get(id) ?? []));
  return {
    options: { ...options, nodes: ids.filter((id) => id <= options.nodes).length },
    asks: scenario.asks.map((ask) => {
      return { ...ask, recipientOf: idOf.get(ask.recipientOf) as NodeId, askedOf: idOf.get(ask.askedOf) as NodeId };
    }),
    plan: {
      ...{
        healMs: plan.healMs,
        ids: ids.map((_, i) => i + 1),
        silent: set(plan.silent),
        byzantine: map(plan.byzantine),
      },
      ...{ crashes: map(plan.crashes), unhealthy: map(plan.unhealthy), lagMs: map(plan.lagMs) },
      partitions: plan.partitions
        .map(({ window, group }) => ({ window, group: set(group) }))
        .filter(({ group }) => group.size > 0),
    },
  };
}

function smallerPartitions(scenario: Scenario): Cut[] {
  const { plan } = scenario;
  return plan.partitions.flatMap(({ window, group }, i) =>
    smallerLists([...group]).map((kept) => () => {
      const partitions = plan.partitions.map((other, j) => (i === j ? { window, group: new Set(kept) } : other));
      return { ...scenario, plan: { ...plan, partitions } };
    }),
  );
}

/** Faults end as soon as the last one has begun and every claim was asked for. */
function shorter(scenario: Scenario): Cut[] {
  const { plan, asks } = scenario;
  const ends = [
    ...asks.map(({ atMs }) => atMs + 1_000),
    ...[...plan.crashes.values()].map(({ atMs, downMs }) => atMs + downMs + 2_000),
    ...[...plan.unhealthy.values(), ...plan.partitions.map(({ window }) => window)].map(({ toMs }) => toMs),
  ];
  const leastMs = Math.ceil(Math.max(...ends));
  const halfMs = Math.round((plan.healMs + leastMs) / 2);
  return [leastMs, halfMs].flatMap((healMs) =>
    healMs < plan.healMs ? [() => ({ ...scenario, plan: { ...plan, healMs } })] : [],
  );
}
