/**
 * A run that is given instead of drawn: who asks whom and when, and every fault of its plan. The swarm shrinks these
 * and writes them to files, `--plan FILE.json` runs them. In and out: JSON, or a scenario. Checked on reading; errors
 * are FLAG_INVALID.
 */
import { readFileSync } from "node:fs";
import { type NodeId, quorateError } from "@quorate/common";
import { BEHAVIOURS, FLOODS } from "./byzantine/behaviour.ts";
import type { FaultOptions, SimOptions } from "./options.ts";
import { type Crash, isHonest, makePlan, type Partition, type Plan, type Window } from "./plan.ts";
import { Random } from "./random.ts";

/** A staker's question. */
export interface Ask {
  /** The node whose staker is paid. */
  readonly recipientOf: NodeId;
  /** The node whose agent is asked. */
  readonly askedOf: NodeId;
  readonly atMs: number;
}

export interface Scenario {
  readonly options: SimOptions;
  readonly plan: Plan;
  readonly asks: readonly Ask[];
}

/** Claims are asked for between these. */
const ASK_FROM_MS = 1_500;
const ASK_TO_MS = 12_000;

/** Stakers of active nodes ask honest agents. */
export function drawAsks({ nodes, claims }: SimOptions, plan: Plan, random: Random): Ask[] {
  const active = plan.ids.filter((id) => id <= nodes);
  const asked = active.filter((id) => isHonest(plan, id));
  return random.sample(active, claims).map((recipientOf) => {
    return { recipientOf, askedOf: random.pick(asked), atMs: random.between(ASK_FROM_MS, ASK_TO_MS) };
  });
}

/** What the seed draws, spelt out: the run is the same. Fractions that the plan stands for are zero. */
export function scenarioOf(options: SimOptions): Scenario {
  const random = runRandom(options.seed);
  const plan = makePlan(options, random.fork("plan"));
  const spelt = { silent: 0, byzantine: 0, crash: 0, unhealthy: 0, partition: 0 };
  const asks = drawAsks(options, plan, random.fork("stakers"));
  return { options: { ...options, faults: { ...options.faults, ...spelt } }, plan, asks };
}

/** All chance of a run of claims. */
export const runRandom = (seed: number): Random => new Random(`quorate simulation ${seed}`);

/** How a scenario stands in a file: what is empty or zero may be left out. */
interface ScenarioFile {
  readonly seed: number;
  readonly nodes: number;
  readonly faults: FaultOptions;
  readonly floodMax?: number;
  readonly asks: readonly Ask[];
  readonly healMs: number;
  readonly newcomers?: number;
  readonly silent?: readonly NodeId[];
  readonly byzantine?: Readonly<Record<string, string>>;
  readonly crashes?: Readonly<Record<string, Crash>>;
  readonly unhealthy?: Readonly<Record<string, Window>>;
  readonly lagMs?: Readonly<Record<string, number>>;
  readonly partitions?: readonly { readonly window: Window; readonly group: readonly NodeId[] }[];
}

export function scenarioJson({ options, plan, asks }: Scenario): string {
  const record = <T>(map: ReadonlyMap<NodeId, T>): Record<string, T> => Object.fromEntries(map);
  const file: ScenarioFile = {
    ...{ seed: options.seed, nodes: options.nodes, faults: options.faults, asks, healMs: plan.healMs },
    ...(options.floodMax === undefined ? {} : { floodMax: options.floodMax }),
    ...{ newcomers: plan.ids.length - options.nodes, silent: [...plan.silent], byzantine: record(plan.byzantine) },
    ...{ crashes: record(plan.crashes), unhealthy: record(plan.unhealthy) },
    lagMs: Object.fromEntries([...plan.lagMs].filter(([, lag]) => lag > 0)),
    partitions: plan.partitions.map(({ window, group }) => ({ window, group: [...group] })),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** The one command that runs a scenario again. */
export const planCommand = (path: string): string => `npx -y pnpm@12 sim --plan ${path}`;

/** @throws QuorateError `FLAG_INVALID` for a file that cannot be read, or says what no run can be */
export function readScenario(path: string): Scenario {
  const wrong = (problem: string) => quorateError("FLAG_INVALID", { flag: "--plan", value: path, problem });
  let file: ScenarioFile;
  try {
    file = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const problem = problemOf(file);
  if (problem !== null) throw wrong(problem);
  const { seed, nodes, faults, floodMax, asks, healMs } = file;
  const map = <T>(record: Readonly<Record<string, T>> | undefined): Map<NodeId, T> =>
    new Map(Object.entries(record ?? {}).map(([id, value]) => [Number(id), value]));
  const ids = Array.from({ length: nodes + (file.newcomers ?? 0) }, (_, i) => i + 1);
  const partitions: Partition[] = (file.partitions ?? []).map(({ window, group }) => ({
    window,
    group: new Set(group),
  }));
  return {
    options: { seed, nodes, claims: asks.length, faults, ...(floodMax === undefined ? {} : { floodMax }) },
    plan: {
      ...{ healMs, ids, silent: new Set(file.silent ?? []), byzantine: map(file.byzantine) as Plan["byzantine"] },
      ...{ crashes: map(file.crashes), unhealthy: map(file.unhealthy), lagMs: map(file.lagMs), partitions },
    },
    asks,
  };
}

const WAYS: ReadonlySet<string> = new Set([...BEHAVIOURS, ...FLOODS]);

/** The first thing in a file that no run can be made of; null for none. */
function problemOf(file: ScenarioFile): string | null {
  if (typeof file !== "object" || file === null) return "not an object";
  const isNumber = (value: unknown): value is number => typeof value === "number" && value >= 0;
  for (const name of ["seed", "nodes", "healMs"] as const) if (!isNumber(file[name])) return `"${name}" is no number`;
  const fractions = [file.faults?.loss, file.faults?.duplicate, file.faults?.delay];
  const { min, max } = file.faults?.latencyMs ?? {};
  if (![...fractions, min, max].every(isNumber)) return `"faults" needs loss, duplicate, delay and latencyMs`;
  if (!Array.isArray(file.asks) || file.asks.length === 0) return `"asks" is empty`;
  const liars = Object.entries(file.byzantine ?? {});
  const unknown = liars.find(([, way]) => !WAYS.has(way));
  if (unknown !== undefined) return `node ${unknown[0]} lies as "${unknown[1]}", which nobody knows`;
  const isUp = (id: NodeId): boolean => id >= 1 && id <= file.nodes && !(file.silent ?? []).includes(id);
  const lost = file.asks.find(({ askedOf }) => !isUp(askedOf) || liars.some(([id]) => Number(id) === askedOf));
  return lost === undefined ? null : `node ${lost.askedOf} is asked, and is not an honest active node`;
}
