/**
 * `pnpm bench load`: very many claims at once, through agent processes on anvil's chain; this process is the crowd. In:
 * how many nodes and claims, for how many minutes. Out: how each claim ended, whether it was paid on chain, how late
 * every agent's event loop was, and the agents' memory over time. Stakers have addresses of their own, as behind a
 * proxy that names them.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startFixture, untilReady } from "../e2e/fixture.ts";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import { median, percentile, round2 } from "./figures.ts";
import { askUntilEnded, type Ended, type Wanted } from "./loadClaims.ts";
import { payAll } from "./loadPayment.ts";
import type { HeapFigures, LoopFigures } from "./loopWatch.ts";

export const LOAD_NODES = 20;
export const LOAD_CLAIMS = 500;
/** Waves of claims are repeated until so many minutes have passed. */
export const LOAD_MINUTES = 0;

/** As many recipients as a node can have (P-27): 20 nodes have 200, each of whom asks for several epochs. */
const CONTRIBUTORS = 10;
/** A claim for the oldest epoch asked for stays in the window of five (P-70) for two of these. */
const EPOCH_SECONDS = 60;
const EPOCHS_ASKED = 3;
const CLAIM_DEADLINE_MS = 60_000;
const MEMORY_EVERY_MS = 5_000;
/** What is promised of an agent's event loop. */
const LATE_P99_MS = 100;

export interface LoadResult {
  readonly load: {
    readonly nodes: number;
    readonly claims: number;
    readonly stakers: number;
    readonly waves: number;
    readonly cores: number;
    readonly minutes: number;
    /** Claims by how they ended: paid, or the code that explains why not. */
    readonly ends: Readonly<Record<string, number>>;
    /** Answers of 429, 408 and 503, after which a staker asks again. */
    readonly askedAgain: number;
    readonly toEndMs: { readonly p50: number; readonly p95: number; readonly max: number };
    /** Of the agent that was latest. */
    readonly loopLateMs: { readonly p50: number; readonly p99: number; readonly max: number };
    /** Processor time for which an agent's own work held its loop, of the agent that was held longest. */
    readonly loopHeldMs: { readonly p99: number; readonly max: number };
    readonly agentsOver100Ms: number;
    readonly cpuSecondsOfAgents: number;
    /** Resident megabytes, the median of the agents, by minute. */
    readonly rssMb: readonly MemoryAt[];
    /** Megabytes that an agent's main thread holds when garbage is gone, after each wave. */
    readonly heapMb: readonly MemoryAt[];
    readonly ok: boolean;
  };
}

/** Of all agents. */
interface MemoryAt {
  readonly minute: number;
  readonly median: number;
  readonly most: number;
}

export interface LoadOptions {
  readonly nodes: number;
  readonly claims: number;
  readonly minutes: number;
}

export async function benchLoad(options: LoadOptions): Promise<LoadResult> {
  const fixture = await startFixture("anvil", {
    nodes: options.nodes,
    epochSeconds: EPOCH_SECONDS,
    claimDeadlineMs: CLAIM_DEADLINE_MS,
    contributors: CONTRIBUTORS,
    launchOf: () => ({
      place: { listen: "/ip4/127.0.0.1/tcp/0", httpHost: "127.0.0.1" },
      env: { QUORATE_HTTP_TRUSTED_PROXIES: "127.0.0.1" },
      imports: [new URL("./loopWatch.ts", import.meta.url).href],
    }),
  });
  try {
    const { network } = fixture;
    const ids = network.nodes.map(({ id }) => id);
    await network.startAgents(ids, (ready) => process.stderr.write(`${ready} of ${options.nodes} agents up\n`));
    await untilReady(network);
    return await measure(network, options);
  } finally {
    await fixture.close();
  }
}

async function measure(network: LocalNetwork, options: LoadOptions): Promise<LoadResult> {
  const used = new Set<string>();
  const ended: Ended[] = [];
  const memory = watchMemory(network.agents);
  for (const { child } of network.agents) child.send({ type: "loop-begin" });
  const startedMs = performance.now();
  const minutes = (): number => (performance.now() - startedMs) / 60_000;
  const heapMb: MemoryAt[] = [];
  let waves = 0;
  do {
    const wanted = await nextWave(network, options.claims, used);
    process.stderr.write(`wave ${++waves}: ${wanted.length} claims at once\n`);
    ended.push(...(await Promise.all(wanted.map(askUntilEnded))));
    heapMb.push(memoryAt(Math.floor(minutes()), await Promise.all(network.agents.map(heapMbOf))));
  } while (minutes() < options.minutes);
  const loops = await Promise.all(network.agents.map(loopOf));
  const rssMb = memory.stop();
  process.stderr.write(`paying ${ended.filter(({ bundle }) => bundle !== null).length} claims\n`);
  const ends = await payAll(network, ended);
  const told = { waves, minutes: round2(minutes()), ends, rssMb, heapMb };
  return { load: { ...figuresOf(network, ended, loops), ...options, ...told } };
}

