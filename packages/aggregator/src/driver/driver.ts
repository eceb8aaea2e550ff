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
}

export interface Driver {
  start(): Promise<void>;
  stop(): Promise<void>;
  requestClaim(recipient: Address, epoch: number | null): Promise<ClaimReply>;
  watchClaim(recipient: Address, epoch: number, onChange: (claim: ClaimView) => void): () => void;
  /** From the tree of one epoch; null without trees, or when the recipient is in none. Rejects with a coded error. */
  proof(epoch: number, recipient: Address): ReturnType<RewardsTrees["proof"]>;
}

/** Answers that are on their way, by handle. */
class Waiting<T> {
  readonly #resolvers = new Map<number, (value: T) => void>();
  #next = 1;

  open(): { readonly handle: number; readonly promise: Promise<T> } {
    const handle = this.#next++;
    return { handle, promise: new Promise((resolve) => this.#resolvers.set(handle, resolve)) };
  }

  settle(handle: number, value: T): void {
    this.#resolvers.get(handle)?.(value);
    this.#resolvers.delete(handle);
  }

  settleAll(value: T): void {
    for (const handle of [...this.#resolvers.keys()]) this.settle(handle, value);
  }
}

export function createDriver(modules: DriverModules): Driver {
  const { agent, store, network, follower, verifier, signer, logger } = modules;
  const verdicts = new Waiting<Verdict>();
  const catchUps = new Waiting<Uint8Array>();
  const inquiries = new Waiting<Uint8Array>();
  const claims = new Waiting<ClaimReply>();
  const watchers = new Map<string, Set<(claim: ClaimView) => void>>();
  const timers = new Map<TimerName, NodeJS.Timeout>();
  let trees: RewardsTrees | null = null;
  let running = false;

  function dispatch(input: Input): void {
    if (!running) return;
    try {
      for (const effect of agent.handle(input, modules.nowMs())) run(effect);
    } catch (error) {
      if (isChainFault(input, error)) throw error;
      running = false;
      modules.onFatal(error);
    }
  }

  function run(effect: Effect): void {
    switch (effect.type) {
      case "persist":
        return store.persist(effect.records);
      case "publish":
        return background("publish", network.publish(effect.data));
      case "verdict":
        return verdicts.settle(effect.handle, effect.verdict);
      case "set-timer":
        return setTimer(effect.timer, effect.atMs);
      case "verify":
        return background("verify", verifier.verify(effect.groups), (results) => ({
          type: "verified",
          job: effect.job,
          results,
        }));
      case "sign":
        return background("sign", signer.sign(effect.digest), (signature) => ({
          type: "signed",
          job: effect.job,
          signature,
        }));
      case "claim-reply":
        return claims.settle(effect.handle, effect.reply);
      case "claim-changed":
        return notify(effect.claim);
      case "admit":
        return network.admit(effect.identities);
      case "catch-up-ask":
        return background("catch-up", network.catchUp(effect.peer, effect.data), (data) => ({
          type: "catch-up-answered",
          from: effect.peer,
          data,
        }));
      case "catch-up-reply":
        return catchUps.settle(effect.handle, effect.data);
      case "inquire":
        return inquire(effect.job, network.inquire(effect.peer, effect.data));
      case "inquiry-reply":
        return inquiries.settle(effect.handle, effect.data);
      case "build-tree":
        return buildTree(effect);
      case "look-ahead":
        return lookAhead();
      case "submit":
        return submit(effect);
      case "blame":
        return network.blame(effect.peer, effect.code);
      case "observe":
        return logger[effect.level](effect.values, effect.code);
    }
  }

  /** The chain is read no faster than the ledger is written, so that no more than one record of it waits in memory. */
  async function ledgerWritten(): Promise<void> {
    try {
      await store.written();
    } catch (error) {
      if (!running) return;
      running = false;
      modules.onFatal(error);
    }
  }

  /** Carries on without waiting; what comes back is the next input. A failure is logged: the core's timers and catch-up make up for it. */
  function background<T>(what: string, work: Promise<T>, toInput?: (value: T) => Input): void {
    work.then(
      (value) => {
        if (toInput !== undefined) dispatch(toInput(value));
      },
      (error: unknown) => logger.debug({ what, error: String(error) }, "EFFECT_FAILED"),
    );
  }

  /** Unlike other work in the background its failure is an input: staker and operator are told that the node was not reached. */
  function inquire(job: number, work: Promise<Uint8Array>): void {
    work.then(
      (data) => dispatch({ type: "inquiry-answered", job, data }),
      (error: unknown) =>
        dispatch({ type: "inquiry-failed", job, code: isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED" }),
    );
  }

  /** A failure is an input: the core has them built again. */
  function buildTree({ epoch, first, changes }: Extract<Effect, { type: "build-tree" }>): void {
    if (first) {
      void trees?.close();
      trees = modules.openTrees();
    }
    if (trees === null) return;
    trees.apply(epoch, changes).then(
      ({ root, totalOwed }) => dispatch({ type: "tree-built", epoch, root, totalOwed }),
      (error: unknown) => dispatch({ type: "tree-lost", ...codeAndDetail(error) }),
    );
  }

  function lookAhead(): void {
    follower.lookAhead().then(
      (events) => dispatch({ type: "looked-ahead", events }),
      (error: unknown) => {
        logger.debug({ error: String(error) }, "LOOK_AHEAD_FAILED");
        dispatch({ type: "looked-ahead", events: null });
      },
    );
  }

  function submit({ job, key, call, notAfter }: Extract<Effect, { type: "submit" }>): void {
    if (modules.submitter === null) return;
    const sent = { key, to: modules.contract, data: chainCallData(call), notAfter, gasBound: TRANSACTION_GAS_CAP };
    background("submit", modules.submitter.submit(sent), (outcome) => ({ type: "submitted", job, outcome }));
  }

  function setTimer(timer: TimerName, atMs: number): void {
    clearTimeout(timers.get(timer));
    const delayMs = Math.max(0, atMs - modules.nowMs());
    timers.set(
      timer,
      setTimeout(() => dispatch({ type: "timer", timer }), delayMs),
    );
  }

  function notify(claim: ClaimView): void {
    for (const watcher of watchers.get(watchKey(claim.recipient, claim.epoch)) ?? []) watcher(claim);
  }

  function ask<T>(waiting: Waiting<T>, otherwise: T, toInput: (handle: number) => Input): Promise<T> {
    if (!running) return Promise.resolve(otherwise);
    const { handle, promise } = waiting.open();
    dispatch(toInput(handle));
    return promise;
  }

  const stopped: ClaimReply = { ok: false, refusal: { code: "AGENT_STOPPING", values: {} } };

  return {
    async start(): Promise<void> {
      running = true;
      await network.start({
        onGossip: (from: PeerKey, data: Uint8Array) =>
          ask(verdicts, "ignore", (handle) => ({ type: "gossip", handle, from, data })),
        onCatchUp: (from: PeerKey, data: Uint8Array) =>
          ask(catchUps, new Uint8Array(), (handle) => ({ type: "catch-up-asked", handle, from, data })),
        onInquiry: (from: PeerKey, data: Uint8Array) =>
          ask(inquiries, new Uint8Array(), (handle) => ({ type: "inquiry-asked", handle, from, data })),
        onPeers: (connected) => dispatch({ type: "peers", connected }),
      });
      dispatch({ type: "started" });
      await follower.start(agent.status().head, {
        onAdvance: async (events, head) => {
          dispatch({ type: "chain", events, head });
          await ledgerWritten();
        },
        onHealth: (health) => dispatch({ type: "chain-health", health }),
      });
    },

    async stop(): Promise<void> {
      running = false;
      for (const timer of timers.values()) clearTimeout(timer);
      verdicts.settleAll("ignore");
      catchUps.settleAll(new Uint8Array());
      inquiries.settleAll(new Uint8Array());
      claims.settleAll(stopped);
      await follower.stop();
      await modules.submitter?.close();
      await trees?.close();
      await network.stop();
      await verifier.close();
      store.close();
    },

    requestClaim: (recipient, epoch) => ask(claims, stopped, (handle) => ({ type: "claim", handle, recipient, epoch })),

    proof: async (epoch, recipient) => (trees === null ? null : trees.proof(epoch, recipient)),

    watchClaim(recipient, epoch, onChange) {
      const key = watchKey(recipient, epoch);
      const set = watchers.get(key) ?? new Set();
      set.add(onChange);
      watchers.set(key, set);
      return () => {
        set.delete(onChange);
        if (set.size === 0) watchers.delete(key);
      };
    },
  };
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

function watchKey(recipient: Address, epoch: number): string {
  return `${recipient}@${epoch}`;
}
