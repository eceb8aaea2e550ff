/**
 * Agents killed at random moments, over and over (P-71). In: how many kills, a seed. Out: a report, with every broken
 * promise in words. Real processes, sockets, disks and clocks: the seed fixes who is killed when, not what the machine
 * makes of it. Not its job: what counts as broken (promises.ts).
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentClient } from "@quorate/client";
import {
  type Bundle,
  type ClaimView,
  isQuorateError,
  type NodeId,
  type RoundKey,
  roundKey,
  toHex,
} from "@quorate/common";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import { startFixture, untilReady } from "../e2e/fixture.ts";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import { epochOf, Promises } from "../harness/promises.ts";
import { readStore } from "../harness/storeFile.ts";
import { waitFor } from "../harness/waitFor.ts";
import { Random } from "../sim/random.ts";
import { claimOf, Onlooker } from "./onlooker.ts";

export interface KillOptions {
  /** Kills to make. */
  readonly rounds: number;
  readonly seed: number;
  onKill?(kills: number): void;
}

export interface KillReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly kills: number;
  /** Kills by what the agent was at. */
  readonly starting: number;
  readonly idle: number;
  readonly claiming: number;
  readonly rounds: number;
  /** Shares seen on the wire, one a node and round; each is bound to its first bytes. */
  readonly shares: number;
  /** Shares asked for again after a restart, and compared byte by byte. */
  readonly sharesGivenAgain: number;
  readonly signings: number;
  readonly acceptedClaims: number;
  readonly bundles: number;
  /** Claims that ended, after all kills, with a bundle that is the sum of everyone's one share. */
  readonly bundlesAtEnd: number;
  readonly durationMs: number;
  readonly violations: readonly string[];
}

/** Below 20 equal nodes 95% is everyone (P-24): every kill stands in the way of every claim. */
const NODES = 6;
const CONTRIBUTORS = 3;
/** Five epochs are signed (P-70): a restart must fit into what is left of them. */
const EPOCH_SECONDS = 12;
const CLAIM_DEADLINE_MS = 60_000;
/** Agents of one lane are killed one after the other; two lanes are as much as two cores restart. */
const LANES: readonly (readonly NodeId[])[] = [
  [1, 3, 5],
  [2, 4, 6],
];
const STAKER_GAP_MS = 150;
/** For everything an agent must do again within its first seconds. */
const RESUME_TIMEOUT_MS = 180_000;
const ANSWER_TIMEOUT_MS = 180_000;
/** What is compared after each restart. */
const SHARES_ASKED_AGAIN = 3;
const CLAIMS_LOOKED_FOR = 5;
/** Of each agent, at the end; of epochs that closed so lately that they stay in the window for a while. */
const CLAIMS_FINISHED = 3;
const CLOSED_LATELY = 2;

type Moment = "starting" | "idle" | "claiming";

export async function runKills(options: KillOptions): Promise<KillReport> {
  const startedMs = performance.now();
  const fixture = await startFixture("hardhat", {
    nodes: NODES,
    epochSeconds: EPOCH_SECONDS,
    claimDeadlineMs: CLAIM_DEADLINE_MS,
    contributors: CONTRIBUTORS,
  });
  const promises = new Promises();
  let onlooker: Onlooker | null = null;
  try {
    onlooker = await Onlooker.start(fixture.network, (share) => promises.sawShare(share));
    const rampage = new Rampage(fixture.network, onlooker, promises, options);
    return { ...(await rampage.run()), durationMs: Math.round(performance.now() - startedMs) };
  } catch (error) {
    if (promises.violations.length === 0) throw error;
    throw new Error(`broken promises:\n  ${promises.violations.join("\n  ")}`, { cause: error });
  } finally {
    await onlooker?.stop();
    await fixture.close();
  }
}

class Rampage {
  readonly #network: LocalNetwork;
  readonly #onlooker: Onlooker;
  readonly #promises: Promises;
  readonly #options: KillOptions;
  readonly #kills: Record<Moment, number> = { starting: 0, idle: 0, claiming: 0 };
  #killsBegun = 0;
  #sharesGivenAgain = 0;

  constructor(network: LocalNetwork, onlooker: Onlooker, promises: Promises, options: KillOptions) {
    this.#network = network;
    this.#onlooker = onlooker;
    this.#promises = promises;
    this.#options = options;
  }

