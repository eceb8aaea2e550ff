/**
 * One agent of the simulation: the production core, and around it what the driver does in production
 * (driver/driver.ts), on a simulated network, disk, provider and processor. It can be killed at any moment, also
 * between two effects, and starts again from its disk. Not here: what liars do instead (byzantine/), and what may be
 * expected of a run (checkers/).
 */
import {
  type Address,
  type ClaimReply,
  type digestOf,
  findInvalid,
  isQuorateError,
  type NodeId,
  type SignatureScheme,
  type SigningDomain,
  signIdentity,
  type verifyIdentity,
} from "@quorate/common";
import { Conduct } from "../../packages/aggregator/src/adapters/libp2p/conduct.ts";
import { createAgent } from "../../packages/aggregator/src/core/agent.ts";
import type { Agent, Effect, Input, PeerKey, TimerName, VerifyGroup } from "../../packages/aggregator/src/core/io.ts";
import type { LedgerFold } from "../../packages/aggregator/src/core/ledger/fold.ts";
import type { Behaviour } from "./byzantine/behaviour.ts";
import type { SeenChain } from "./chain.ts";
import { charging, chargingFold, countingScheme } from "./charged.ts";
import * as costs from "./costs.ts";
import { Disk } from "./disk.ts";
import type { ChainObserver, LifeChain } from "./life/chain.ts";
import type { ChainServices, ChainWork } from "./life/services.ts";
import { partialIn } from "./messages.ts";
import type { Message, Network, OnAnswer, Port, Question } from "./network.ts";
import type { SimNode } from "./nodes.ts";
import type { PartialsWay } from "./options.ts";
import type { Plan } from "./plan.ts";
import { Processor } from "./processor.ts";
import { POLL_MS, Provider } from "./provider.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** As in production (config.ts). */
const CLAIM_DEADLINE_MS = 30_000;

/** The core's clock at the start of the run, in Unix milliseconds: like a real one, it is not zero. */
export const CLOCK_START_MS = 1_700_000_000_000;

/** What sees a run from outside: the trace and the checkers. Times are milliseconds of the run. */
export interface Observer extends ChainObserver {
  /** After a step of the core, before its effects are carried out. */
  onStep?(id: NodeId, input: Input, effects: readonly Effect[], nowMs: number): void;
  /** An effect is about to be carried out; what a crash cut off never is. */
  onEffect?(id: NodeId, effect: Effect, nowMs: number): void;
  onUp?(id: NodeId, nowMs: number): void;
  onDown?(id: NodeId, nowMs: number): void;
}

/** What all agents of a run share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly chain: SeenChain;
  readonly plan: Plan;
  readonly scheme: SignatureScheme;
  readonly domain: SigningDomain;
  readonly verifyIdentity: typeof verifyIdentity;
  readonly fold: LedgerFold;
  /** Larger sets have subnets (P-131). */
  readonly floodMax: number;
  /** Another way for partials than production's. */
  readonly partials: PartialsWay | null;
  /** Whom the staker of each recipient asked. */
  readonly askedFor: Map<Address, NodeId>;
  readonly digestOf: typeof digestOf;
  readonly nodes: ReadonlyMap<NodeId, SimNode>;
  readonly idOf: ReadonlyMap<PeerKey, NodeId>;
  readonly observers: readonly Observer[];
  /** The chain with everything that is not final; null in a run of claims, where nothing is sent. */
  readonly life: LifeChain | null;
  /** What answers an agent's calls to trees and chain; null where nothing does (a run of claims). */
  readonly servicesOf: (node: SimNode) => ChainServices | null;
  /** For tests of the checkers: a core with a fault. */
  readonly mutate: (agent: Agent, id: NodeId) => Agent;
}

export class SimAgent {
  readonly node: SimNode;
  readonly disk: Disk = new Disk();
  pairings = 0;
  readonly #world: World;
  readonly #behaviour: Behaviour | null;
  readonly #random: Random;
  readonly #processor: Processor;
  readonly #services: ChainServices | null;
  #registeringMs = 0;
  #core: Agent | null = null;
  #provider: Provider | null = null;
  #conduct = new Conduct();
  /** Counts starts: what was planned before a crash does nothing after it. */
  #life = 0;
  #nextHandle = 1;
  #messages = new Map<number, Message>();
  #answers = new Map<number, (data: Uint8Array) => void>();
  #replies = new Map<number, (reply: ClaimReply) => void>();
  #timers = new Map<TimerName, number>();
  #dieAfterEffects: number | null = null;

