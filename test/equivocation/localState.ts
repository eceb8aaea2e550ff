/**
 * What one honest agent has seen so far, as a tree of histories. An agent is a pure function of its inputs: whatever
 * happens elsewhere, the same inputs leave the same agent. So each history of one agent is run once, by the production
 * core, and shared by the hundreds of schedules in which it occurs; none is left out. The promises that speak of one
 * agent alone are checked on each step.
 */
import { type Bundle, type ChainCall, type Hex, type NodeId, type RoundKey, roundKey, toHex } from "@quorate/common";
import type { Agent, Effect, Input, PeerKey, PersistRecord } from "../../packages/aggregator/src/core/io.ts";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import { type Cast, scheme } from "./cast.ts";

/** Inputs that an agent gets at one moment. */
export interface Batch {
  /** Names the inputs: equal for equal inputs. */
  readonly key: string;
  /** Milliseconds of virtual time. */
  readonly nowMs: number;
  readonly inputs: readonly Input[];
}

/** A catch-up request, and one of the peers that it goes to. */
export interface Asks {
  readonly peer: PeerKey;
  readonly data: Uint8Array;
}

/** What came of a batch. */
export interface Outcome {
  /** Messages published, by number. */
  readonly published: readonly number[];
  /** Gossip messages accepted, and so passed on, by number of handle. */
  readonly accepted: readonly number[];
  /** The catch-up request it would send now, if any. */
  readonly asks: Asks | null;
  readonly replies: readonly Uint8Array[];
}

/** What it has done so far that a promise speaks of. */
export interface Deeds {
  /** P-71: the digest recorded for a round. */
  readonly signed: ReadonlyMap<RoundKey, Hex>;
  /** The last bundle of a round. */
  readonly bundles: ReadonlyMap<RoundKey, Bundle>;
  readonly reports: readonly Extract<ChainCall, { type: "report" }>[];
  readonly blamed: ReadonlySet<PeerKey>;
  /** What P-71 forbids, in words. */
  readonly conflicts: readonly string[];
}

const NOTHING: Outcome = { published: [], accepted: [], asks: null, replies: [] };
const NO_DEEDS: Deeds = { signed: new Map(), bundles: new Map(), reports: [], blamed: new Set(), conflicts: [] };

/** One moment of one agent. */
export interface LocalState {
  readonly parent: LocalState | null;
  readonly batch: Batch;
  readonly outcome: Outcome;
  readonly deeds: Deeds;
  readonly next: Map<string, LocalState>;
  /** The agent itself, as long as no later moment has taken it. */
  live: Agent | null;
}

/** All histories of one agent. */
export class Histories {
  readonly #cast: Cast;
  readonly #id: NodeId;
  readonly #check: (deeds: Deeds) => void;
  root: LocalState;
  /** Batches that the core has worked off, replays included. */
  steps = 0;
  /** Moments in the tree. */
  moments = 0;

  /** @param check is told of all deeds whenever they have changed */
  constructor(cast: Cast, id: NodeId, check: (deeds: Deeds) => void) {
    this.#cast = cast;
    this.#id = id;
    this.#check = check;
    this.root = this.#fresh();
  }

  /** Forgets what was run; the next history begins anew. */
  clear(): void {
    this.moments = 0;
    this.root = this.#fresh();
  }

  after(state: LocalState, batch: Batch): LocalState {
    const known = state.next.get(batch.key);
    if (known !== undefined) return known;
    const agent = this.#take(state);
    const effects = this.#run(agent, batch);
    const deeds = addDeeds(state.deeds, effects);
    if (deeds !== state.deeds) this.#check(deeds);
    const outcome = outcomeOf(effects, this.#cast);
    const child: LocalState = { parent: state, batch, outcome, deeds, next: new Map(), live: agent };
    state.next.set(batch.key, child);
    this.moments += 1;
    return child;
  }

  #fresh(): LocalState {
    const batch = { key: "boot", nowMs: 0, inputs: [] };
    const { agent, effects } = this.#start();
    const outcome = outcomeOf(effects, this.#cast);
    return { parent: null, batch, outcome, deeds: addDeeds(NO_DEEDS, effects), next: new Map(), live: agent };
  }

  #start(): { readonly agent: Agent; readonly effects: Effect[] } {
    const { agent, boot } = this.#cast.agent(this.#id);
    return { agent, effects: this.#run(agent, { key: "boot", nowMs: 0, inputs: boot }) };
  }

  /** The agent at this moment: the one that is there, or another that lives the same. */
  #take(state: LocalState): Agent {
    const { live } = state;
    state.live = null;
    if (live !== null) return live;
    const path: Batch[] = [];
    for (let at = state; at.parent !== null; at = at.parent) path.push(at.batch);
    const { agent } = this.#start();
    for (const batch of path.reverse()) this.#run(agent, batch);
    return agent;
  }

