/**
 * What happens to whom and when, drawn from a seed. In: nodes, minutes, what the links can do. Out: faults in order of
 * time, as plain values that can be printed. The same seed gives the same plan. Not its job: making it happen.
 */
import type { NodeId } from "@quorate/common";
import { Random } from "../sim/random.ts";
import { CLEAR, type Condition } from "./condition.ts";

interface Timed {
  /** After the start of the faults. */
  readonly atMs: number;
  /** How long it lasts: a killed agent stays away so long, a stopped one sleeps, a link stays bad. */
  readonly forMs: number;
}

export type Fault = Timed &
  (
    | { readonly kind: "kill"; readonly node: NodeId }
    | { readonly kind: "pause"; readonly node: NodeId }
    /** These against all others, in both directions. */
    | { readonly kind: "partition"; readonly nodes: readonly NodeId[] }
    /** What these send to those is lost; the way back is open. */
    | { readonly kind: "oneWay"; readonly nodes: readonly NodeId[]; readonly to: readonly NodeId[] }
    /** Every link of these, in both directions. */
    | { readonly kind: "slow"; readonly nodes: readonly NodeId[]; readonly condition: Condition }
    /** Every connection of the node is reset. */
    | { readonly kind: "reset"; readonly node: NodeId }
    /** The wall clock jumps to this offset from chain time, and stays. */
    | { readonly kind: "clock"; readonly node: NodeId; readonly offsetMs: number }
    /** The nodes' chain provider takes their questions and does not answer. */
    | { readonly kind: "stall"; readonly nodes: readonly NodeId[] }
    /** The chain node is stopped and started again from its own state. */
    | { readonly kind: "chain" }
  );

export type FaultKind = Fault["kind"];

export const FAULT_KINDS: readonly FaultKind[] = [
  "kill",
  "pause",
  "partition",
  "oneWay",
  "slow",
  "reset",
  "clock",
  "stall",
  "chain",
];

export interface PlanOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Until the last fault has begun. */
  readonly forMs: number;
  readonly kinds: readonly FaultKind[];
  /** Whether links can delay and lose; all can cut and be narrow. */
  readonly canDelay: boolean;
}

export interface Plan {
  /** Milliseconds by which each node's wall clock is off from the start, by id - 1. */
  readonly clocks: readonly number[];
  /** By `atMs`. */
  readonly faults: readonly Fault[];
}

/** Faults come in storms: claims that need nearly everyone (P-24) must be able to end in between. */
const STORM_MS = 22_000;
const CALM_MS = 20_000;
/** Between two faults of a storm, with 24 nodes; fewer nodes have more time. */
const GAP_MS = 1_200;
const FULL_NODES = 24;
const HOUR_MS = 3_600_000;

export function drawPlan(options: PlanOptions): Plan {
  const random = new Random(`chaos ${options.seed}`);
  const clocks = Array.from({ length: options.nodes }, () => drawOffset(random));
  const times = random.fork("times");
  const faults: Fault[] = [];
  // Each kind once before any comes again.
  let waiting: FaultKind[] = [];
  for (let atMs = 0; atMs < options.forMs; ) {
    if (waiting.length === 0) waiting = random.sample(options.kinds, options.kinds.length);
    faults.push(drawFault(waiting.pop() as FaultKind, Math.round(atMs), options, random.fork(faults.length)));
    const before = atMs;
    atMs += times.between(0.3, 1.7) * GAP_MS * Math.max(1, FULL_NODES / options.nodes);
    const stormEnds = Math.floor(before / (STORM_MS + CALM_MS)) * (STORM_MS + CALM_MS) + STORM_MS;
    if (atMs >= stormEnds && stormEnds > before) atMs = Math.max(atMs, stormEnds + CALM_MS);
  }
  return { clocks, faults: [...faults, ...allTogether(options, random.fork("together"))] };
}

/** The last storm: one of each kind at one moment. */
function allTogether(options: PlanOptions, random: Random): Fault[] {
  if (options.kinds.length < FAULT_KINDS.length) return [];
  return options.kinds.map((kind, i) => drawFault(kind, Math.round(options.forMs), options, random.fork(i)));
}

