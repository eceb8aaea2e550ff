/**
 * An honest share is never suppressed: when a claim ends, every honest node is among its signers or there is a reason
 * why it could not be, and the reason is a fault of the plan, not something a liar did. A share that was out in good
 * time must be in. With subnets that holds for active nodes: nobody asks for what does not count (P-137).
 */
import type { ClaimView, NodeId } from "@quorate/common";
import type { Effect, Input } from "../../../packages/aggregator/src/core/io.ts";
import {
  AGGREGATORS,
  CATCH_UP_BUSY_MS,
  CATCH_UP_IDLE_MS,
  IMPROVE_MS,
  PULL_AFTER_MS,
  PULL_AGAIN_MS,
  TICK_MS,
} from "../../../packages/aggregator/src/core/limits.ts";
import { CLOCK_START_MS } from "../agent.ts";
import { roundIn, sharesSent } from "../messages.ts";
import type { SimNode } from "../nodes.ts";
import { overlap, type Window } from "../plan.ts";
import { type Checker, honest, roundOf, type Truth } from "./checker.ts";

/**
 * Time for a request that gossip did not bring to come by catch-up: four idle exchanges of two peers each, of which
 * some are silent.
 */
const CATCH_UP_GRACE_MS: number = 4 * CATCH_UP_IDLE_MS;

/** Some exchanges of a collector that is busy, of which some meet silent peers. */
const NEWCOMER_GRACE_MS: number = 4 * CATCH_UP_BUSY_MS;

/**
 * Above FLOOD_MAX a share comes in a partial, or is asked for: after a second, of two to five aggregators of its
 * subnet and of its node, two ticks each for the question and its way, and four seconds for those that are silent. No
 * liar can hold it up for longer.
 */
export const SUPPRESSED_MAX_MS: number = PULL_AFTER_MS + PULL_AGAIN_MS + (AGGREGATORS + 1) * 2 * TICK_MS;

/** From ready: the time of improvement, and the ticks that end it. */
const IMPROVED_AFTER_MS: number = IMPROVE_MS + 2 * TICK_MS;

export type Excuse =
  | "late"
  | "registered later"
  | "not active"
  | "cut off"
  | "down"
  | "provider unhealthy"
  | "behind on blocks"
  | "no time";

export class Suppression implements Checker {
  readonly name = "suppression";
  /** Why honest nodes were not in bundles, for the summary. */
  readonly excuses = new Map<Excuse, number>();
  readonly #truth: Truth;
  readonly #newcomers: readonly SimNode[];
  readonly #hasSubnets: boolean;
  readonly #graceMs: number;
  readonly #published = new Map<string, number[]>();
  readonly #down = new Map<NodeId, Window[]>();
  readonly #epochKnown = new Map<string, number>();
  /** When an agent first read of a newcomer's registration. */
  readonly #readOf = new Map<string, number>();
  readonly #examined = new Set<string>();

  /** @param latencyMaxMs five hops of it, and half a second of queues, bring a share to everyone */
  constructor(truth: Truth, latencyMaxMs: number) {
    this.#truth = truth;
    this.#newcomers = [...truth.world.nodes.values()].filter(({ active }) => !active);
    this.#hasSubnets = truth.world.nodes.size > truth.world.floodMax;
    this.#graceMs = 5 * latencyMaxMs + 500 + (this.#hasSubnets ? SUPPRESSED_MAX_MS : 0);
    for (const id of truth.world.plan.ids) this.#down.set(id, [{ fromMs: 0, toMs: Number.POSITIVE_INFINITY }]);
  }

  onUp(id: NodeId, nowMs: number): void {
    const windows = this.#down.get(id) as Window[];
    windows.push({ fromMs: (windows.pop() as Window).fromMs, toMs: nowMs });
  }

  onDown(id: NodeId, nowMs: number): void {
    this.#down.get(id)?.push({ fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
  }

