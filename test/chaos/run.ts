/**
 * One chaos run. In: nodes, a seed, how long, which links. Out: a report. Stakers ask while faults happen; then
 * everything heals, every staker must be able to claim again, and checkers read chain and stores from the outside.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Address,
  identityKeyOf,
  type NodeId,
  parseBundle,
  type QuorateError,
  quorateError,
  toHex,
} from "@quorate/common";
import { untilReady } from "../e2e/fixture.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { Promises } from "../harness/promises.ts";
import { readStore } from "../harness/storeFile.ts";
import { waitFor } from "../harness/waitFor.ts";
import { BanLog } from "../siege/watch.ts";
import { Random } from "../sim/random.ts";
import { checkClaims, checkHealed, checkPaid, SignedOnce } from "./checks.ts";
import { type ChaosNetwork, openChaosNetwork, READY_MS } from "./ground.ts";
import { Injector } from "./injector.ts";
import type { ChosenLinks } from "./links.ts";
import { paidFacts, recordedEpochs } from "./paid.ts";
import { Payer } from "./payer.ts";
import { drawPlan, type FaultKind, type Plan } from "./plan.ts";
import { ReadinessWatch } from "./readiness.ts";
import type { ChaosReport } from "./report.ts";
import { Stakers } from "./stakers.ts";

export interface ChaosOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly minutes: number;
  readonly kinds: readonly FaultKind[];
  readonly links: ChosenLinks;
  readonly epochSeconds: number;
  /** Agents that send reports; none where the run is too short for one. */
  readonly submitters: number;
  /** Instead of the one that the seed draws. */
  readonly plan?: Plan;
  readonly onNote: (line: string) => void;
}

/** Stakers come so often while faults go on. */
const ASK_GAP_MS = 1_500;
/** Claims may outlast a storm. */
const CLAIM_DEADLINE_MS = 45_000;
/**
 * Within so long after the last fault every staker has a new claim's bundle. Only time counts in which every agent
 * answers soon: where others load the machine, the run waits longer.
 */