  /** Signing, checking and building are done at once; shares of a batch are checked together. */
  #run(agent: Agent, { inputs, nowMs }: Batch): Effect[] {
    this.steps += 1;
    const all: Effect[] = [];
    let wantsCheck = false;
    const feed = (first: Input): void => {
      const queue = [first];
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const effect of agent.handle(next, nowMs)) {
          all.push(effect);
          if (effect.type === "set-timer" && effect.timer === "verify") wantsCheck = true;
          const answer = answerTo(effect, this.#cast, this.#id);
          if (answer !== null) queue.push(answer);
        }
      }
    };
    for (const input of inputs) feed(input);
    while (wantsCheck) {
      wantsCheck = false;
      feed({ type: "timer", timer: "verify" });
    }
    return all;
  }
}

function answerTo(effect: Effect, cast: Cast, id: NodeId): Input | null {
  switch (effect.type) {
    case "sign": {
      const secret = cast.honest[id - 1]?.blsSecret as Uint8Array;
      return { type: "signed", job: effect.job, signature: scheme.sign(secret, effect.digest) };
    }
    case "verify": {
      const results = effect.groups.map(({ digest, items }) =>
        items.map(({ publicKey, signature }) => scheme.verify(publicKey, digest, signature)),
      );
      return { type: "verified", job: effect.job, results };
    }
    case "build-tree":
      return cast.treeOf(effect);
    case "look-ahead":
      return { type: "looked-ahead", events: [] };
    case "submit":
      // It never lands, so that everyone's turn to send it comes.
      return { type: "submitted", job: effect.job, outcome: { kind: "expired" } };
    default:
      return null;
  }
}

function outcomeOf(effects: readonly Effect[], cast: Cast): Outcome {
  const published: number[] = [];
  const accepted: number[] = [];
  const replies: Uint8Array[] = [];
  let asks: Asks | null = null;
  for (const effect of effects) {
    if (effect.type === "publish") published.push(cast.numberOf(effect.data));
    else if (effect.type === "verdict" && effect.verdict === "accept") accepted.push(effect.handle);
    else if (effect.type === "catch-up-ask") asks = { peer: effect.peer, data: effect.data };
    else if (effect.type === "catch-up-reply") replies.push(effect.data);
  }
  if (published.length + accepted.length + replies.length === 0 && asks === null) return NOTHING;
  return { published, accepted, asks, replies };
}

function addDeeds(before: Deeds, effects: readonly Effect[]): Deeds {
  const telling = effects.filter(({ type }) => ["persist", "sign", "submit", "blame"].includes(type));
  if (telling.length === 0) return before;
  const signed = new Map(before.signed);
  const bundles = new Map(before.bundles);
  const reports = [...before.reports];
  const blamed = new Set(before.blamed);
  const conflicts = [...before.conflicts];
  const keep = (record: PersistRecord): void => {
    if (record.type === "bundle") bundles.set(roundKey(claimRound(record.recipient, record.epoch)), record.bundle);
    if (record.type !== "signing") return;
    const key = roundKey(record.id);
    if ((signed.get(key) ?? record.digest) !== record.digest) conflicts.push(`a second record for ${key}`);
    signed.set(key, record.digest);
  };
  for (const effect of telling) {
    if (effect.type === "blame") blamed.add(effect.peer);
    if (effect.type === "persist") for (const record of effect.records) keep(record);
    if (effect.type === "submit" && effect.call.type === "report") reports.push(effect.call);
    if (effect.type === "sign" && ![...signed.values()].includes(toHex(effect.digest))) {
      conflicts.push(`signed without a record: ${toHex(effect.digest)}`);
    }
  }
  return { signed, bundles, reports, blamed, conflicts };
}