  onStep(id: NodeId, _input: Input, effects: readonly Effect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.type !== "observe" || effect.code !== "EPOCH_CLOSED") continue;
      for (let epoch = Number(effect.values["epoch"]); epoch >= 0; epoch--) {
        const key = `${id} ${epoch}`;
        if (this.#epochKnown.has(key)) break;
        this.#epochKnown.set(key, nowMs);
      }
    }
  }

  onEffect(id: NodeId, effect: Effect, nowMs: number): void {
    if (!honest(this.#truth, id)) return;
    if (effect.type === "admit") this.#noteNewcomers(id, effect.identities, nowMs);
    this.#noteShare(id, effect, nowMs);
    if (effect.type !== "claim-changed" || effect.claim.status === "collecting") return;
    const { claim } = effect;
    const episode = `${id} ${roundOf(claim.recipient, claim.epoch)} ${claim.startedAtMs}`;
    if (this.#examined.has(episode)) return;
    this.#examined.add(episode);
    if (claim.status === "failed") return this.#examine(id, claim, nowMs);
    this.#truth.world.scheduler.after(IMPROVED_AFTER_MS, () => this.#examineImproved(id, claim, nowMs));
  }

  #noteNewcomers(id: NodeId, identities: ReadonlySet<string>, nowMs: number): void {
    for (const node of this.#newcomers) {
      const key = `${id} ${node.id}`;
      if (identities.has(node.peer) && !this.#readOf.has(key)) this.#readOf.set(key, nowMs);
    }
  }

  /** A share of a node the collector had not read of is ignored, and must come again by catch-up. */
  #newcomerExcuse(id: NodeId, collector: NodeId, endMs: number): Excuse | null {
    if (this.#truth.world.nodes.get(id)?.active === true) return null;
    if (this.#hasSubnets) return "not active";
    const readMs = this.#readOf.get(`${collector} ${id}`) ?? endMs;
    return readMs + NEWCOMER_GRACE_MS > endMs ? "registered later" : null;
  }

  #noteShare(id: NodeId, effect: Effect, nowMs: number): void {
    for (const share of sharesSent(effect)) {
      const key = `${id} ${roundIn(share)}`;
      this.#published.set(key, [...(this.#published.get(key) ?? []), nowMs]);
    }
  }

  #examineImproved(collector: NodeId, claim: ClaimView, readyMs: number): void {
    const endMs = readyMs + IMPROVE_MS;
    // A collector that died meanwhile serves the bundle it had.
    if (this.#wasDown(collector, { fromMs: readyMs, toMs: endMs + IMPROVED_AFTER_MS })) return;
    const core = this.#truth.agents.get(collector)?.core;
    const final = core?.claim(claim.recipient, claim.epoch, this.#truth.world.scheduler.nowMs);
    if (final === undefined || final === null) return;
    this.#examine(collector, final, endMs);
  }

  #examine(collector: NodeId, claim: ClaimView, endMs: number): void {
    const signers = new Set(claim.signers);
    const during = { fromMs: claim.startedAtMs - CLOCK_START_MS, toMs: endMs };
    for (const id of this.#truth.world.plan.ids) {
      if (!honest(this.#truth, id) || signers.has(id)) continue;
      const excuse = this.#newcomerExcuse(id, collector, endMs) ?? this.#excuse(id, collector, claim, during);
      if (excuse !== null) this.excuses.set(excuse, (this.excuses.get(excuse) ?? 0) + 1);
      else {
        const round = roundOf(claim.recipient, claim.epoch);
        this.#truth.report(
          this.name,
          `the share of honest ${id} is not in ${round} at agent ${collector}, without a reason`,
        );
      }
    }
  }

  #excuse(id: NodeId, collector: NodeId, claim: ClaimView, during: Window): Excuse | null {
    const sent = this.#published.get(`${id} ${roundOf(claim.recipient, claim.epoch)}`) ?? [];
    if (sent.length > 0) return this.#arrivalExcuse(id, collector, sent, during.toMs);
    const { unhealthy } = this.#truth.world.plan;
    const settled = (window: Window): Window => ({ fromMs: window.fromMs, toMs: window.toMs + CATCH_UP_GRACE_MS });
    if (
      (this.#down.get(id) ?? []).some(
        (window) => overlap(settled(window), during) && window.toMs > during.fromMs - 1_000,
      )
    ) {
      return "down";
    }
    // Whoever has read nothing of the chain yet ignores requests instead of holding them: they must come again by
    // catch-up.
    const isNew = this.#truth.world.nodes.get(id)?.active !== true;
    const readyAfterMs = 2 * this.#graceMs + (isNew ? CATCH_UP_GRACE_MS : 0);
    const failing = unhealthy.get(id);
    if (failing !== undefined && overlap({ ...failing, toMs: failing.toMs + readyAfterMs }, during)) {
      if (failing.toMs + readyAfterMs > during.toMs) return "provider unhealthy";
    }
    const knownMs = this.#epochKnown.get(`${id} ${claim.epoch}`) ?? Number.POSITIVE_INFINITY;
    if (knownMs + readyAfterMs > during.toMs) return "behind on blocks";
    const cut = this.#cutWindow(id, collector);
    if (cut !== null && overlap(settled(cut), during) && cut.toMs + CATCH_UP_GRACE_MS > during.toMs) return "cut off";
    return during.toMs - during.fromMs < 2 * this.#graceMs ? "no time" : null;
  }

  /** A share that was sent, and did not come. */
  #arrivalExcuse(id: NodeId, collector: NodeId, sent: readonly number[], endMs: number): Excuse | null {
    const cut = this.#cutWindow(id, collector);
    let excuse: Excuse = "late";
    for (const sentMs of sent) {
      const travel = { fromMs: sentMs, toMs: sentMs + this.#graceMs };
      if (travel.toMs > endMs) continue;
      if (cut !== null && overlap(cut, travel) && cut.toMs + CATCH_UP_GRACE_MS > endMs) excuse = "cut off";
      else if (this.#wasDown(collector, travel)) excuse = "down";
      else return null;
    }
    return excuse;
  }

  /** Inside the smaller side of a partition connections are few: whoever is in it counts as cut off. */
  #cutWindow(a: NodeId, b: NodeId): Window | null {
    const { partitions } = this.#truth.world.plan;
    return partitions.find(({ group }) => group.has(a) || group.has(b))?.window ?? null;
  }

  #wasDown(id: NodeId, during: Window): boolean {
    return (this.#down.get(id) ?? []).some((window) => overlap(window, during));
  }
}
