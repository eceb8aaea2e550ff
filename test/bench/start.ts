/**
 * `pnpm bench start`: what it takes to start an agent, from its sources and from the built command, in one run: one
 * network, the same nodes one after the other. In: how many agents start, and how many at once. Out: seconds until an
 * agent serves, alone and among others, the processor's seconds that it took, and megabytes at rest.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "@quorate/common";
import { ensureBundle } from "../../packages/aggregator/scripts/bundle.ts";
import { startFixture } from "../e2e/fixture.ts";
import { REPOSITORY } from "../harness/child.ts";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import { median, round2 } from "./figures.ts";

export const START_NODES = 8;
/** The target: a third of a start from the sources. */
export const START_PART_MAX = 1 / 3;
/** As many as a network of the harness starts at once. */
const TOGETHER = 4;
/** Long, so that nothing closes while agents rest. */
const EPOCH_SECONDS = 3_600;
/** Milliseconds until an agent's memory is read: by then it has met its peers. */
const REST_MS = 10_000;
/** Of Linux' USER_HZ: the unit of times in /proc. */
const TICKS_PER_SECOND = 100;

const SOURCES = join(REPOSITORY, "packages/aggregator/src/cli/main.ts");

export interface StartFigures {
  /** Seconds from the start of the process to its HTTP interface, of one that starts alone. */
  readonly aloneSeconds: number;
  /** The median of those that start four at once. */
  readonly togetherSeconds: number;
  /** Seconds of processor time until then, of the median. */
  readonly cpuSeconds: number;
  /** Resident megabytes of the median at rest. */
  readonly restMb: number;
}

export interface StartResult {
  readonly start: {
    readonly nodes: number;
    readonly sources: StartFigures;
    readonly built: StartFigures;
    /** A start among others from the built command, as a part of one from the sources. */
    readonly part: number;
  };
}

export async function benchStart({ nodes }: { readonly nodes: number }): Promise<StartResult> {
  const built = await ensureBundle();
  const sources = await measure(nodes, SOURCES);
  const fromBuilt = await measure(nodes, built);
  const part = round2(fromBuilt.togetherSeconds / sources.togetherSeconds);
  return { start: { nodes, sources, built: fromBuilt, part } };
}

/** Twice, because the first time fills the cache of compiled code. */
async function measure(nodes: number, command: string): Promise<StartFigures> {
  const fixture = await startFixture("anvil", { nodes, epochSeconds: EPOCH_SECONDS, claimDeadlineMs: 60_000, command });
  try {
    const { network } = fixture;
    const ids = network.nodes.map(({ id }) => id);
    await network.startAgents(ids);
    await stopAll(network);
    const [first = 1, ...others] = ids;
    const alone = await timed(network, first);
    const started: Started[] = [];
    const next = async (): Promise<void> => {
      for (let id = others.shift(); id !== undefined; id = others.shift()) started.push(await timed(network, id));
    };
    await Promise.all(Array.from({ length: TOGETHER }, next));
    await sleep(REST_MS);
    return {
      aloneSeconds: round2(alone.seconds),
      togetherSeconds: round2(median(started.map(({ seconds }) => seconds))),
      cpuSeconds: round2(median(started.map(({ cpuSeconds }) => cpuSeconds))),
      restMb: Math.round(median(network.agents.map(residentMb))),
    };
  } finally {
    await fixture.close();
  }
}

interface Started {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function timed(network: LocalNetwork, id: NodeId): Promise<Started> {
  const startedMs = performance.now();
  const agent = await network.startAgent(id);
  return { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: cpuSecondsOf(agent) };
}

async function stopAll(network: LocalNetwork): Promise<void> {
  for (const { id } of network.agents) await network.stopAgent(id);
}

/** The 14th and 15th field of proc_pid_stat(5): user and system time. */
function cpuSecondsOf({ child }: AgentProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

function residentMb({ child }: AgentProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
}

export function printStart({ start }: StartResult): string {
  const { nodes, sources, built, part } = start;
  const row = (name: string, of: StartFigures): string =>
    [
      name.padEnd(10),
      `${of.aloneSeconds.toFixed(2)} s`.padStart(10),
      `${of.togetherSeconds.toFixed(2)} s`.padStart(12),
      `${of.cpuSeconds.toFixed(2)} s`.padStart(12),
      `${of.restMb} MB`.padStart(10),
    ].join("");
  return [
    "",
    `  ${nodes} agents, from start to serving`,
    "",
    `            ${"alone".padStart(8)}${"4 at once".padStart(12)}${"processor".padStart(12)}${"at rest".padStart(10)}`,
    `  ${row("sources", sources)}`,
    `  ${row("built", built)}`,
    "",
    `  Built, a start among others takes ${Math.round(part * 100)}% of what it takes from the sources.`,
    "",
  ].join("\n");
}
