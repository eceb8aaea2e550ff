/**
 * Runs the pure core against the world: inputs come from the adapters one at a time, effects are carried out in order.
 * Enters: ports (ports.ts) and the agent. Leaves: an AgentApi for HTTP. Not here: any decision; all of them are the
 * core's.
 *
 * `persist` is synchronous and first: when it throws, the rest of the step is not carried out and the agent stops,
 * because its memory is then ahead of its disk and whatever it promised next could be forgotten (P-71). The ledger
 * alone is written afterwards, in pieces: it can be folded again.
 */
import {
  type Address,
  type ClaimReply,
  type ClaimView,
  chainCallData,
  type ErrorCode,
  isQuorateError,
  TRANSACTION_GAS_CAP,
} from "@quorate/common";
import type { Agent, Effect, Input, PeerKey, TimerName, Verdict } from "../core/io.ts";
import type {
  BlsSigner,
  BlsVerifier,
  ChainFollower,
  Logger,
  Network,
  RewardsTrees,
  Store,
  Submitter,
} from "./ports.ts";
import { ClaimWatchers, Waiting } from "./waiting.ts";

export interface DriverModules {
  readonly agent: Agent;
  readonly store: Store;
  readonly network: Network;
  readonly follower: ChainFollower;
  readonly verifier: BlsVerifier;
  readonly signer: BlsSigner;
  /** New trees; those before are closed. */
  openTrees(): RewardsTrees;
  /** Null for an agent without an account. */
  readonly submitter: Submitter | null;
  /** ServiceNodeRewards. */
  readonly contract: Address;
  readonly logger: Logger;
  /** Milliseconds, never going back. */
  nowMs(): number;
  /** Told once, when the agent must not go on. */
  onFatal(error: unknown): void;
  /** Told of each effect before it is carried out, for counting. */
  onEffect?(effect: Effect): void;
}

export interface Driver {
  start(): Promise<void>;
  stop(): Promise<void>;
  requestClaim(recipient: Address, epoch: number | null): Promise<ClaimReply>;
  watchClaim(recipient: Address, epoch: number, onChange: (claim: ClaimView) => void): () => void;
  /** From the tree of one epoch; null without trees, or when the recipient is in none. Rejects with a coded error. */
  proof(epoch: number, recipient: Address): ReturnType<RewardsTrees["proof"]>;
}

export function createDriver(modules: DriverModules): Driver {
  return new AgentDriver(modules);
}

const STOPPED: ClaimReply = { ok: false, refusal: { code: "AGENT_STOPPING", values: {} } };

class AgentDriver implements Driver {
  readonly #modules: DriverModules;
  readonly #verdicts = new Waiting<Verdict>();
  readonly #catchUps = new Waiting<Uint8Array>();
  readonly #inquiries = new Waiting<Uint8Array>();
  readonly #claims = new Waiting<ClaimReply>();
  readonly #watchers = new ClaimWatchers();
  readonly #timers = new Map<TimerName, NodeJS.Timeout>();
  #trees: RewardsTrees | null = null;
  #running = false;

  constructor(modules: DriverModules) {
    this.#modules = modules;
  }

  async start(): Promise<void> {
    const { network, follower, agent } = this.#modules;
    this.#running = true;
    await network.start({
      onGossip: (from: PeerKey, data: Uint8Array) =>
        this.#ask(this.#verdicts, "ignore", (handle) => ({ type: "gossip", handle, from, data })),
      onDirect: (from, data) => this.#dispatch({ type: "direct", from, data }),
      onCatchUp: (from: PeerKey, data: Uint8Array) =>
        this.#ask(this.#catchUps, new Uint8Array(), (handle) => ({ type: "catch-up-asked", handle, from, data })),
      onInquiry: (from: PeerKey, data: Uint8Array) =>
        this.#ask(this.#inquiries, new Uint8Array(), (handle) => ({ type: "inquiry-asked", handle, from, data })),
      onPeers: (connected) => this.#dispatch({ type: "peers", connected }),
    });
    this.#dispatch({ type: "started" });
    await follower.start(agent.status().head, {
      onAdvance: async (events, head, target) => {
        this.#dispatch({ type: "chain", events, head, targetSeconds: (target ?? head).timestamp });
        await this.#ledgerWritten();
      },
      onHealth: (health) => this.#dispatch({ type: "chain-health", health }),
      registered: () => agent.nodes().length,
    });
  }