function drawFault(kind: FaultKind, atMs: number, options: PlanOptions, random: Random): Fault {
  const ids = Array.from({ length: options.nodes }, (_, i) => i + 1);
  const node = random.pick(ids);
  const some = (part: number): NodeId[] =>
    random.sample(ids, 1 + random.below(Math.max(1, Math.floor(options.nodes * part)))).sort((a, b) => a - b);
  const timed = { atMs, forMs: Math.round(random.between(2_000, 12_000)) };
  switch (kind) {
    case "kill":
      return { ...timed, forMs: Math.round(random.between(0, 6_000)), kind, node };
    case "pause":
      return { ...timed, kind, node };
    case "partition":
      return { ...timed, kind, nodes: some(0.5) };
    case "oneWay":
      return { ...timed, kind, ...disjoint(random, ids) };
    case "slow":
      return { ...timed, kind, nodes: some(0.3), condition: drawCondition(options, random) };
    case "reset":
      return { atMs, forMs: 0, kind, node };
    case "clock":
      return { atMs, forMs: 0, kind, node, offsetMs: drawOffset(random) };
    case "stall":
      return { ...timed, kind, nodes: some(0.3) };
    case "chain":
      return { ...timed, forMs: Math.round(random.between(500, 3_000)), kind };
  }
}

function disjoint(random: Random, ids: readonly NodeId[]): { nodes: NodeId[]; to: NodeId[] } {
  const drawn = random.sample(ids, ids.length);
  const from = 1 + random.below(Math.max(1, Math.floor(ids.length / 3)));
  const to = 1 + random.below(Math.max(1, ids.length - from));
  const byId = (a: NodeId, b: NodeId): number => a - b;
  return { nodes: drawn.slice(0, from).sort(byId), to: drawn.slice(from, from + to).sort(byId) };
}

function drawCondition({ canDelay }: PlanOptions, random: Random): Condition {
  if (!canDelay || random.chance(0.3)) return { ...CLEAR, rate: Math.round(random.between(2_000, 40_000)) };
  const delayMs = Math.round(random.between(20, 900));
  const loss = random.chance(0.5) ? Math.round(random.between(1, 30)) / 100 : 0;
  return { ...CLEAR, delayMs, jitterMs: Math.round(random.between(0, delayMs)), loss };
}

/** Half of them by seconds, the others by minutes to days, in either direction. */
function drawOffset(random: Random): number {
  const span = random.chance(0.5) ? 5_000 : random.chance(0.7) ? 2 * HOUR_MS : 72 * HOUR_MS;
  return Math.round(random.between(-span, span));
}

/** One line of the timeline. */
export function describeFault(fault: Fault): string {
  const seconds = `${(fault.forMs / 1_000).toFixed(1)} s`;
  switch (fault.kind) {
    case "kill":
      return `kill -9 of agent ${fault.node}, started again after ${seconds}`;
    case "pause":
      return `agent ${fault.node} is stopped (SIGSTOP) for ${seconds}`;
    case "partition":
      return `${fault.nodes.join(" ")} cut off from all others for ${seconds}`;
    case "oneWay":
      return `what ${fault.nodes.join(" ")} send to ${fault.to.join(" ")} is lost for ${seconds}`;
    case "slow":
      return `links of ${fault.nodes.join(" ")}: ${describeCondition(fault.condition)}, for ${seconds}`;
    case "reset":
      return `all connections of agent ${fault.node} are reset`;
    case "clock":
      return `the clock of agent ${fault.node} jumps to ${(fault.offsetMs / 1_000).toFixed(1)} s off chain time`;
    case "stall":
      return `the chain provider of ${fault.nodes.join(" ")} does not answer for ${seconds}`;
    case "chain":
      return `the chain node is stopped for ${seconds}`;
  }
}

function describeCondition({ delayMs, jitterMs, loss, rate }: Condition): string {
  if (rate !== null) return `${rate} bytes a second`;
  return `${delayMs} to ${delayMs + jitterMs} ms late${loss > 0 ? `, ${Math.round(loss * 100)}% lost` : ""}`;
}

/** Whom a fault keeps from what others need of it. */
export function touched(fault: Fault, nodes: number): NodeId[] {
  const all = Array.from({ length: nodes }, (_, i) => i + 1);
  switch (fault.kind) {
    case "kill":
    case "pause":
    case "reset":
      return [fault.node];
    // The wall clock alone keeps nobody from anything (P-124).
    case "clock":
      return [];
    case "chain":
      return all;
    case "oneWay":
      return [...fault.nodes, ...fault.to];
    case "partition":
    case "slow":
    case "stall":
      return [...fault.nodes];
  }
}
