/**
 * One agent process for a long time, on a real chain, behind three providers that misbehave in turns (P-57). Enters:
 * minutes, a seed. Leaves: trends of descriptors, memory, heap and event-loop delay, and what the agent did. Real
 * clocks: the seed fixes which fault follows on which, not what the machine makes of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isQuorateError } from "@quorate/common";
import { type Fixture, startFixture } from "../e2e/fixture.ts";
import type { AgentProcess } from "../harness/network.ts";
import { Random } from "../sim/random.ts";
import { describeFault, type Fault, NONE } from "./faults.ts";
import { anyFault } from "./plan.ts";
import { FaultyProxy } from "./proxy.ts";
import { type Sample, type Trend, trendOf } from "./samples.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  onLine(line: string): void;
  /** Told at the start what ends everything. */
  onStarted(close: () => Promise<void>): void;
}

export interface SoakReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly minutes: number;
  readonly descriptors: Trend;
  readonly residentMb: Trend;
  readonly heapMb: Trend;
  /** The 99th percentile of each sample's time. */
  readonly loopDelayMs: Trend;
  readonly turns: number;
  /** Turns with two honest providers at whose end the agent was not healthy, with the fault of the third. */
  readonly unhealthyTurns: readonly string[];
  /** Turns with one honest provider at whose end the agent abstained. */
  readonly abstainedTurns: number;
  readonly turnsWithoutMajority: number;
  readonly claimsReady: number;
  readonly claimsFailed: number;
  readonly headBlock: number;
  readonly requests: number;
}

const SAMPLE_MS = 5_000;
const SAMPLES_A_LINE = 12;
/** Several polls of a second, and a deadline of ten for one answer. */
const TURN_MS = 20_000;
const EPOCH_SECONDS = 20;
/** One turn in so many has two that misbehave, one in so many has none. */
const TWO_EVERY = 8;
const NONE_EVERY = 5;
const NODE = 1;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const random = new Random(`soak ${options.seed}`);
  const proxies: FaultyProxy[] = [];
  const urls = (): string[] => proxies.map(({ url }) => url);
  const network = { nodes: 1, epochSeconds: EPOCH_SECONDS, claimDeadlineMs: 10_000, rpcUrlOf: urls };
  const fixture = await startFixture("anvil", network);
  const close = async (): Promise<void> => {
    await fixture.close();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  };
  options.onStarted(close);
  try {
    for (let i = 0; i < 3; i++) proxies.push(await FaultyProxy.start(fixture.network.chain.url, random.fork(i)));
    const agent = await fixture.network.startAgent(NODE);
    return await new Soak(fixture, agent, proxies, random, options).run();
  } finally {
    await close();
  }
}

class Soak {
  readonly #fixture: Fixture;
  readonly #agent: AgentProcess;
  readonly #proxies: readonly FaultyProxy[];
  readonly #random: Random;
  readonly #options: SoakOptions;
  readonly #begunMs = performance.now();
  readonly #figures = { descriptors: [], residentMb: [], heapMb: [], loopDelayMs: [] } as Record<Figure, Sample[]>;
  readonly #unhealthy: string[] = [];
  #abstained = 0;
  #withoutMajority = 0;
  #turns = 0;
  readonly #claims = { ready: 0, failed: 0 };

  constructor(
    fixture: Fixture,
    agent: AgentProcess,
    proxies: readonly FaultyProxy[],
    random: Random,
    options: SoakOptions,
  ) {
    this.#fixture = fixture;
    this.#agent = agent;
    this.#proxies = proxies;
    this.#random = random;
    this.#options = options;
  }