  async run(): Promise<Omit<KillReport, "durationMs">> {
    const { seed } = this.#options;
    const random = new Random(`kill ${seed}`);
    await this.#network.startAgents(this.#network.nodes.map(({ id }) => id));
    await untilReady(this.#network);
    const stakers = new AbortController();
    const asking = this.#askSteadily(stakers.signal, random.fork("stakers"));
    await Promise.all(LANES.map((ids, lane) => this.#killWithin(ids, random.fork(lane))));
    stakers.abort();
    await asking;
    await untilReady(this.#network);
    const bundlesAtEnd = await this.#finishClaims();
    await this.#stopAll();
    const { violations, counts } = this.#promises;
    const kills = this.#kills.starting + this.#kills.idle + this.#kills.claiming;
    const figures = { ...this.#kills, ...counts, sharesGivenAgain: this.#sharesGivenAgain, bundlesAtEnd };
    return { ok: violations.length === 0, seed, kills, ...figures, violations };
  }

  async #killWithin(ids: readonly NodeId[], random: Random): Promise<void> {
    while (this.#killsBegun < this.#options.rounds) {
      this.#killsBegun += 1;
      const id = random.pick(ids);
      const chance = random.float();
      const moment: Moment = chance < 0.2 ? "starting" : chance < 0.6 ? "claiming" : "idle";
      await this.#kill(id, moment, random);
      this.#kills[moment] += 1;
      this.#options.onKill?.(this.#kills.starting + this.#kills.idle + this.#kills.claiming);
      this.#promises.atDeath(id, readStore(this.#storePath(id)));
      await this.#network.startAgent(id);
      await this.#checkResumed(id, random);
    }
  }

  async #kill(id: NodeId, moment: Moment, random: Random): Promise<void> {
    if (moment === "starting") {
      // An orderly end before, so that the one kill counted is the one in the middle of a start.
      await this.#stop(id);
      const child = this.#network.launchAgent(id);
      await sleep(random.between(0, 1_500));
      await child.kill();
      return;
    }
    if (moment === "claiming") {
      void this.#ask(this.#network.agent(id), random);
      await sleep(random.between(0, 60));
    } else {
      await sleep(random.between(0, 600));
    }
    await this.#network.killAgent(id);
  }

  /** The same request gives the same bytes, and what was accepted is still there. */
  async #checkResumed(id: NodeId, random: Random): Promise<void> {
    await waitFor({ what: `agent ${id} to be heard again`, timeoutMs: RESUME_TIMEOUT_MS, pollMs: 50 }, () =>
      this.#onlooker.connected(id) ? true : null,
    );
    const inWindow = await this.#inWindow(id);
    const shares = this.#promises.publishedBy(id).filter(({ round }) => inWindow(round));
    for (const share of random.sample(shares, SHARES_ASKED_AGAIN)) {
      const again = await this.#shareAgain(id, share.round);
      // Its epoch may have left the window while it was asked for.
      if (again === null && !(await this.#inWindow(id))(share.round)) continue;
      this.#promises.gaveAgain(id, share, again);
      this.#sharesGivenAgain += 1;
    }
    const claims = this.#promises.acceptedBy(id).filter(inWindow);
    for (const round of random.sample(claims, CLAIMS_LOOKED_FOR)) {
      const { recipient, epoch } = claimOf(round);
      try {
        const claim = await this.#answer(id, (client) => client.claim(recipient, epoch));
        this.#promises.tookClaim(id, round, claim);
      } catch (error) {
        if ((await this.#inWindow(id))(round)) this.#promises.lost(id, round, `after its restart it says ${error}`);
      }
    }
  }

  async #shareAgain(id: NodeId, round: RoundKey): Promise<Uint8Array | null> {
    const deadlineMs = performance.now() + RESUME_TIMEOUT_MS;
    for (;;) {
      const share = await this.#onlooker.ask(id, round).catch(() => null);
      if (share !== null) return share.signature;
      if (performance.now() > deadlineMs || !(await this.#inWindow(id))(round)) return null;
      await sleep(100);
    }
  }

  /** Whether a round will still be signed for a while: the oldest epoch of the window may leave it at any moment. */
  async #inWindow(id: NodeId, epochs = 4): Promise<(round: RoundKey) => boolean> {
    const { closedEpoch } = await this.#answer(id, (client) => client.status());
    return (round) => epochOf(round) > (closedEpoch ?? 0) - epochs;
  }

  /** What a running agent answers: one that takes its time on a busy machine is asked again, a refusal goes up. */
  #answer<T>(id: NodeId, ask: (client: AgentClient) => Promise<T>): Promise<T> {
    return waitFor({ what: `an answer of agent ${id}`, timeoutMs: ANSWER_TIMEOUT_MS }, async (report) => {
      try {
        return await ask(this.#network.agent(id).client);
      } catch (error) {
        if (!isQuorateError(error, "AGENT_UNREACHABLE")) throw error;
        report(error.message);
        return null;
      }
    });
  }

  /** Stakers ask any agent that runs, at a steady rate, and look for bundles. */
  async #askSteadily(signal: AbortSignal, random: Random): Promise<void> {
    while (!signal.aborted) {
      const { agents } = this.#network;
      if (agents.length > 0) {
        const agent = random.pick(agents);
        void (random.chance(0.5) ? this.#ask(agent, random) : this.#fetchBundle(agent, random));
      }
      await sleep(STAKER_GAP_MS);
    }
  }

  async #ask(agent: AgentProcess, random: Random): Promise<void> {
    const recipient = random.pick(random.pick(this.#network.nodes).recipients);
    const claim = await orUnreachable(agent.client.requestClaim(recipient));
    if (claim !== null) this.#promises.tookClaim(agent.id, roundKey(claimRound(recipient, claim.epoch)), claim);
  }

  async #fetchBundle(agent: AgentProcess, random: Random): Promise<void> {
    const accepted = this.#promises.acceptedBy(agent.id);
    if (accepted.length === 0) return;
    const { recipient, epoch } = claimOf(random.pick(accepted));
    const bundle = await orUnreachable(agent.client.bundle(recipient, epoch));
    if (bundle !== null) this.#promises.servedBundle(agent.id, roundKey(claimRound(recipient, epoch)));
  }

  /**
   * Every claim of the latest epochs that any agent has taken, and a new one of each agent, ends with a bundle; how
   * many.
   */
  async #finishClaims(): Promise<number> {
    const ended = await Promise.all(
      this.#network.agents.map(async (agent) => {
        const recipient = this.#network.node(agent.id).operator;
        const { epoch } = await this.#answer(agent.id, (client) => client.requestClaim(recipient));
        const accepted = this.#promises.acceptedBy(agent.id).filter(await this.#inWindow(agent.id, CLOSED_LATELY));
        const rounds = new Set([roundKey(claimRound(recipient, epoch)), ...accepted.slice(-CLAIMS_FINISHED)]);
        return Promise.all([...rounds].map((round) => this.#finishClaim(agent, round)));
      }),
    );
    return ended.flat().filter((ready) => ready).length;
  }

  async #finishClaim({ id, client }: AgentProcess, round: RoundKey): Promise<boolean> {
    const { recipient, epoch } = claimOf(round);
    let claim: ClaimView = await this.#answer(id, (agent) => agent.requestClaim(recipient, epoch));
    for await (const view of client.watchClaim(recipient, epoch)) claim = view;
    this.#promises.tookClaim(id, round, claim);
    if (claim.bundle === null) this.#promises.lost(id, round, `it ended ${claim.status}, missing ${claim.missing}`);
    else if (!this.#isSumOfAll(claim.bundle)) this.#promises.lost(id, round, "its bundle is not the sum of the shares");
    else return true;
    return false;
  }

  /** The aggregate of everyone is the sum of everyone's one share over the digest. */
  #isSumOfAll(bundle: Bundle): boolean {
    const { scheme, nodes } = this.#network;
    const digest = Uint8Array.from(Buffer.from(bundle.digest.slice(2), "hex"));
    const shares = nodes.map(({ keys }) => scheme.sign(keys.blsSecret, digest));
    return toHex(scheme.aggregateSignatures(shares)) === bundle.signature;
  }

  async #stopAll(): Promise<void> {
    for (const { id } of this.#network.agents) await this.#stop(id);
  }

  async #stop(id: NodeId): Promise<void> {
    const exit = await this.#network.stopAgent(id);
    if (exit.code !== 0) this.#promises.violations.push(`agent ${id} did not stop in order: ${JSON.stringify(exit)}`);
    this.#promises.atDeath(id, readStore(this.#storePath(id)));
  }

  #storePath(id: NodeId): string {
    return join(this.#network.node(id).directory, "agent.sqlite");
  }
}

/** An agent that dies or refuses promises nothing. */
async function orUnreachable<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}
