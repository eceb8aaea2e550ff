/**
 * What carries bytes from one node to another: each node's uplink, on which its sends wait for each other, then the
 * way, which takes its time. Faults apply to each message: loss, duplication, delay, reordering, partition. Not here:
 * who is connected to whom (network.ts).
 */
import type { NodeId } from "@quorate/common";
import type { FaultOptions } from "./options.ts";
import { isIn, type Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import { wayMs } from "./regions.ts";
import type { Scheduler } from "./scheduler.ts";

/** Bytes a millisecond of one Mbit/s. */
const MBIT = 125;

/** 10 Mbit/s: a small server's. */
const USUAL_UPLINK: number = 10 * MBIT;

/** From a bad line at home to a rented server's; drawn evenly on a logarithmic scale. */
const UPLINK_MIN: number = 5 * MBIT;
const UPLINK_MAX: number = 1_000 * MBIT;

/** What a delayed message takes, in longest latencies. */
const DELAY_FACTOR = 10;

export class Links {
  /** Bytes sent by each node, of every kind. */
  readonly sentBytes = new Map<NodeId, number>();
  /** And what reached each. */
  readonly receivedBytes = new Map<NodeId, number>();
  readonly #faults: FaultOptions;
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** When a node's uplink has sent all it was given so far. */
  readonly #freeAtMs = new Map<NodeId, number>();
  /** Bytes a millisecond; those not in it have the usual one. */
  readonly #uplinks = new Map<NodeId, number>();

  /** By link and direction, when the last message of a stream arrives. */
  readonly #lastMs = new Map<string, number>();

  constructor(faults: FaultOptions, plan: Plan, scheduler: Scheduler, random: Random) {
    this.#faults = faults;
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.#random = random;
    if (faults.bandwidth !== "spread") return;
    const drawn = random.fork("uplinks");
    for (const id of plan.ids) this.#uplinks.set(id, UPLINK_MIN * (UPLINK_MAX / UPLINK_MIN) ** drawn.float());
  }

  /** Milliseconds of one way. */
  wayMs(from: NodeId, to: NodeId): number {
    if (this.#faults.regions === true) return wayMs(from, to, this.#random);
    return this.#random.between(this.#faults.latencyMs.min, this.#faults.latencyMs.max);
  }

  isCut(a: NodeId, b: NodeId): boolean {
    return this.#plan.partitions.some(({ window, group }) => {
      return group.has(a) !== group.has(b) && isIn(window, this.#scheduler.nowMs);
    });
  }

  /** As a stream does: what is sent later arrives later. */
  sendInOrder(from: NodeId, to: NodeId, bytes: number, arrive: () => void): void {
    const link = `${from}>${to}`;
    this.#send(from, to, bytes, false, arrive, (arriveMs) => {
      const inOrderMs = Math.max(arriveMs, this.#lastMs.get(link) ?? 0);
      this.#lastMs.set(link, inOrderMs);
      return inOrderMs;
    });
  }

  send(from: NodeId, to: NodeId, bytes: number, repeatable: boolean, arrive: () => void): void {
    this.#send(from, to, bytes, repeatable, arrive, (arriveMs) => arriveMs);
  }

  /**
   * Every draw of chance happens whatever the outcome of the others, so that one fault more changes as little as it
   * can.
   */
  #send(
    from: NodeId,
    to: NodeId,
    bytes: number,
    repeatable: boolean,
    arrive: () => void,
    placed: (arriveMs: number) => number,
  ): void {
    add(this.sentBytes, from, bytes);
    const { nowMs } = this.#scheduler;
    const sentMs = Math.max(nowMs, this.#freeAtMs.get(from) ?? 0) + bytes / (this.#uplinks.get(from) ?? USUAL_UPLINK);
    this.#freeAtMs.set(from, sentMs);
    const { loss, duplicate, delay, latencyMs } = this.#faults;
    const healed = nowMs >= this.#plan.healMs;
    const lost = this.#random.chance(healed ? 0 : loss);
    const copies = this.#random.chance(healed ? 0 : duplicate) && repeatable ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const slow = this.#random.chance(healed ? 0 : delay) ? DELAY_FACTOR * latencyMs.max : 0;
      const arriveMs = sentMs + this.wayMs(from, to) + slow;
      if (lost || this.isCut(from, to)) continue;
      this.#scheduler.at(placed(arriveMs), () => {
        add(this.receivedBytes, to, bytes);
        arrive();
      });
    }
  }
}

function add(to: Map<NodeId, number>, id: NodeId, bytes: number): void {
  to.set(id, (to.get(id) ?? 0) + bytes);
}
