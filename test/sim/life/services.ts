/**
 * What an agent of a life run has beside network and disk: the worker that builds its trees, one provider that it asks
 * for what is not final, and its account. Enters: `build-tree`, `look-ahead` and `submit` effects. Leaves: the inputs
 * that answer them, some of which never come.
 */
import type { ChainHead } from "@quorate/common";
import type { SubmitRules } from "../../../packages/aggregator/src/core/context.ts";
import type { Effect, Input, SubmitOutcome } from "../../../packages/aggregator/src/core/io.ts";
import type { SimNode } from "../nodes.ts";
import { isIn, type Plan } from "../plan.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { LifeChain } from "./chain.ts";
import { AgentTrees, type BuiltRoots } from "./trees.ts";

export type ChainWork = Extract<Effect, { type: "build-tree" | "look-ahead" | "submit" }>;

/** Exits, liquidations and packing need weeks of epochs, or help nobody here. */
const SUBMITS: SubmitRules = { pack: false, finishExits: false, liquidate: false };

const BUILD_MS = { min: 20, max: 200 };
const LOOK_MS = { min: 40, max: 300 };
/** From the wish until the transaction is where blocks are made: estimate, signature, broadcast. */
const SEND_MS = { min: 150, max: 800 };

/** While faults go on: a tree's worker dies, a look fails, a transaction is not taken, or lies about for blocks. */
const TREE_LOST = 0.02;
const LOOK_FAILS = 0.05;
const SEND_FAILS = 0.05;
const SEND_STUCK = 0.05;
const STUCK_MS = 20_000;

export interface ChainServices {
  readonly submits: SubmitRules | null;
  /** A new life: trees are gone, and what was asked for in the last one is not answered. */
  begin(): void;
  /** @param answer takes the answer; whoever died meanwhile ignores it */
  carryOut(effect: ChainWork, head: ChainHead | null, answer: (input: Input) => void): void;
}

export interface ServiceModules {
  readonly scheduler: Scheduler;
  readonly chain: LifeChain;
  readonly plan: Plan;
  readonly accounts: ReadonlySet<number>;
  readonly built: BuiltRoots;
}

export class LifeServices implements ChainServices {
  readonly submits: SubmitRules | null;
  readonly #node: SimNode;
  readonly #modules: ServiceModules;
  readonly #random: Random;
  #trees: AgentTrees;

  constructor(node: SimNode, modules: ServiceModules, random: Random) {
    this.#node = node;
    this.#modules = modules;
    this.#random = random;
    this.submits = modules.accounts.has(node.id) ? SUBMITS : null;
    this.#trees = new AgentTrees(modules.built);
  }

  begin(): void {
    this.#trees = new AgentTrees(this.#modules.built);
  }

  carryOut(effect: ChainWork, head: ChainHead | null, answer: (input: Input) => void): void {
    switch (effect.type) {
      case "build-tree":
        return this.#build(effect, answer);
      case "look-ahead":
        return this.#look(head, answer);
      case "submit":
        return this.#submit(effect, (outcome) => answer({ type: "submitted", job: effect.job, outcome }));
    }
  }

  #build(effect: Extract<ChainWork, { type: "build-tree" }>, answer: (input: Input) => void): void {
    const isLost = this.#goesWrong(TREE_LOST);
    const trees = this.#trees;
    this.#modules.scheduler.after(this.#random.between(BUILD_MS.min, BUILD_MS.max), () => {
      if (isLost) answer({ type: "tree-lost", code: "TREE_WORKER_FAILED", detail: "the worker died" });
      else answer({ type: "tree-built", epoch: effect.epoch, ...trees.apply(effect) });
    });
  }

  /** By one provider, as late as it is with everything. */
  #look(head: ChainHead | null, answer: (input: Input) => void): void {
    const { scheduler, chain, plan } = this.#modules;
    const unhealthy = plan.unhealthy.get(this.#node.id);
    const fails = this.#goesWrong(LOOK_FAILS) || (unhealthy !== undefined && isIn(unhealthy, scheduler.nowMs));
    scheduler.after(this.#random.between(LOOK_MS.min, LOOK_MS.max), () => {
      const seenMs = scheduler.nowMs - (plan.lagMs.get(this.#node.id) ?? 0);
      if (fails || head === null) answer({ type: "look-ahead-failed", code: "CHAIN_PROVIDER_FAILED", detail: "down" });
      else answer({ type: "looked-ahead", events: chain.above(head, seenMs) });
    });
  }

  /**
   * Simulated against the latest block right before it is sent; then only its block decides, whatever became of its
   * sender.
   */
  #submit({ call, notAfter }: Extract<ChainWork, { type: "submit" }>, end: (outcome: SubmitOutcome) => void): void {
    const { scheduler, chain } = this.#modules;
    const fails = this.#goesWrong(SEND_FAILS);
    const stuckMs = this.#goesWrong(SEND_STUCK) ? this.#random.between(0, STUCK_MS) : 0;
    const sendMs = this.#random.between(SEND_MS.min, SEND_MS.max);
    scheduler.after(sendMs / 2, () => {
      const submitter = this.#node.registered.operator;
      const problem = chain.problemOf(call, submitter);
      if (problem !== null) return end({ kind: "redundant", code: problem });
      if (fails) return end({ kind: "failed", code: "SUBMIT_PROVIDERS_DOWN", detail: "no provider takes it" });
      const readyMs = scheduler.nowMs + sendMs / 2 + stuckMs;
      chain.broadcast({ from: this.#node.id, submitter, call, notAfter, readyMs, onEnd: end });
    });
  }

  #goesWrong(probability: number): boolean {
    const { scheduler, plan } = this.#modules;
    return this.#random.chance(probability) && scheduler.nowMs < plan.healMs;
  }
}
