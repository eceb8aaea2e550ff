/**
 * A siege: one attack after the other against real agents. In: which attacks, a seed, how many claims and nodes. Out:
 * a report. Each attack meets agents that were just restarted, so that no ban and no memory of the attack before is
 * left. Claims of the baseline are taken half before and half after the attack, in the same run, so that a machine
 * that others load weighs on both. Not its job: what counts as held (report.ts).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { NodeId } from "@quorate/common";
import { median, round2 } from "../bench/figures.ts";
import { untilReady } from "../e2e/fixture.ts";
import { type Child, startChild } from "../harness/child.ts";
import type { AgentProcess } from "../harness/network.ts";
import { waitFor } from "../harness/waitFor.ts";
import type { Attack, AttackerReport, AttackOrder } from "./attack.ts";
import { type Claimed, Stakers } from "./claims.ts";
import { identities, type SiegeNetwork, startSiegeNetwork, targetOf } from "./network.ts";
import { type AttackResult, combine, inShort, type Judged, judge, type SiegeReport, worthAnother } from "./report.ts";
import { BanLog, Watch } from "./watch.ts";

export interface SiegeOptions {
  readonly attacks: readonly Attack[];
  readonly seed: number;
  /** Under each attack; the baseline has as many. */
  readonly claims: number;
  /** Honest ones, an agent each. */
  readonly nodes: number;
  /** Runs of an attack, at most: another one where times alone are broken. */
  readonly tries: number;
  readonly onProgress: (text: string) => void;
}

const ATTACKER = fileURLToPath(new URL("./attacker.ts", import.meta.url));
/** Importing libp2p takes a second, ten on a busy machine. */
const ATTACKER_TIMEOUT_MS = 120_000;
/** A claim is improved for 2 s after its quorum (P-86); the next one begins after that. */
const QUIET_MS = 2_100;
/** The attack is under way before the first claim that counts: connections, and what a flood piles up. */
const LEAD_MS = 3_000;
/** After the attack, before the baseline goes on: what the attack left in queues is not the machine's pace. */
const REST_MS = 5_000;
/** For a restarted agent: far above the bound, so that the time is known. */
const PEERS_TIMEOUT_MS = 90_000;
/** Epochs of claims that the enemy can ask for, before the first attack. */
const EPOCHS_BEFORE = 2;

export async function runSiege(options: SiegeOptions): Promise<SiegeReport> {
  const { nodes, seed, onProgress } = options;
  onProgress(`a network of ${nodes} honest nodes and two hostile ones`);
  const siege = await startSiegeNetwork(nodes);
  try {
    const attacks: AttackResult[] = [];
    for (const attack of options.attacks) {
      attacks.push(await assault(options, siege, attack));
    }
    return { ok: attacks.length > 0 && attacks.every(({ ok }) => ok), seed, nodes, attacks };
  } finally {
    await siege.close();
  }
}

/** Once, and again while times alone are broken. */
async function assault(options: SiegeOptions, siege: SiegeNetwork, attack: Attack): Promise<AttackResult> {
  let judged = await new Assault(options, siege, attack).run();
  let result = judge(judged);
  options.onProgress(`${attack.name}: ${inShort(result)}`);
  while (result.tries < options.tries && worthAnother(judged, result)) {
    judged = combine(judged, await new Assault(options, siege, attack).run());
    result = judge(judged);
    options.onProgress(`${attack.name}, ${result.tries} runs: ${inShort(result)}`);
  }
  return result;
}

/** One run of one attack. */
class Assault {
  readonly #options: SiegeOptions;
  readonly #siege: SiegeNetwork;
  readonly #attack: Attack;
  readonly #stakers: Stakers;

  constructor(options: SiegeOptions, siege: SiegeNetwork, attack: Attack) {
    this.#options = options;
    this.#siege = siege;
    this.#attack = attack;
    this.#stakers = new Stakers(siege);
  }