  async stop(): Promise<void> {
    const { follower, submitter, network, verifier, store } = this.#modules;
    this.#running = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#verdicts.settleAll("ignore");
    this.#catchUps.settleAll(new Uint8Array());
    this.#inquiries.settleAll(new Uint8Array());
    this.#claims.settleAll(STOPPED);
    await follower.stop();
    await submitter?.close();
    await this.#trees?.close();
    await network.stop();
    await verifier.close();
    store.close();
  }

  requestClaim(recipient: Address, epoch: number | null): Promise<ClaimReply> {
    return this.#ask(this.#claims, STOPPED, (handle) => ({ type: "claim", handle, recipient, epoch }));
  }

  watchClaim(recipient: Address, epoch: number, onChange: (claim: ClaimView) => void): () => void {
    return this.#watchers.watch(recipient, epoch, onChange);
  }

  async proof(epoch: number, recipient: Address): ReturnType<RewardsTrees["proof"]> {
    return this.#trees === null ? null : this.#trees.proof(epoch, recipient);
  }

  #dispatch(input: Input): void {
    if (!this.#running) return;
    try {
      for (const effect of this.#modules.agent.handle(input, this.#modules.nowMs())) this.#run(effect);
    } catch (error) {
      if (isChainFault(input, error)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#running) return;
    this.#running = false;
    this.#modules.onFatal(error);
  }

  #run(effect: Effect): void {
    const { store, network, logger } = this.#modules;
    this.#modules.onEffect?.(effect);
    switch (effect.type) {
      case "persist":
        return store.persist(effect.records);
      case "publish":
        return this.#background("publish", network.publish(effect.data));
      case "direct":
        return network.direct(effect.peers, effect.data);
      case "mates":
        return network.mates(effect.identities);
      case "verdict":
        return this.#verdicts.settle(effect.handle, effect.verdict);
      case "set-timer":
        return this.#setTimer(effect.timer, effect.atMs);
      case "verify":
        return this.#verify(effect);
      case "sign":
        return this.#sign(effect);
      case "claim-reply":
        return this.#claims.settle(effect.handle, effect.reply);
      case "claim-changed":
        return this.#watchers.notify(effect.claim);
      case "admit":
        return network.admit(effect.identities);
      case "catch-up-ask":
        return this.#exchange(
          "catch-up",
          network.catchUp(effect.peer, effect.data),
          (data) => ({ type: "catch-up-answered", from: effect.peer, data }),
          (code) => ({ type: "catch-up-failed", peer: effect.peer, code }),
        );
      case "catch-up-reply":
        return this.#catchUps.settle(effect.handle, effect.data);
      case "inquire":
        return this.#exchange(
          "inquiry",
          network.inquire(effect.peer, effect.data),
          (data) => ({ type: "inquiry-answered", job: effect.job, data }),
          (code) => ({ type: "inquiry-failed", job: effect.job, code }),
        );
      case "inquiry-reply":
        return this.#inquiries.settle(effect.handle, effect.data);
      case "build-tree":
        return this.#buildTree(effect);
      case "look-ahead":
        return this.#lookAhead();
      case "submit":
        return this.#submit(effect);
      case "blame":
        return network.blame(effect.peer, effect.code);
      case "observe":
        return logger[effect.level](effect.values, effect.code);
    }
  }

