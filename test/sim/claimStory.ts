/**
 * The story of each claim: when it was asked for, heard of and signed, as a watcher with a clock in every agent would
 * tell it. Enters: the run's steps. Leaves: plain data for the report, the plot and `--json`. Not here: whether it went
 * well (checkers/).
 */
import { type Address, type ClaimView, decodeGossip, isQuorateError, type NodeId } from "@quorate/common";
import type { Effect, Input } from "../../packages/aggregator/src/core/io.ts";
import { CLOCK_START_MS, type Observer } from "./agent.ts";
import { honest, type Truth } from "./checkers/checker.ts";
import { reasonOf } from "./missing.ts";
import type { Staker } from "./staker.ts";

/** Times are milliseconds after the staker's question; null for what never happened. */
export interface ClaimTold {
  readonly recipient: Address;
  readonly agent: NodeId;
  /** In milliseconds of the run. */
  readonly askedMs: number;
  readonly epoch: number | null;
  /** When so many of the honest active nodes had heard of the request. */
  readonly heard: { readonly half: number | null; readonly most: number | null; readonly all: number | null };
  readonly firstPartial: number | null;
  /** When the asked agent held so much of the active stake, in 1/10000. */
  readonly stake: Readonly<Record<5_000 | 7_500 | 9_000 | 9_500, number | null>>;
  /** When it held 9500 bps of the active stake that is not silent. */
  readonly responsive: number | null;
  readonly end: "bundle" | "failed" | "refused" | "open";
  readonly endAfter: number | null;
  /** Why it was refused. */
  readonly code: string | null;
  /** Times the agent forgot it. */
  readonly lost: number;
  readonly signers: number;
  /** Active nodes without a share at the end, and why, each. */
  readonly missing: readonly { readonly id: NodeId; readonly why: string }[];
  /** Milliseconds of the run, and the stake then held, in 1/10000. */
  readonly held: readonly (readonly [number, number])[];
}

interface Watched {
  readonly staker: Staker;
  readonly heard: Map<NodeId, number>;
  readonly held: [number, number][];
  firstPartialMs: number | null;
  endMs: number | null;
  view: ClaimView | null;
}

const MARKS = [5_000, 7_500, 9_000, 9_500] as const;

export class ClaimStory implements Observer {
  readonly #truth: Truth;
  readonly #watched: readonly Watched[];
  readonly #byRecipient: ReadonlyMap<Address, Watched>;
  readonly #byAgent = new Map<NodeId, Watched[]>();
  /** The request in each gossip message: one object for all its copies. */
  readonly #requests = new WeakMap<Uint8Array, { recipient: Address; epoch: number } | "partial" | null>();