  /** @param random for the order in which bad shares are searched */
  constructor(node: SimNode, world: World, behaviour: Behaviour | null, random: Random) {
    this.node = node;
    this.#world = world;
    this.#behaviour = behaviour;
    this.#random = random;
    this.#processor = new Processor(world.scheduler);
    this.#services = world.servicesOf(node);
  }

  /** The running core; null while the agent is down. */
  get core(): Agent | null {
    return this.#core;
  }

  /**
   * Milliseconds of one core that it has been charged for, without reading the set's registrations, which an agent does
   * once in its life.
   */
  get busyMs(): number {
    return this.#processor.busyMs - this.#registeringMs;
  }

  start(): void {
    const { scheduler, network, chain, plan, domain, floodMax, mutate } = this.#world;
    const { id, blsKey, identitySecret } = this.node;
    const modules = {
      scheme: this.#countingScheme(),
      signIdentity: (digest: Uint8Array) => signIdentity(identitySecret, digest),
      verifyIdentity: charging(this.#world.verifyIdentity, () => this.#processor.charge(costs.IDENTITY_MS)),
      fold: chargingFold(this.#world.fold, () => {
        this.#processor.charge(costs.IDENTITY_MS);
        this.#registeringMs += costs.IDENTITY_MS;
      }),
      digestOf: this.#world.digestOf,
    };
    this.#life += 1;
    this.#services?.begin();
    const submits = this.#services?.submits ?? null;
    const options = { domain, blsKey, claimDeadlineMs: CLAIM_DEADLINE_MS, submits, floodMax };
    this.#core = mutate(createAgent(options, modules, this.disk.load()), id);
    const head = this.#core.status().head;
    this.#provider = new Provider(chain, plan.lagMs.get(id) ?? 0, plan.unhealthy.get(id), head);
    for (const observer of this.#world.observers) observer.onUp?.(id, scheduler.nowMs);
    network.attach(id, this.#port());
    this.#input(costs.STEP_MS, { type: "started" });
    this.#pollProvider(this.#life);
  }

  crash(): void {
    if (this.#core === null) return;
    const { scheduler, network } = this.#world;
    this.#core = null;
    this.#life += 1;
    this.disk.loseTaken();
    this.#processor.clear();
    this.#conduct = new Conduct();
    this.#messages = new Map();
    this.#answers = new Map();
    this.#replies = new Map();
    this.#timers = new Map();
    this.#dieAfterEffects = null;
    network.detach(this.node.id);
    for (const observer of this.#world.observers) observer.onDown?.(this.node.id, scheduler.nowMs);
  }

  /** Dies within the next step that has effects, when `count` of them are carried out. */
  crashAfterEffects(count: number): void {
    if (this.#core !== null) this.#dieAfterEffects = count;
  }

  /** Dies now, if no step has had enough effects yet: a crash is not to come after the faults have healed. */
  crashIfDue(): void {
    if (this.#dieAfterEffects !== null) this.crash();
  }

  /** A staker asks. Nothing is heard from an agent that dies before it replies. */
  ask(recipient: Address, epoch: number | null, onReply: (reply: ClaimReply) => void): void {
    if (this.#core === null) return;
    const handle = this.#nextHandle++;
    this.#replies.set(handle, onReply);
    this.#input(costs.STEP_MS, { type: "claim", handle, recipient, epoch });
  }

  #port(): Port {
    const peerOf = (from: NodeId): PeerKey => (this.#world.nodes.get(from) as SimNode).peer;
    return {
      onGossip: (from, message) => {
        const handle = this.#nextHandle++;
        this.#messages.set(handle, message);
        this.#behaviour?.onGossip?.(from, message.data);
        this.#input(costs.GOSSIP_MS, { type: "gossip", handle, from: peerOf(from), data: message.data });
      },
      onDial: () => this.#processor.charge(costs.DIAL_MS),
      onDirect: (from, data) => {
        this.#behaviour?.onDirect?.(from, data);
        this.#input(streamCost(data), { type: "direct", from: peerOf(from), data });
      },
      onDuplicate: () => this.#processor.charge(costs.DUPLICATE_MS),
      onAsked: (what, from, data, answer) => {
        const handle = this.#nextHandle++;
        this.#answers.set(handle, answer);
        this.#input(streamCost(data), { type: `${what}-asked`, handle, from: peerOf(from), data });
      },
      onPeers: (connected) => this.#input(costs.STEP_MS, { type: "peers", connected: connected.map(peerOf) }),
    };
  }

  #input(costMs: number, input: Input): void {
    this.#processor.run(() => ({ costMs, done: () => this.#step(input) }));
  }

  #step(input: Input): void {
    const core = this.#core;
    if (core === null) return;
    const { scheduler, observers } = this.#world;
    const nowMs = scheduler.nowMs;
    const pairingsBefore = this.pairings;
    const effects = core.handle(input, CLOCK_START_MS + Math.floor(nowMs));
    this.#processor.charge((this.pairings - pairingsBefore) * costs.PAIRING_MS);
    for (const observer of observers) observer.onStep?.(this.node.id, input, effects, nowMs);
    for (let i = 0; i < effects.length; i++) {
      if (this.#dieAfterEffects !== null && i >= this.#dieAfterEffects) return this.crash();
      this.#carryOut(effects[i] as Effect, nowMs);
    }
  }

  #carryOut(effect: Effect, nowMs: number): void {
    for (const observer of this.#world.observers) observer.onEffect?.(this.node.id, effect, nowMs);
    if (this.#behaviour?.onEffect?.(effect) === true) return;
    const { network } = this.#world;
    switch (effect.type) {
      case "persist":
        this.disk.persist(effect.records);
        if (effect.records.some(({ type }) => type === "ledger")) this.#writeLedger(this.#life);
        return this.#processor.charge(costs.PERSIST_MS);
      case "publish":
        return this.#publish(effect.data);
      case "direct":
        return this.#direct(effect.peers, effect.data);
      case "verdict":
        return this.settle(effect.handle, effect.verdict);
      case "set-timer":
        return this.#setTimer(effect.timer, effect.atMs - CLOCK_START_MS);
      case "verify":
        return this.#verify(effect.job, effect.groups);
      case "sign": {
        const signature = this.#world.scheme.sign(this.node.blsSecret, effect.digest);
        return this.#input(costs.SIGN_MS, { type: "signed", job: effect.job, signature });
      }
      case "claim-reply":
        this.#replies.get(effect.handle)?.(effect.reply);
        this.#replies.delete(effect.handle);
        return;
      case "catch-up-ask":
        return this.#ask("catch-up", effect.peer, effect.data, (data, code) => {
          if (data === null) return { type: "catch-up-failed", peer: effect.peer, code };
          return { type: "catch-up-answered", from: effect.peer, data };
        });
      case "inquire":
        return this.#ask("inquiry", effect.peer, effect.data, (data, code) => {
          if (data === null) return { type: "inquiry-failed", job: effect.job, code };
          return { type: "inquiry-answered", job: effect.job, data };
        });
      case "catch-up-reply":
      case "inquiry-reply":
        return this.answer(effect.handle, effect.data);
      case "blame":
        return this.#blame(effect.peer, nowMs);
      case "build-tree":
      case "look-ahead":
      case "submit":
        return this.#askServices(effect, this.#life);
      case "mates":
        return network.mates(this.node.id, this.#idsOf(effect.identities));
      case "claim-changed":
      case "admit":
      case "observe":
        return;
    }
  }

  #idsOf(identities: Iterable<PeerKey>): NodeId[] {
    return [...identities].flatMap((peer) => this.#world.idOf.get(peer) ?? []);
  }

  #direct(peers: readonly PeerKey[], data: Uint8Array): void {
    const { network, partials, askedFor, idOf } = this.#world;
    const partial = partials === null ? null : partialIn(data);
    if (partial?.kind === "RewardClaim") {
      if (partials === "topic") return this.#publish(data);
      const asked = askedFor.get(partial.message.recipient);
      if (asked !== undefined) network.directDialling(this.node.id, asked, data);
      return;
    }
    for (const peer of peers) {
      const to = idOf.get(peer);
      if (to !== undefined) network.direct(this.node.id, to, data);
    }
  }

  /** As in production: what the network refuses is not sent, and the agent goes on. */
  #publish(data: Uint8Array): void {
    try {
      this.#world.network.publish(this.node.id, data);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
    }
  }

  #askServices(effect: ChainWork, life: number): void {
    this.#services?.carryOut(effect, this.#core?.status().head ?? null, (input) => {
      if (life === this.#life) this.#input(costs.STEP_MS, input);
    });
  }