  /** A check that fails ends its job, too: the shares in it get their verdicts, and the next job begins. */
  #verify({ job, groups }: Extract<Effect, { type: "verify" }>): void {
    this.#modules.verifier.verify(groups).then(
      (results) => this.#dispatch({ type: "verified", job, results }),
      (error: unknown) => {
        this.#modules.logger.warn({ what: "verify", error: String(error) }, "VERIFY_FAILED");
        this.#dispatch({ type: "verified", job, results: null });
      },
    );
  }

  #sign({ job, digest }: Extract<Effect, { type: "sign" }>): void {
    this.#background("sign", this.#modules.signer.sign(digest), (signature) => ({ type: "signed", job, signature }));
  }

  /** The chain is read no faster than the ledger is written, so that no more than one record of it waits in memory. */
  async #ledgerWritten(): Promise<void> {
    try {
      await this.#modules.store.written();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Carries on without waiting; what comes back is the next input. A failure is logged: the core's timers and
   * catch-up make up for it.
   */
  #background<T>(what: string, work: Promise<T>, toInput?: (value: T) => Input): void {
    work.then(
      (value) => {
        if (toInput !== undefined) this.#dispatch(toInput(value));
      },
      (error: unknown) => this.#modules.logger.debug({ what, error: String(error) }, "EFFECT_FAILED"),
    );
  }

  /**
   * An exchange with a peer. Unlike other work in the background its failure is an input: staker and operator are told
   * that a node was not reached, and another peer is asked.
   */
  #exchange(
    what: string,
    work: Promise<Uint8Array>,
    answered: (data: Uint8Array) => Input,
    failed: (code: ErrorCode) => Input,
  ): void {
    work.then(
      (data) => this.#dispatch(answered(data)),
      (error: unknown) => {
        this.#modules.logger.debug({ what, error: String(error) }, "EFFECT_FAILED");
        this.#dispatch(failed(isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED"));
      },
    );
  }

  /**
   * A failure is an input: the core has them built again. What becomes of trees that were replaced is nobody's
   * concern.
   */
  #buildTree({ epoch, first, changes }: Extract<Effect, { type: "build-tree" }>): void {
    if (first) {
      void this.#trees?.close();
      this.#trees = this.#modules.openTrees();
    }
    const trees = this.#trees;
    const current = (input: Input): void => {
      if (trees === this.#trees) this.#dispatch(input);
    };
    trees?.apply(epoch, changes).then(
      ({ root, totalOwed }) => current({ type: "tree-built", epoch, root, totalOwed }),
      (error: unknown) => current({ type: "tree-lost", ...codeAndDetail(error) }),
    );
  }

  #lookAhead(): void {
    this.#modules.follower.lookAhead().then(
      (events) => this.#dispatch({ type: "looked-ahead", events }),
      (error: unknown) => this.#dispatch({ type: "look-ahead-failed", ...codeAndDetail(error) }),
    );
  }

  #submit({ job, key, call, notAfter }: Extract<Effect, { type: "submit" }>): void {
    const { submitter, contract: to } = this.#modules;
    if (submitter === null) return;
    const sent = { key, to, data: chainCallData(call), notAfter, gasBound: TRANSACTION_GAS_CAP };
    this.#background("submit", submitter.submit(sent), (outcome) => ({ type: "submitted", job, outcome }));
  }

  #setTimer(timer: TimerName, atMs: number): void {
    clearTimeout(this.#timers.get(timer));
    const delayMs = Math.max(0, atMs - this.#modules.nowMs());
    this.#timers.set(
      timer,
      setTimeout(() => {
        this.#dispatch({ type: "timer", timer, lateMs: Math.max(0, this.#modules.nowMs() - atMs) });
      }, delayMs),
    );
  }

  #ask<T>(waiting: Waiting<T>, otherwise: T, toInput: (handle: number) => Input): Promise<T> {
    if (!this.#running) return Promise.resolve(otherwise);
    const { handle, promise } = waiting.open();
    this.#dispatch(toInput(handle));
    return promise;
  }
}

/**
 * P-58: a history that the ledger refuses is the provider's fault and not this agent's. The refusal left nothing
 * behind, and goes back to the follower: it names the provider, keeps its place, and the agent abstains until another
 * answer comes.
 */
function isChainFault(input: Input, error: unknown): boolean {
  return input.type === "chain" && isQuorateError(error, "CHAIN_EVENT_INVALID");
}

function codeAndDetail(error: unknown): { readonly code: string; readonly detail: string } {
  return { code: isQuorateError(error) ? error.code : "INTERNAL_ERROR", detail: String(error) };
}