  constructor(truth: Truth, stakers: readonly Staker[]) {
    this.#truth = truth;
    this.#watched = stakers.map((staker) => {
      return { staker, heard: new Map(), held: [], firstPartialMs: null, endMs: null, view: null };
    });
    this.#byRecipient = new Map(this.#watched.map((watched) => [watched.staker.recipient, watched]));
    for (const watched of this.#watched) {
      const { id } = watched.staker.agent.node;
      this.#byAgent.set(id, [...(this.#byAgent.get(id) ?? []), watched]);
    }
  }

  onStep(id: NodeId, input: Input, effects: readonly Effect[], nowMs: number): void {
    if (input.type === "gossip" || input.type === "direct") this.#hear(id, input.data, nowMs);
    for (const effect of effects) if (effect.type === "persist") this.#sign(id, effect, nowMs);
    const asked = this.#byAgent.get(id);
    if (asked === undefined || !MAY_ADD_STAKE.has(input.type)) return;
    for (const watched of asked) this.#look(watched, nowMs);
  }

  tell(): ClaimTold[] {
    return this.#watched.map((watched) => this.#tellOf(watched));
  }

  #hear(id: NodeId, data: Uint8Array, nowMs: number): void {
    let content = this.#requests.get(data);
    if (content === undefined) {
      content = contentOf(data);
      this.#requests.set(data, content);
    }
    if (content === null) return;
    if (content === "partial") {
      for (const watched of this.#byAgent.get(id) ?? []) {
        if (isUnderWay(watched, nowMs)) watched.firstPartialMs ??= nowMs;
      }
      return;
    }
    this.#heardOf(id, content.recipient, content.epoch, nowMs);
  }

  /** Whoever signs has heard, in whatever way. */
  #sign(id: NodeId, effect: Extract<Effect, { type: "persist" }>, nowMs: number): void {
    for (const record of effect.records) {
      if (record.type !== "signing" || record.signed.kind !== "RewardClaim") continue;
      this.#heardOf(id, record.signed.message.recipient, record.id.epoch, nowMs);
    }
  }

  #heardOf(id: NodeId, recipient: Address, epoch: number, nowMs: number): void {
    const watched = this.#byRecipient.get(recipient);
    if (watched === undefined || watched.heard.has(id)) return;
    if (watched.staker.epoch !== epoch && watched.staker.agent.node.id !== id) return;
    if (nowMs >= watched.staker.askedMs) watched.heard.set(id, nowMs);
  }

  #look(watched: Watched, nowMs: number): void {
    const { agent, recipient, epoch, outcome } = watched.staker;
    if (outcome !== null && watched.endMs === null) watched.endMs = nowMs;
    if (epoch === null || agent.core === null) return;
    const view = agent.core.claim(recipient, epoch, CLOCK_START_MS + Math.floor(nowMs));
    if (view === null) return;
    watched.view = view;
    const last = watched.held.at(-1);
    if (last === undefined || last[1] !== view.signedBps) watched.held.push([nowMs, view.signedBps]);
  }

  #tellOf(watched: Watched): ClaimTold {
    const { staker, held } = watched;
    const after = (ms: number | null | undefined): number | null =>
      ms === null || ms === undefined ? null : Math.max(0, Math.round(ms - staker.askedMs));
    const reached = (bps: number): number | null => after(held.find(([, heldBps]) => heldBps >= bps)?.[0]);
    const honestIds = [...this.#truth.agents.values()]
      .filter(({ node }) => node.active && honest(this.#truth, node.id))
      .map(({ node }) => node.id);
    const outcome = staker.outcome;
    const missing = watched.view?.missing ?? (outcome?.kind === "failed" ? outcome.missing : []);
    return {
      ...{ recipient: staker.recipient, agent: staker.agent.node.id, askedMs: Math.round(staker.askedMs) },
      epoch: staker.epoch,
      heard: heardShares(honestIds, watched.heard, after),
      firstPartial: after(watched.firstPartialMs),
      stake: Object.fromEntries(MARKS.map((bps) => [bps, reached(bps)])) as ClaimTold["stake"],
      responsive: reached(responsiveBps(this.#truth)),
      end: outcome?.kind ?? "open",
      endAfter: outcome?.kind === "bundle" ? Math.round(outcome.afterMs) : after(watched.endMs),
      code: outcome?.kind === "refused" ? outcome.code : null,
      lost: staker.lost,
      signers: watched.view?.signers.length ?? 0,
      missing: missing.map((id) => ({ id, why: reasonOf(this.#truth.world.plan, id, watched.view) })),
      held,
    };
  }
}

/** Inputs after which an agent may hold more stake: the others need no look. */
const MAY_ADD_STAKE: ReadonlySet<Input["type"]> = new Set([
  ...(["verified", "signed", "claim", "timer", "direct", "catch-up-answered"] as const),
]);

const isUnderWay = ({ staker }: Watched, nowMs: number): boolean => staker.outcome === null && nowMs >= staker.askedMs;

function contentOf(data: Uint8Array): { recipient: Address; epoch: number } | "partial" | null {
  try {
    const message = decodeGossip(data);
    if (message.type === "request") return message.request;
    return (message.type as string) === "partial" ? "partial" : null;
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}

function heardShares(
  ids: readonly NodeId[],
  heard: ReadonlyMap<NodeId, number>,
  after: (ms: number | undefined) => number | null,
): ClaimTold["heard"] {
  const times = ids.flatMap((id) => heard.get(id) ?? []).sort((a, b) => a - b);
  const by = (part: number): number | null => after(times[Math.ceil(part * ids.length) - 1]);
  return { half: by(0.5), most: by(0.95), all: by(1) };
}

/** 9500 bps of the active stake that is not silent, in 1/10000 of all. */
export function responsiveBps({ world }: Truth): number {
  const active = [...world.nodes.values()].filter((node) => node.active);
  const answering = active.filter(({ id }) => !world.plan.silent.has(id)).length;
  return Math.ceil((9_500 * answering) / active.length);
}
