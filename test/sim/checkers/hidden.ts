/**
 * Nobody is hidden: an honest node that was up and connected when an epoch's report was signed has signed it, and
 * stands in a record or a counting showing of that epoch (P-56, P-75, P-93). Presence is counted by the second
 * implementation that the contracts' tests have, from the chain's log.
 */
import { fromHex, type NodeId, sumsOf } from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import { EpochPresence, type PresenceEvent } from "../../../packages/contracts/test/presence.ts";
import { GENESIS } from "../life/calendar.ts";
import { sharesSent } from "../messages.ts";
import { overlap, type Window } from "../plan.ts";
import { honest } from "./checker.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

/** Part of the epoch in which a node has to be up and connected for its absence to need an explanation. */
const WATCHED_PART = 0.75;
/** Part of the epoch in which its share has to be out: providers lag, and a tree may be lost twice. */
const SENT_PART = 0.4;

export class Hidden implements LifeChecker {
  readonly name = "hidden";
  readonly #truth: LifeTruth;
  readonly #downSince = new Map<NodeId, number>();
  readonly #down = new Map<NodeId, Window[]>();
  /** When a node first published its share of a report, by node and epoch. */
  readonly #sentMs = new Map<string, number>();
  readonly #presences = new Map<number, ReadonlySet<NodeId> | null>();

  constructor(truth: LifeTruth) {
    this.#truth = truth;
    for (const id of truth.plan.ids) this.#downSince.set(id, 0);
  }

  onUp(id: NodeId, nowMs: number): void {
    const fromMs = this.#downSince.get(id) ?? nowMs;
    this.#downSince.delete(id);
    this.#down.set(id, [...(this.#down.get(id) ?? []), { fromMs, toMs: nowMs }]);
  }

  onDown(id: NodeId, nowMs: number): void {
    this.#downSince.set(id, nowMs);
  }

  onEffect(id: NodeId, effect: Effect, nowMs: number): void {
    for (const { kind, epoch } of sharesSent(effect)) {
      const key = `${id} ${epoch}`;
      if (kind === "EpochReport" && !this.#sentMs.has(key)) this.#sentMs.set(key, nowMs);
    }
  }

  /** Why a node may be missing from an epoch's records and showings; null for none. */
  excuse(id: NodeId, epoch: number): string | null {
    const { plan, calendar } = this.#truth;
    const fromMs = calendar.endMs(epoch);
    const watched = { fromMs, toMs: fromMs + WATCHED_PART * calendar.epochMs };
    const downSince = this.#downSince.get(id);
    const down = [
      ...(this.#down.get(id) ?? []),
      ...(downSince === undefined ? [] : [{ fromMs: downSince, toMs: Infinity }]),
    ];
    const unhealthy = plan.unhealthy.get(id);
    if (!this.isJudged(id, epoch)) return "registered later";
    if (down.some((window) => overlap(window, watched))) return "down";
    if (unhealthy !== undefined && overlap(unhealthy, watched)) return "provider unhealthy";
    return plan.partitions.some(({ group, window }) => group.has(id) && overlap(window, watched)) ? "cut off" : null;
  }

  isJudged(id: NodeId, epoch: number): boolean {
    const node = this.#truth.chain.contract.set.nodes[id - 1];
    return node !== undefined && node.registeredAt < GENESIS + (epoch + 1) * this.#truth.calendar.epochSeconds;
  }

  /** Who was present in an epoch when it was judged; null when it had no record. */
  present(epoch: number): ReadonlySet<NodeId> | null {
    const known = this.#presences.get(epoch);
    if (known !== undefined) return known;
    const { chain, calendar, world } = this.#truth;
    const endsAt = GENESIS + (epoch + 1) * calendar.epochSeconds;
    const fold = new EpochPresence(sumsOf(world.scheme));
    let hasEnded = false;
    let isRecorded = false;
    for (const event of chain.log) {
      if (event.timestamp >= endsAt + calendar.epochSeconds) break;
      if (event.timestamp >= endsAt && !hasEnded) {
        fold.apply({ kind: "ended" });
        hasEnded = true;
      }
      const told = presenceEvent(event, epoch);
      isRecorded ||= told?.kind === "recorded";
      if (told !== null) fold.apply(told);
    }
    const present = isRecorded ? fold.present : null;
    this.#presences.set(epoch, present);
    return present;
  }

  finishLife(): void {
    for (let epoch = 0; epoch < this.#truth.epochs; epoch++) {
      const present = this.present(epoch);
      for (const id of this.#truth.plan.ids) {
        if (honest(this.#truth, id) && this.excuse(id, epoch) === null) this.#check(id, epoch, present);
      }
    }
  }

  #check(id: NodeId, epoch: number, present: ReadonlySet<NodeId> | null): void {
    const { calendar } = this.#truth;
    const afterMs = (this.#sentMs.get(`${id} ${epoch}`) ?? Infinity) - calendar.endMs(epoch);
    if (afterMs > SENT_PART * calendar.epochMs) {
      this.#truth.report(this.name, `node ${id} was up, and signed the report of epoch ${epoch} after ${afterMs} ms`);
    } else if (present !== null && !present.has(id)) {
      this.#truth.report(this.name, `node ${id} signed the report of epoch ${epoch} and is in no record or showing`);
    }
  }
}

/** What an event says to the fold of one epoch; null for nothing. */
function presenceEvent(event: ChainEvent, epoch: number): PresenceEvent | null {
  switch (event.type) {
    case "node-registered":
      return { kind: "registered", id: event.id, isActive: event.seeded };
    case "nodes-activated":
      return { kind: "activated", ids: event.ids };
    case "nodes-decommissioned":
      return { kind: "decommissioned", ids: event.ids };
    case "node-exited":
      return { kind: "exited", id: event.id };
    case "report-recorded": {
      const { isFirst, nonSigners, extraSigners } = event;
      const signature = fromHex(event.signature);
      return event.epoch === epoch ? { kind: "recorded", isFirst, signature, nonSigners, extraSigners } : null;
    }
    case "signers-shown":
      return event.epoch === epoch
        ? { kind: "shown", signature: fromHex(event.signature), signers: event.signers }
        : null;
    default:
      return null;
  }
}
