/**
 * The story of a life run: for each epoch what was recorded, shown, contested and paid, and with which transactions;
 * for each node that something happened to, its presences and changes of state. Enters: what the chain does. Leaves:
 * plain data for `--json`, and a table for people.
 */
import type { NodeId } from "@quorate/common";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import type { Observer } from "../agent.ts";
import type { Hidden } from "../checkers/hidden.ts";
import type { LifeTruth } from "../checkers/life.ts";
import { isHonest } from "../plan.ts";
import type { Transaction, TransactionEnd } from "./chain.ts";

export interface EpochTold {
  readonly epoch: number;
  /** Seconds after the epoch's end; null without a record. */
  recordedAfter: number | null;
  /** Nodes in the first record. */
  signers: number;
  /** Who sent the first record. */
  recordedBy: NodeId | null;
  payableAfter: number | null;
  /** Signers of each showing of this epoch. */
  readonly showings: number[];
  /** Contests that landed while this epoch ran, and drops from the floor. */
  contests: number;
  drops: number;
  activated: readonly NodeId[];
  decommissioned: readonly NodeId[];
  /** Of honest agents, in this epoch's time: those that did something, and those that a block refused. */
  readonly transactions: { included: number; reverted: number; expired: number };
  /** Of liars. */
  liars: number;
}

export interface NodeTold {
  readonly id: NodeId;
  readonly fate: string;
  /**
   * A letter an epoch: P present, M missed, U nobody judged, `.` not registered; then v decommissioned or ^ activated
   * by its record.
   */
  readonly epochs: readonly string[];
}

export interface StoryTold {
  readonly perEpoch: readonly EpochTold[];
  readonly perNode: readonly NodeTold[];
}

export class Story implements Observer {
  readonly #truth: LifeTruth;
  readonly #hidden: Hidden;
  readonly #epochs: EpochTold[] = [];
  readonly #active = new Set<NodeId>();
  readonly #changed = new Set<NodeId>();

  /** @param hidden knows who was present */
  constructor(truth: LifeTruth, hidden: Hidden) {
    this.#truth = truth;
    this.#hidden = hidden;
  }

  onEvents(events: readonly ChainEvent[]): void {
    for (const event of events) this.#take(event);
  }

  onTransaction({ from, call }: Transaction, end: TransactionEnd, nowMs: number): void {
    const told = this.#at(this.#truth.calendar.epochAt(nowMs));
    if (!isHonest(this.#truth.plan, from)) told.liars += 1;
    else told.transactions[end.kind] += 1;
    if (end.kind !== "included") return;
    if (call.type === "contest") told.contests += 1;
    if (call.type === "drop-silent") told.drops += 1;
  }

  /** At the end of the run. */
  tell(): StoryTold {
    const { plan, epochs } = this.#truth;
    const ids = plan.ids.filter((id) => plan.fates.get(id) !== "plain" || this.#changed.has(id));
    return {
      perEpoch: this.#epochs.slice(0, epochs),
      perNode: ids.map((id) => {
        const letters = Array.from({ length: epochs }, (_, epoch) => this.#letters(id, epoch));
        return { id, fate: plan.fates.get(id) ?? "plain", epochs: letters };
      }),
    };
  }

  #letters(id: NodeId, epoch: number): string {
    const present = this.#hidden.present(epoch);
    const { activated = [], decommissioned = [] } = this.#epochs[epoch] ?? {};
    const change = activated.includes(id) ? "^" : decommissioned.includes(id) ? "v" : "";
    if (!this.#hidden.isJudged(id, epoch)) return `.${change}`;
    return `${present === null ? "U" : present.has(id) ? "P" : "M"}${change}`;
  }

  #take(event: ChainEvent): void {
    const { calendar, world } = this.#truth;
    const afterSeconds = (epoch: number): number => (world.scheduler.nowMs - calendar.endMs(epoch)) / 1_000;
    // Lists are those of the record before them, whose epoch has just ended.
    const running = calendar.epochAt(world.scheduler.nowMs);
    switch (event.type) {
      case "report-recorded": {
        if (!event.isFirst) return;
        const told = this.#at(event.epoch);
        told.recordedAfter = afterSeconds(event.epoch);
        told.signers = this.#active.size - event.nonSigners.length + event.extraSigners.length;
        told.recordedBy =
          [...world.nodes.values()].find((node) => node.registered.operator === event.submitter)?.id ?? null;
        return;
      }
      case "node-registered":
        if (event.seeded) this.#active.add(event.id);
        return;
      case "root-payable":
        this.#at(event.epoch).payableAfter = afterSeconds(event.epoch);
        return;
      case "signers-shown":
        this.#at(event.epoch).showings.push(event.signers.length);
        return;
      case "nodes-activated":
        this.#at(running - 1).activated = event.ids;
        for (const id of event.ids) this.#active.add(id);
        for (const id of event.ids) this.#changed.add(id);
        return;
      case "nodes-decommissioned":
        this.#at(running - 1).decommissioned = event.ids;
        for (const id of event.ids) this.#active.delete(id);
        for (const id of event.ids) this.#changed.add(id);
        return;
      default:
        return;
    }
  }

  #at(epoch: number): EpochTold {
    for (let next = this.#epochs.length; next <= epoch; next++) {
      this.#epochs.push({
        ...{ epoch: next, recordedAfter: null, signers: 0, recordedBy: null, payableAfter: null, showings: [] },
        ...{ contests: 0, drops: 0, activated: [], decommissioned: [], liars: 0 },
        transactions: { included: 0, reverted: 0, expired: 0 },
      });
    }
    return this.#epochs[epoch] as EpochTold;
  }
}