  /** In pieces between other work, as in production. */
  #writeLedger(life: number): void {
    this.#world.scheduler.after(costs.LEDGER_WRITE_MS, () => {
      if (life === this.#life) this.disk.writeTaken();
    });
  }

  /** Gives a gossip message its verdict. */
  settle(handle: number, verdict: Extract<Effect, { type: "verdict" }>["verdict"]): void {
    const message = this.#messages.get(handle);
    if (message === undefined) return;
    this.#messages.delete(handle);
    this.#world.network.settle(this.node.id, message, verdict);
  }

  /** Gives a question its answer. */
  answer(handle: number, data: Uint8Array): void {
    this.#answers.get(handle)?.(data);
    this.#answers.delete(handle);
  }

  #setTimer(timer: TimerName, atMs: number): void {
    const life = this.#life;
    const turn = (this.#timers.get(timer) ?? 0) + 1;
    this.#timers.set(timer, turn);
    this.#world.scheduler.at(atMs, () => {
      if (life === this.#life && this.#timers.get(timer) === turn) this.#input(costs.STEP_MS, { type: "timer", timer });
    });
  }

  /** By the search that adapters/bls uses (common/bls/naming.ts), on this run's scheme. */
  #verify(job: number, groups: readonly VerifyGroup[]): void {
    this.#processor.run(() => {
      const before = this.pairings;
      const scheme = this.#countingScheme();
      const results = groups.map(({ digest, items }) => {
        const invalid = new Set(findInvalid(scheme, digest, items, (bound) => this.#random.below(bound)).invalid);
        return items.map((_, i) => !invalid.has(i));
      });
      const shares = groups.reduce((sum, { items }) => sum + items.length, 0);
      const costMs = (this.pairings - before) * costs.PAIRING_MS + shares * costs.BATCHED_SHARE_MS;
      return { costMs, done: () => this.#step({ type: "verified", job, results }) };
    });
  }

  #ask(what: Question, peer: PeerKey, data: Uint8Array, toInput: (...got: Parameters<OnAnswer>) => Input): void {
    const life = this.#life;
    const to = this.#world.idOf.get(peer);
    if (to === undefined) return;
    this.#world.network.ask(what, this.node.id, to, data, (answer, code) => {
      if (life === this.#life) this.#input(streamCost(answer ?? new Uint8Array()), toInput(answer, code));
    });
  }

  /** As in production: so many blames and the connection is closed (adapters/libp2p/conduct.ts). */
  #blame(peer: PeerKey, nowMs: number): void {
    const id = this.#world.idOf.get(peer);
    if (id !== undefined && this.#conduct.blame(peer, nowMs)) this.#world.network.disconnect(this.node.id, id);
  }

  #pollProvider(life: number): void {
    if (life !== this.#life || this.#provider === null) return;
    for (const input of this.#provider.poll(this.#world.scheduler.nowMs)) this.#input(costs.STEP_MS, input);
    this.#world.scheduler.after(POLL_MS, () => this.#pollProvider(life));
  }

  #countingScheme(): SignatureScheme {
    return countingScheme(this.#world.scheme, () => {
      this.pairings += 1;
    });
  }
}

function streamCost(data: Uint8Array): number {
  return costs.STREAM_MS + (data.length / 1_024) * costs.STREAM_KILOBYTE_MS;
}