  async run(): Promise<Judged> {
    const { claims } = this.#options;
    const startedMs = performance.now();
    await this.#restartAll();
    const attacker = this.#startAttacker();
    await attacker.child.ready(ATTACKER_TIMEOUT_MS);
    this.#say("baseline");
    const before = await this.#claims(Math.ceil(claims / 2));
    const bans = new BanLog(this.#siege.network);
    const watch = new Watch(this.#siege.network);
    this.#say(this.#attack.about);
    watch.start();
    attacker.child.send({ type: "begin" });
    await sleep(LEAD_MS);
    if (this.#attack.outageMs !== undefined) await this.#outage(this.#attack.outageMs);
    const restartMs = this.#attack.restart === true ? await this.#restartOne(attacker.child) : null;
    const under = await this.#claims(claims);
    attacker.child.send({ type: "end" });
    const report = await attacker.report;
    const watched = await watch.stop();
    await sleep(REST_MS);
    const after = await this.#claims(Math.floor(claims / 2));
    await attacker.child.stop();
    const found = bans.read(identities(this.#siege));
    const { attacked, cutOff, cutOffAfterMs, counts, cpuMs, error } = report;
    return {
      figures: {
        name: this.#attack.name,
        ...figuresOf(before, under, after),
        honestBanned: found.honest.length,
        ...watched,
        restartMs,
        attacked: attacked === 0 ? null : attacked,
        attackerCutOff: attacked === 0 ? null : Math.max(cutOff, Math.min(found.hostile, attacked)),
        cutOffAfterMs,
        attackerCpuMs: cpuMs,
        attackerCounts: counts,
        tries: 1,
        durationMs: Math.round(performance.now() - startedMs),
      },
      cutOff: this.#attack.cutOff,
      bounds: this.#attack.bounds ?? {},
      does: this.#attack.does,
      details: { bans: found.honest, failures: under.filter(({ ready }) => !ready).map(({ reason }) => reason), error },
    };
  }

  #say(text: string): void {
    this.#options.onProgress(`${this.#attack.name}: ${text}`);
  }

  async #restartAll(): Promise<void> {
    const { network } = this.#siege;
    await Promise.all(network.agents.map(({ id }) => network.stopAgent(id)));
    await network.startAgents(network.nodes.map(({ id }) => id));
    await untilReady(network);
    await waitFor({ what: "epochs to close", timeoutMs: 300_000 }, async () => {
      const { closedEpoch } = await (network.agents[0] as AgentProcess).client.status();
      return closedEpoch !== null && closedEpoch >= EPOCHS_BEFORE - 1 ? true : null;
    });
  }

  #startAttacker(): { readonly child: Child; readonly report: Promise<AttackerReport> } {
    const { network, enemy, enemyRecipients } = this.#siege;
    const { name } = this.#attack;
    const order: AttackOrder = {
      attack: name,
      seed: this.#options.seed,
      domain: { chainId: String(network.domain.chainId), verifyingContract: network.rewards },
      keys: enemy,
      recipients: enemyRecipients,
      targets: network.agents.map(targetOf),
    };
    const file = join(network.directory, `${name}.json`);
    writeFileSync(file, JSON.stringify(order));
    const child = startChild({
      name: `attacker ${name}`,
      module: ATTACKER,
      args: [file],
      logFile: join(network.directory, `${name}.log`),
    });
    const report = Promise.withResolvers<AttackerReport>();
    child.onMessage((message) => {
      if ((message as { type?: string }).type === "report") report.resolve(message as AttackerReport);
    });
    void child.exited.then((exit) => report.reject(new Error(`attacker ${name} ended: ${JSON.stringify(exit)}`)));
    report.promise.catch(() => {});
    return { child, report: report.promise };
  }

  async #claims(count: number): Promise<Claimed[]> {
    const done: Claimed[] = [];
    while (done.length < count) {
      const { agents } = this.#siege.network;
      done.push(await this.#stakers.claim(this.#attack.throughVictim === true ? agents.slice(0, 1) : agents));
      await sleep(QUIET_MS);
    }
    return done;
  }

  /** @returns milliseconds from its start to its first peer */
  async #restartOne(attacker: Child): Promise<number> {
    const { network } = this.#siege;
    const id = network.nodes.length as NodeId;
    this.#say(`agent ${id} restarts`);
    await network.stopAgent(id);
    await network.startAgent(id);
    attacker.send({ type: "targets", targets: network.agents.map(targetOf) });
    const startedMs = performance.now();
    await this.#untilPeers(id);
    return Math.round(performance.now() - startedMs);
  }

  async #untilPeers(id: NodeId): Promise<void> {
    await waitFor({ what: `agent ${id} to find peers`, timeoutMs: PEERS_TIMEOUT_MS, pollMs: 100 }, async () => {
      const status = await this.#siege.network
        .agent(id)
        .client.status()
        .catch(() => null);
      return status !== null && status.meshPeers > 0 ? true : null;
    }).catch(() => this.#say(`agent ${id} found no peer in ${PEERS_TIMEOUT_MS} ms`));
  }

  /** One agent is away, so that no claim has quorum, and stakers go on asking. */
  async #outage(outageMs: number): Promise<void> {
    const { network } = this.#siege;
    this.#say(`agent 1 is away for ${Math.round(outageMs / 1_000)} s`);
    await network.stopAgent(1);
    const endMs = performance.now() + outageMs;
    const asked: Promise<unknown>[] = [];
    while (performance.now() < endMs) {
      asked.push(this.#stakers.claim(network.agents));
      await sleep(1_500);
    }
    await network.startAgent(1);
    await this.#untilPeers(1);
    await Promise.all(asked);
  }
}

function figuresOf(before: readonly Claimed[], under: readonly Claimed[], after: readonly Claimed[]) {
  const of = (claims: readonly Claimed[]): number => Math.round(median(claims.map(({ ms }) => ms)));
  const baselineMs = of([...before, ...after]);
  const medianMs = of(under);
  return {
    claims: under.length,
    failed: under.filter(({ ready }) => !ready).length,
    baselineMs,
    baselineBeforeMs: of(before),
    baselineAfterMs: of(after),
    medianMs,
    medianRatio: round2(medianMs / baselineMs),
  };
}