  async run(): Promise<SoakReport> {
    const ends = new AbortController();
    const turning = this.#turn(ends.signal);
    const samples = Math.max(4, Math.round((this.#options.minutes * 60_000) / SAMPLE_MS));
    for (let i = 1; i <= samples; i++) {
      await sleep(SAMPLE_MS);
      await this.#sample();
      if (i % SAMPLES_A_LINE === 0) this.#options.onLine(this.#line());
    }
    ends.abort();
    await turning;
    for (const proxy of this.#proxies) proxy.fault = NONE;
    const { descriptors, residentMb, heapMb, loopDelayMs } = this.#figures;
    const trends = {
      ...{ descriptors: trendOf(descriptors), residentMb: trendOf(residentMb) },
      ...{ heapMb: trendOf(heapMb), loopDelayMs: trendOf(loopDelayMs) },
    };
    const status = await this.#agent.client.status();
    const grows = trends.descriptors.last > trends.descriptors.first + 16;
    const swells = trends.residentMb.last > trends.residentMb.first * 1.25;
    return {
      ok: !grows && !swells && this.#unhealthy.length === 0,
      ...{ seed: this.#options.seed, minutes: this.#options.minutes, ...trends },
      ...{ turns: this.#turns, unhealthyTurns: this.#unhealthy, abstainedTurns: this.#abstained },
      turnsWithoutMajority: this.#withoutMajority,
      ...{ claimsReady: this.#claims.ready, claimsFailed: this.#claims.failed },
      headBlock: status.head?.number ?? 0,
      requests: this.#proxies.reduce((sum, { requests }) => sum + requests, 0),
    };
  }

  /** Plays one turn after the other, and asks for a claim in each that has two honest providers. */
  async #turn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const turn = this.#turns++;
      const faults: Fault[] = this.#proxies.map(() => NONE);
      const isTwo = turn % TWO_EVERY === TWO_EVERY - 1;
      const isQuiet = turn % NONE_EVERY === NONE_EVERY - 1 && !isTwo;
      if (!isQuiet) faults[turn % 3] = anyFault(this.#random);
      if (isTwo) {
        faults[turn % 3] = { kind: "silent", share: 1 };
        faults[(turn + 1) % 3] = { kind: "status", status: 503, share: 1 };
      }
      for (const [i, proxy] of this.#proxies.entries()) proxy.fault = faults[i] as Fault;
      await sleep(TURN_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#judge(faults.map(describeFault).join("; "), isTwo);
    }
  }

  async #judge(faults: string, isTwo: boolean): Promise<void> {
    try {
      const { chain } = await this.#agent.client.status();
      if (isTwo) {
        this.#withoutMajority += 1;
        if (!chain.healthy) this.#abstained += 1;
        return;
      }
      if (!chain.healthy) {
        this.#unhealthy.push(`${faults}: ${chain.code}, ${chain.detail}`);
        this.#options.onLine(`unhealthy with ${faults}: ${chain.code}, ${chain.detail}`);
      }
      const recipient = this.#fixture.network.node(NODE).operator;
      let claim = await this.#agent.client.requestClaim(recipient);
      for await (const view of this.#agent.client.watchClaim(recipient, claim.epoch)) claim = view;
      this.#claims[claim.status === "ready" ? "ready" : "failed"] += 1;
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#claims.failed += 1;
    }
  }

  async #sample(): Promise<void> {
    const minute = (performance.now() - this.#begunMs) / 60_000;
    const { pid } = this.#agent.child;
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
    const metrics = await this.#metrics();
    const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    const values: Record<Figure, number> = {
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      residentMb: resident,
      heapMb: metric("nodejs_heap_size_used_bytes") / 1024 / 1024,
      loopDelayMs: metric("nodejs_eventloop_lag_p99_seconds") * 1_000,
    };
    for (const [name, value] of Object.entries(values)) this.#figures[name as Figure].push({ minute, value });
  }

  /**
   * On a connection of its own: the agent closes idle ones after about as long as we sleep. Asked once more if it
   * fails.
   */
  async #metrics(): Promise<string> {
    const ask = async (): Promise<string> =>
      (await fetch(`${this.#agent.health}/metrics`, { headers: { connection: "close" } })).text();
    return ask().catch(ask);
  }

  #line(): string {
    const last = (name: Figure): string => trendOf(this.#figures[name].slice(-SAMPLES_A_LINE)).last.toFixed(0);
    const minutes = ((performance.now() - this.#begunMs) / 60_000).toFixed(1);
    return (
      `${minutes} min: ${last("descriptors")} descriptors, ${last("residentMb")} MB resident, ${last("heapMb")} MB ` +
      "heap, " +
      `loop delay ${last("loopDelayMs")} ms; ${this.#turns} turns, ${this.#unhealthy.length} unhealthy, ` +
      `${this.#claims.ready} claims ready, ${this.#claims.failed} failed`
    );
  }
}

type Figure = "descriptors" | "residentMb" | "heapMb" | "loopDelayMs";
