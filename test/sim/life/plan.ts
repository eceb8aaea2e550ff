/**
 * What goes wrong in a life run, all decided before it starts: who is silent, lies, dies and comes back, takes turns,
 * never comes up; whose provider fails, who is cut off, who has an account. Then, at the start of the heal epoch,
 * everything but silence and lies stops.
 */
import type { NodeId } from "@quorate/common";
import { type AnyBehaviourName, BEHAVIOURS, MUTE_IN_REPORTS, REPORT_BEHAVIOURS } from "../byzantine/behaviour.ts";
import { ACCOUNTS, type FaultOptions, type LifeOptions, type SimOptions } from "../options.ts";
import { countOf, newcomersOf, type Partition, type Plan, planLag, type Window } from "../plan.ts";
import type { Random } from "../random.ts";
import type { Calendar } from "./calendar.ts";

export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
  /** As in plan.ts: dies in the middle of a step. */
  readonly afterEffects: number | null;
}

export type Fate = "silent" | "idle" | "dead" | "turns" | "newcomer" | "plain" | AnyBehaviourName;

export interface LifePlan extends Plan {
  /** Reports of this epoch and later ones are collected without faults but silence and lies. */
  readonly healEpoch: number;
  readonly fates: ReadonlyMap<NodeId, Fate>;
  readonly outages: ReadonlyMap<NodeId, readonly Outage[]>;
  readonly accounts: ReadonlySet<NodeId>;
  /** When a node that is not seeded registers. */
  readonly registersMs: ReadonlyMap<NodeId, number>;
}

export interface LifeWishes {
  readonly behaviours?: readonly AnyBehaviourName[];
}

/** What a crash takes, in milliseconds: less than an epoch, so that it excuses little. */
const CRASH_MS = { min: 200, max: 15_000 };
/** Crashes of one agent that crashes at all. */
const CRASHES = 3;
const PARTITIONS = 2;
/** Whoever dies is away for so many epochs: some long enough to be decommissioned. */
const DEAD_EPOCHS = { min: 1, max: 5 };

/**
 * Ways of lying in a run over epochs: those about reports, and those of the old ones that do not live from claims
 * alone.
 */
const LIES: readonly AnyBehaviourName[] = [
  ...REPORT_BEHAVIOURS,
  ...BEHAVIOURS.filter((name) => !["equivocator", "flooder"].includes(name)),
];

/** Faults go on for more than half of the epochs. */
export const healEpochOf = (epochs: number): number => Math.max(1, Math.ceil(epochs * 0.55));

export function makeLifePlan(
  options: SimOptions & { readonly life: LifeOptions },
  calendar: Calendar,
  random: Random,
  wishes: LifeWishes = {},
): LifePlan {
  const { nodes, faults, life } = options;
  const healEpoch = healEpochOf(life.epochs);
  const healMs = calendar.endMs(healEpoch - 1);
  const newcomers = newcomersOf(nodes);
  const idle = countOf(life.idle, nodes);
  const ids = Array.from({ length: nodes + newcomers + idle }, (_, i) => i + 1);
  const fates = drawFates(ids, options, random.fork("fates"), wishes.behaviours ?? []);
  const having = (...some: Fate[]): NodeId[] => ids.filter((id) => some.includes(fates.get(id) as Fate));
  const byzantine = new Map<NodeId, AnyBehaviourName>();
  for (const [id, fate] of fates)
    if (LIES.includes(fate as AnyBehaviourName)) byzantine.set(id, fate as AnyBehaviourName);
  const steady = having("plain");
  return {
    healMs,
    healEpoch,
    ids,
    fates,
    byzantine,
    silent: new Set(having("silent", "idle")),
    crashes: new Map(),
    outages: new Map([
      ...planDeaths(having("dead"), healEpoch, calendar, random.fork("dead")),
      ...planTurns(having("turns"), healEpoch, calendar),
      ...planCrashes(faults, steady, healMs, random.fork("crash")),
    ]),
    unhealthy: planUnhealthy(faults, steady, calendar, healMs, random.fork("unhealthy")),
    lagMs: planLag(faults, ids, random.fork("lag")),
    partitions: planPartitions(faults, ids, calendar, healMs, random.fork("partition")),
    accounts: planAccounts(ids, steady, life.accounts ?? ACCOUNTS, random.fork("accounts")),
    registersMs: new Map(ids.slice(nodes).map((id, i) => [id, calendar.endMs(0) + 3_000 + 2_000 * i])),
  };
}

