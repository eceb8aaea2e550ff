/**
 * `pnpm bench agent`: claims through a local network of agent processes, on Hardhat's node. In: how many nodes and
 * claims. Out: claims per second under a bounded load, latency from the request to quorum as stakers see it, memory at
 * start and end. The baseline, in the same run, is one claim at a time: what the load costs each staker.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "@quorate/common";
import { startFixture, untilReady } from "../e2e/fixture.ts";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import { median, percentile, round2 } from "./figures.ts";

export const AGENT_NODES = 20;
export const AGENT_CLAIMS = 200;

/** As many recipients as a node can have (P-27). */
const CONTRIBUTORS = 10;
/** Two rounds of claims for every recipient fit into the five epochs that are signed (P-70). */
const EPOCH_SECONDS = 20;
const CLAIM_DEADLINE_MS = 60_000;
/** Of the five that are signed: the oldest may leave the window while it is collected. */
const EPOCHS_ASKED = 3;
/** Claims open at once: enough to keep two cores busy, few enough that latency means something. */
const OPEN_CLAIMS = 8;
const CLAIMS_ALONE = 10;
/** A claim is improved for 2 s after its quorum (P-86); the next one alone begins after that. */
const QUIET_MS = 2_500;

export interface AgentResult {
  readonly agent: {
    readonly nodes: number;
    readonly claims: number;
    readonly openClaims: number;
    readonly cores: number;
    readonly failed: number;
    readonly claimsPerSecond: number;
    /** Milliseconds from the request to quorum, under the load. */
    readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
    /** The same, one claim at a time. */
    readonly aloneMs: { readonly p50: number; readonly claims: number };
    /** Resident megabytes of one agent. */
    readonly rssMb: {
      readonly startMedian: number;
      readonly endMedian: number;
      readonly startMax: number;
      readonly endMax: number;
    };
  };
}

interface Claimed {
  readonly ready: boolean;
  readonly ms: number;
}

export async function benchAgent(options: { readonly nodes: number; readonly claims: number }): Promise<AgentResult> {
  const { nodes, claims } = options;
  const fixture = await startFixture("hardhat", {
    nodes,
    epochSeconds: EPOCH_SECONDS,
    claimDeadlineMs: CLAIM_DEADLINE_MS,
    contributors: CONTRIBUTORS,
  });
  try {
    const { network } = fixture;
    const ids = network.nodes.map(({ id }) => id);
    await network.startAgents(ids, (ready) => process.stderr.write(`${ready} of ${nodes} agents up\n`));
    await untilReady(network);
    const next = claimQueue(network);
    const used = new Set<string>();
    const alone: Claimed[] = [];
    for (let i = 0; i < CLAIMS_ALONE; i++) {
      alone.push(await claimOnce(next(), used));
      await sleep(QUIET_MS);
    }
    const startMb = rssMb(network.agents);
    const startedMs = performance.now();
    const loaded = await underLoad(next, used, claims);
    const seconds = (performance.now() - startedMs) / 1_000;
    const endMb = rssMb(network.agents);
    const times = loaded.filter(({ ready }) => ready).map(({ ms }) => ms);
    const at = (percent: number): number => Math.round(percentile(times, percent));
    return {
      agent: {
        nodes,
        claims,
        openClaims: OPEN_CLAIMS,
        cores: availableParallelism(),
        failed: [...alone, ...loaded].filter(({ ready }) => !ready).length,
        claimsPerSecond: round2(times.length / seconds),
        latencyMs: { p50: at(50), p95: at(95), p99: at(99), max: at(100) },
        aloneMs: { p50: Math.round(median(alone.map(({ ms }) => ms))), claims: alone.length },
        rssMb: {
          startMedian: Math.round(median(startMb)),
          endMedian: Math.round(median(endMb)),
          startMax: Math.round(Math.max(...startMb)),
          endMax: Math.round(Math.max(...endMb)),
        },
      },
    };
  } finally {
    await fixture.close();
  }
}

interface Wanted {
  readonly agent: AgentProcess;
  readonly recipient: Address;
}

/** Every recipient in turn, agents in turn. */
function claimQueue(network: LocalNetwork): () => Wanted {
  const recipients = network.nodes.flatMap((node) => node.recipients);
  let n = 0;
  return () => {
    const index = n++;
    return {
      agent: network.agents[index % network.agents.length] as AgentProcess,
      // A stride that shares no factor with the list: neighbours in time are not contributors of one node.
      recipient: recipients[(index * 13) % recipients.length] as Address,
    };
  };
}

/** A round that nobody asked for: one asked for before has its shares already, and would look fast. */
async function freshEpoch({ agent, recipient }: Wanted, used: Set<string>): Promise<number> {
  for (;;) {
    const { closedEpoch } = await agent.client.status();
    for (let epoch = closedEpoch ?? -1; epoch >= 0 && epoch > (closedEpoch ?? 0) - EPOCHS_ASKED; epoch--) {
      const round = `${recipient}@${epoch}`;
      if (used.has(round)) continue;
      used.add(round);
      return epoch;
    }
    await sleep(1_000);
  }
}

async function claimOnce(wanted: Wanted, used: Set<string>): Promise<Claimed> {
  const { agent, recipient } = wanted;
  const epoch = await freshEpoch(wanted, used);
  const startedMs = performance.now();
  let claim = await agent.client.requestClaim(recipient, epoch);
  for await (const view of agent.client.watchClaim(recipient, epoch)) claim = view;
  return { ready: claim.status === "ready", ms: performance.now() - startedMs };
}

async function underLoad(next: () => Wanted, used: Set<string>, claims: number): Promise<Claimed[]> {
  const done: Claimed[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < claims) {
      begun += 1;
      done.push(await claimOnce(next(), used));
      if (done.length % 20 === 0) process.stderr.write(`${done.length} of ${claims} claims\n`);
    }
  };
  await Promise.all(Array.from({ length: OPEN_CLAIMS }, worker));
  return done;
}

/** Resident megabytes of each agent: the second field of /proc/<pid>/statm, in pages of 4 kB. */
function rssMb(agents: readonly AgentProcess[]): number[] {
  return agents.map(({ child }) => {
    const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
    return (pages * 4_096) / 1_048_576;
  });
}

export function printAgent({ agent }: AgentResult): string {
  const { latencyMs, aloneMs, rssMb: mb } = agent;
  const row = (what: string, value: string): string => `${what.padEnd(44)}${value.padStart(12)}`;
  return `${[
    `${agent.claims} claims through ${agent.nodes} agent processes, ${agent.openClaims} open at once, ` +
      `${agent.cores} cores`,
    "",
    row("claims per second", agent.claimsPerSecond.toFixed(2)),
    row("to quorum under the load, median", `${latencyMs.p50} ms`),
    row("  95th of 100", `${latencyMs.p95} ms`),
    row("  99th of 100", `${latencyMs.p99} ms`),
    row("to quorum one at a time, median (baseline)", `${aloneMs.p50} ms`),
    row("claims that failed", String(agent.failed)),
    row("memory of an agent before, median (most)", `${mb.startMedian} (${mb.startMax}) MB`),
    row("memory after", `${mb.endMedian} (${mb.endMax}) MB`),
  ].join("\n")}\n`;
}