function figuresOf(network: LocalNetwork, ended: readonly Ended[], loops: readonly LoopFigures[]) {
  const at = (percent: number): number =>
    Math.round(
      percentile(
        ended.map(({ ms }) => ms),
        percent,
      ),
    );
  const most = (read: (loop: LoopFigures) => number): number => round2(Math.max(...loops.map(read)));
  const over = loops.filter(({ p99Ms }) => p99Ms > LATE_P99_MS).length;
  return {
    stakers: new Set(network.nodes.flatMap(({ recipients }) => recipients)).size,
    cores: availableParallelism(),
    askedAgain: ended.reduce((sum, { askedAgain }) => sum + askedAgain, 0),
    toEndMs: { p50: at(50), p95: at(95), max: at(100) },
    loopLateMs: { p50: most(({ p50Ms }) => p50Ms), p99: most(({ p99Ms }) => p99Ms), max: most(({ maxMs }) => maxMs) },
    loopHeldMs: { p99: most(({ heldP99Ms }) => heldP99Ms), max: most(({ heldMaxMs }) => heldMaxMs) },
    agentsOver100Ms: over,
    cpuSecondsOfAgents: Math.round(loops.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1_000),
    // Every claim has a code or its tokens; that is what `ends` counts.
    ok: over === 0 && ended.every(({ bundle, code }) => bundle !== null || code !== null),
  };
}

/** Claims that nobody asked for yet, of as many different stakers as there are; waits for epochs to close. */
async function nextWave(network: LocalNetwork, claims: number, used: Set<string>): Promise<Wanted[]> {
  const recipients = network.nodes.flatMap((node) => node.recipients);
  for (;;) {
    const status = await network.agents[0]?.client.status().catch(() => null);
    const closed = status?.closedEpoch ?? -1;
    const oldest = Math.max(0, closed - EPOCHS_ASKED + 1);
    const fresh: Wanted[] = [];
    for (let epoch = closed; epoch >= oldest; epoch--) {
      for (const [index, recipient] of recipients.entries()) {
        if (used.has(`${recipient}@${epoch}`)) continue;
        const agent = network.agents[index % network.agents.length] as AgentProcess;
        const client = `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`;
        fresh.push({ http: agent.http, recipient, epoch, client });
      }
    }
    if (fresh.length >= claims || closed - oldest + 1 >= EPOCHS_ASKED) {
      const wave = fresh.slice(0, claims);
      for (const { recipient, epoch } of wave) used.add(`${recipient}@${epoch}`);
      if (wave.length > 0) return wave;
    }
    await sleep(1_000);
  }
}

function loopOf(agent: AgentProcess): Promise<LoopFigures> {
  return askAgent<LoopFigures>(agent, "loop-end", "loop");
}

async function heapMbOf(agent: AgentProcess): Promise<number> {
  return (await askAgent<HeapFigures>(agent, "heap", "heap")).bytes / 1_048_576;
}

/** What loopWatch.ts answers. */
function askAgent<Answer extends { readonly type: string }>(
  { child }: AgentProcess,
  question: string,
  type: Answer["type"],
): Promise<Answer> {
  return new Promise((resolve) => {
    const stop = child.onMessage((message) => {
      if ((message as Answer).type !== type) return;
      stop();
      resolve(message as Answer);
    });
    child.send({ type: question });
  });
}

function memoryAt(minute: number, mb: readonly number[]): MemoryAt {
  return { minute, median: Math.round(median(mb)), most: Math.round(Math.max(...mb)) };
}

/** Looks at all agents every few seconds; a line for each minute. */
function watchMemory(agents: readonly AgentProcess[]) {
  const startedMs = performance.now();
  const seen: { minute: number; mb: number[] }[] = [];
  const look = (): void => {
    const minute = Math.floor((performance.now() - startedMs) / 60_000);
    seen.push({ minute, mb: agents.map(({ child }) => residentMb(child.pid)) });
  };
  look();
  const timer = setInterval(look, MEMORY_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      const byMinute = Map.groupBy(seen, ({ minute }) => minute);
      return [...byMinute].map(([minute, looks]) =>
        memoryAt(
          minute,
          looks.flatMap(({ mb }) => mb),
        ),
      );
    },
  };
}

/** The second field of /proc/<pid>/statm, in pages of 4 kB. */
function residentMb(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096) / 1_048_576;
}

export function printLoad({ load }: LoadResult): string {
  const row = (what: string, value: string): string => `${what.padEnd(46)}${value.padStart(16)}`;
  const { toEndMs, loopLateMs, loopHeldMs, rssMb, heapMb } = load;
  const rows = (what: string, all: readonly MemoryAt[]): string[] =>
    all.map(({ minute, median: mb, most }) => row(`${what} minute ${minute}, median (most)`, `${mb} (${most}) MB`));
  return `${[
    `${load.claims} claims of ${load.stakers} stakers at once, ${load.nodes} agent processes, ${load.cores} cores`,
    "",
    ...Object.entries(load.ends).map(([end, count]) => row(`claims that ended: ${end}`, String(count))),
    row("  asked again after 429, 408 or 503", String(load.askedAgain)),
    row("from the first request to the end, median", `${toEndMs.p50} ms`),
    row("  95th of 100", `${toEndMs.p95} ms`),
    row("  longest", `${toEndMs.max} ms`),
    row("latest agent's event loop, median", `${loopLateMs.p50} ms late`),
    row("  99th of 100", `${loopLateMs.p99} ms late`),
    row("  longest", `${loopLateMs.max} ms late`),
    row("its own work held it, 99th of 100", `${loopHeldMs.p99} ms`),
    row("  longest", `${loopHeldMs.max} ms`),
    row(`agents over ${LATE_P99_MS} ms at the 99th`, String(load.agentsOver100Ms)),
    row("processor time of all agents", `${load.cpuSecondsOfAgents} s`),
    row("waves, minutes", `${load.waves}, ${load.minutes}`),
    ...rows("resident in", rssMb),
    ...rows("held without garbage,", heapMb),
  ].join("\n")}\n`;
}