function drawFates(
  ids: readonly NodeId[],
  { nodes, faults, life }: SimOptions & { readonly life: LifeOptions },
  random: Random,
  wanted: readonly AnyBehaviourName[],
): Map<NodeId, Fate> {
  const fates = new Map<NodeId, Fate>(ids.map((id) => [id, id <= nodes ? "plain" : "newcomer"]));
  for (const id of ids.slice(ids.length - countOf(life.idle, nodes))) fates.set(id, "idle");
  const shuffled = random.sample(ids.slice(0, nodes), nodes);
  const give = (count: number, fate: (i: number) => Fate): void => {
    for (let i = 0; i < count; i++) fates.set(shuffled.pop() as NodeId, fate(i));
  };
  give(countOf(faults.silent, nodes), () => "silent");
  // All ways in turn, from a random one: a larger network sees more of them.
  const from = random.below(LIES.length);
  const lies = wanted.length > 0 ? wanted : LIES.map((_, i) => LIES[(from + i) % LIES.length] as AnyBehaviourName);
  give(countOf(faults.byzantine, nodes), (i) => lies[i % lies.length] as AnyBehaviourName);
  give(countOf(life.dead, nodes), () => "dead");
  give(countOf(life.turns, nodes), () => "turns");
  return fates;
}

/** From before an epoch closes until after a later one has. */
function planDeaths(
  ids: readonly NodeId[],
  healEpoch: number,
  calendar: Calendar,
  random: Random,
): [NodeId, Outage[]][] {
  return ids.map((id) => {
    const epochs = DEAD_EPOCHS.min + random.below(DEAD_EPOCHS.max - DEAD_EPOCHS.min + 1);
    const first = random.below(Math.max(1, healEpoch - epochs));
    const fromMs = calendar.endMs(first) - random.between(1_000, 15_000);
    const toMs = Math.min(calendar.endMs(first + epochs), calendar.endMs(healEpoch - 1)) - random.between(500, 5_000);
    return [id, [{ fromMs, toMs, afterEffects: null }]];
  });
}

/**
 * Down from right before an epoch closes until right after the next one has: so its report is missed, and the next one
 * is not.
 */
function planTurns(ids: readonly NodeId[], healEpoch: number, calendar: Calendar): [NodeId, Outage[]][] {
  return ids.map((id, i) => {
    const outages: Outage[] = [];
    for (let epoch = i % 2; epoch + 1 < healEpoch; epoch += 2) {
      const fromMs = calendar.endMs(epoch) - 2_000;
      outages.push({ fromMs, toMs: calendar.endMs(epoch + 1) + 1_000, afterEffects: null });
    }
    return [id, outages];
  });
}

function planCrashes(
  faults: FaultOptions,
  steady: readonly NodeId[],
  healMs: number,
  random: Random,
): [NodeId, Outage[]][] {
  return random.sample(steady, countOf(faults.crash, steady.length)).map((id) => {
    const outages = Array.from({ length: CRASHES }, (_, i) => {
      const part = healMs / CRASHES;
      const fromMs = i * part + random.between(1_000, part - CRASH_MS.max - 5_000);
      const afterEffects = random.chance(0.5) ? random.below(5) : null;
      return { fromMs, toMs: fromMs + 2_000 + random.between(CRASH_MS.min, CRASH_MS.max), afterEffects };
    });
    return [id, outages];
  });
}

function planUnhealthy(
  faults: FaultOptions,
  steady: readonly NodeId[],
  calendar: Calendar,
  healMs: number,
  random: Random,
): Map<NodeId, Window> {
  const failing = random.sample(steady, countOf(faults.unhealthy, steady.length));
  return new Map(failing.map((id) => [id, windowOf(random, calendar, healMs)]));
}

function planPartitions(
  faults: FaultOptions,
  ids: readonly NodeId[],
  calendar: Calendar,
  healMs: number,
  random: Random,
): Partition[] {
  const cut = countOf(faults.partition, ids.length);
  if (cut === 0) return [];
  return Array.from({ length: PARTITIONS }, () => {
    return { window: windowOf(random, calendar, healMs), group: new Set(random.sample(ids, cut)) };
  });
}

/** Up to one and a half epochs, anywhere before healing. */
function windowOf(random: Random, { epochMs }: Calendar, healMs: number): Window {
  const lengthMs = random.between(0.1, 1.5) * epochMs;
  const fromMs = random.between(1_000, Math.max(2_000, healMs - lengthMs));
  return { fromMs, toMs: Math.min(healMs, fromMs + lengthMs) };
}

/** Some of all nodes, and at least three that nothing happens to. */
function planAccounts(ids: readonly NodeId[], steady: readonly NodeId[], part: number, random: Random): Set<NodeId> {
  const some = ids.filter(() => random.chance(part));
  return new Set([...some, ...random.sample(steady, 3)]);
}

/** Active nodes that give no share of a report, ever. */
export function muteNodes({ fates }: LifePlan): NodeId[] {
  return [...fates].flatMap(([id, fate]) =>
    fate === "silent" || MUTE_IN_REPORTS.has(fate as AnyBehaviourName) ? [id] : [],
  );
}
