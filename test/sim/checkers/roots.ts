/**
 * Money: an epoch has at most one payable root, and it is the root of what everyone is owed at that epoch's close, by a
 * ledger and a tree of the checker's own (P-40, P-41, P-51).
 */
import { buildRewardsTree, type ChainHead } from "@quorate/common";
import { amountsAt } from "../../../packages/aggregator/src/core/ledger/amounts.ts";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, emptyLedger } from "../../../packages/aggregator/src/core/ledger/ledger.ts";
import { nodeOf } from "../../../packages/aggregator/src/core/ledger/nodes.ts";
import { GENESIS } from "../life/calendar.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

export class Roots implements LifeChecker {
  readonly name = "roots";
  readonly #truth: LifeTruth;
  readonly #payable = new Map<number, Extract<ChainEvent, { type: "root-payable" }>>();

  constructor(truth: LifeTruth) {
    this.#truth = truth;
  }

  onEvents(events: readonly ChainEvent[]): void {
    for (const event of events) {
      if (event.type !== "root-payable") continue;
      if (this.#payable.has(event.epoch)) this.#truth.report(this.name, `epoch ${event.epoch} has two payable roots`);
      this.#payable.set(event.epoch, event);
    }
  }

  finishLife(): void {
    const { chain, calendar, epochs, world } = this.#truth;
    const state = emptyLedger();
    const admit = nodeOf(world.domain, world.verifyIdentity);
    let from = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const timestamp = GENESIS + (epoch + 1) * calendar.epochSeconds;
      const next = chain.log.findIndex((event) => event.timestamp >= timestamp);
      const to = next === -1 ? chain.log.length : next;
      advanceLedger(state, chain.log.slice(from, to), headAt(timestamp), admit);
      from = to;
      const payable = this.#payable.get(epoch);
      if (payable === undefined) continue;
      const { root } = buildRewardsTree(amountsAt(state, epoch));
      if (root === payable.rewardsRoot && state.totalOwed === payable.totalOwed) continue;
      const right = `${root}, with ${state.totalOwed} owed`;
      const said = `${payable.rewardsRoot}, with ${payable.totalOwed}`;
      this.#truth.report(this.name, `the payable root of epoch ${epoch} is ${said}, and the right one ${right}`);
    }
  }
}

function headAt(timestamp: number): ChainHead {
  return { number: timestamp, hash: `0x${timestamp.toString(16).padStart(64, "0")}`, timestamp };
}