const HEALED_MS = 300_000;
/** And within so long in any case. */
const HEALED_AT_MOST_MS = 45 * 60_000;
const STAKERS_AT_ONCE = 4;
/** The same for a report on chain: without a processor no agent lands one within half an epoch (P-37). */
const REPORT_MS = 600_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { nodes, seed, minutes, kinds, links } = options;
  const plan = options.plan ?? drawPlan({ nodes, seed, kinds, forMs: minutes * 60_000, canDelay: links.canDelay });
  const submitters = Array.from({ length: options.submitters }, (_, i) => nodes - i);
  const ground = await openChaosNetwork(
    {
      ...{ nodes, epochSeconds: options.epochSeconds, claimDeadlineMs: CLAIM_DEADLINE_MS },
      ...{ submitters, clocks: plan.clocks },
    },
    links,
  );
  try {
    return await new Chaos(options, plan, ground, submitters).run();
  } finally {
    await ground.close();
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #plan: Plan;
  readonly #ground: ChaosNetwork;
  readonly #network: LocalNetwork;
  readonly #promises = new Promises();
  readonly #signedOnce = new SignedOnce();
  readonly #stakers: Stakers;
  readonly #payer: Payer;
  readonly #injector: Injector;
  readonly #readiness: ReadinessWatch;
  readonly #recipients: readonly Address[];
  readonly #bundles: { readonly recipient: Address; readonly bundle: Parameters<SignedOnce["checkBundle"]>[1] }[] = [];
  readonly #startedMs = performance.now();
  readonly #violations: string[] = [];

  constructor(options: ChaosOptions, plan: Plan, ground: ChaosNetwork, submitters: readonly NodeId[]) {
    const { network } = ground;
    const random = new Random(`chaos ${options.seed} stakers`);
    const stakers = network.nodes.filter(({ id }) => !submitters.includes(id));
    const shared = {
      network,
      promises: this.#promises,
      nowMs: () => this.#nowMs(),
      note: (what: string) => this.#note(what),
    };
    this.#options = options;
    this.#plan = plan;
    this.#ground = ground;
    this.#network = network;
    // The accounts of those that send reports are used by their agents.
    this.#recipients = stakers.map(({ operator }) => operator);
    this.#payer = new Payer(network, new Map(stakers.map(({ id, operator }) => [operator, id])), random.fork("payer"));
    this.#stakers = new Stakers({
      ...shared,
      recipients: this.#recipients,
      onBundle: (recipient, bundle) => {
        this.#bundles.push({ recipient, bundle });
        this.#payer.take(recipient, bundle);
      },
    });
    this.#readiness = new ReadinessWatch(network, shared.nowMs);
    this.#injector = new Injector({
      ...ground,
      ...shared,
      onStore: (id, { digests }) => this.#signedOnce.saw(id, digests),
    });
  }

  async run(): Promise<ChaosReport> {
    const bans = new BanLog(this.#network);
    const random = new Random(`chaos ${this.#options.seed} asking`);
    this.#note(`${this.#network.nodes.length} agents are connected; ${this.#plan.faults.length} faults follow`);
    const asking = new AbortController();
    const asked = this.#stakers.askSteadily(asking.signal, ASK_GAP_MS, random);
    const watching = new AbortController();
    const watched = this.#readiness.watch(watching.signal);
    await this.#injector.play(this.#plan.faults);
    asking.abort();
    await asked;
    const healedAtMs = this.#nowMs();
    const swiftBefore = this.#readiness.swiftMs;
    this.#note("everything has healed, clocks stay apart");
    await untilReady(this.#network, READY_MS);
    await this.#claimAgain(random);
    const healedAfterMs = Math.round(this.#nowMs() - healedAtMs);
    const healedSwiftMs = Math.round(this.#readiness.swiftMs - swiftBefore);
    await this.#stakers.settled();
    await this.#payer.settled();
    const epochsRecorded = await this.#untilRecorded();
    watching.abort();
    await watched;
    const epochsClosed = await this.#closedEpochs();
    const paid = await paidFacts(this.#network, this.#recipients);
    await this.#stopAll();
    this.#checkAll(bans, paid);
    const violations = this.#violations;
    const all = [...paid.balances.values()].reduce((sum, amount) => sum + amount, 0n);
    return {
      ok: violations.length === 0,
      ...this.#counts(),
      ...{ paidAtomic: String(all), epochsRecorded, epochsClosed, healedAfterMs, healedSwiftMs },
      durationMs: Math.round(this.#nowMs()),
      violations,
    };
  }

  /** Each staker once more, of agents in turn, and again while it is refused or fails: within HEALED_MS. */
  async #claimAgain(random: Random): Promise<void> {
    const isOver = this.#swiftDeadline(HEALED_MS);
    const waiting = [...this.#recipients];
    const next = async (): Promise<void> => {
      for (let recipient = waiting.shift(); recipient !== undefined; recipient = waiting.shift()) {
        for (;;) {
          const { id } = random.pick(this.#network.agents);
          const { end } = await this.#stakers.ask(id, recipient, undefined, true);
          if (end === "ready" || isOver()) break;
          await sleep(ASK_GAP_MS);
        }
      }
    };
    await Promise.all(Array.from({ length: STAKERS_AT_ONCE }, next));
  }

  /** Whether so much time has passed in which every agent answered soon, or so much that it is over in any case. */
  #swiftDeadline(swiftMs: number): () => boolean {
    const [startedMs, before] = [this.#nowMs(), this.#readiness.swiftMs];
    return () => this.#readiness.swiftMs - before > swiftMs || this.#nowMs() - startedMs > HEALED_AT_MOST_MS;
  }

  /** A report of an epoch that ended after healing has landed; how many have one. */
  async #untilRecorded(): Promise<number | null> {
    if (this.#options.submitters === 0) return null;
    const after = await this.#closedEpochs();
    const isOver = this.#swiftDeadline(REPORT_MS);
    const step = `the report of epoch ${after} or a later one`;
    return waitFor({ what: step, timeoutMs: HEALED_AT_MOST_MS, pollMs: 1_000 }, async (report) => {
      const epochs = await recordedEpochs(this.#network);
      const last = `recorded: ${epochs.join(" ")}`;
      report(last);
      if ((epochs.at(-1) ?? -1) >= after) return epochs.length;
      if (isOver()) throw quorateError("STEP_TIMED_OUT", { step, timeoutMs: REPORT_MS, last });
      return null;
    }).catch((error: QuorateError) => {
      this.#violations.push(error.message);
      return 0;
    });
  }

  async #closedEpochs(): Promise<number> {
    const answers = this.#network.agents.map(({ client }) => client.status().catch(() => null));
    return Math.max(...(await Promise.all(answers)).map((status) => (status?.closedEpoch ?? -1) + 1));
  }

  async #stopAll(): Promise<void> {
    for (const { id } of this.#network.agents) {
      const exit = await this.#network.stopAgent(id);
      if (exit.code !== 0) this.#violations.push(`agent ${id} did not stop in order: ${JSON.stringify(exit)}`);
    }
    for (const { id, directory } of this.#network.nodes) {
      const store = readStore(join(directory, "agent.sqlite"));
      this.#promises.atDeath(id, store);
      this.#signedOnce.saw(id, store.digests);
    }
  }

  #checkAll(bans: BanLog, paid: Awaited<ReturnType<typeof paidFacts>>): void {
    const { claims } = this.#stakers;
    for (const { recipient, bundle } of this.#bundles) {
      const signers = this.#network.nodes.map(({ id }) => id).filter((id) => parseBundle(bundle).signers.has(id));
      this.#signedOnce.checkBundle(recipient, bundle, signers);
    }
    const honest = new Set(this.#network.nodes.map(({ keys }) => toHex(identityKeyOf(keys.identitySecret)) as string));
    this.#violations.push(
      ...this.#promises.violations,
      ...this.#signedOnce.violations,
      ...checkClaims(claims, this.#injector.happened, this.#readiness.seen, this.#network.nodes.length),
      ...checkHealed(claims, this.#recipients),
      ...checkPaid(this.#payer.submitted, paid),
      ...bans.read({ honest, hostile: "" }).honest,
    );
  }

  #counts() {
    const { claims } = this.#stakers;
    const { nodes, seed, minutes, links } = this.#options;
    const faults = count(this.#injector.happened.map(({ fault }) => fault.kind));
    return {
      ...{ seed, nodes, minutes, links: links.kind, linksWhy: links.why, faults },
      claims: count(claims.map(({ end }) => end)),
      refusals: count(claims.flatMap(({ end, code }) => (end === "refused" && code !== null ? [code] : []))),
      bundles: this.#bundles.length,
      signings: this.#signedOnce.count,
      connections: this.#ground.links.connections,
    };
  }

  #nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  #note(what: string): void {
    this.#options.onNote(`${(this.#nowMs() / 1_000).toFixed(1).padStart(7)} s  ${what}`);
  }
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
