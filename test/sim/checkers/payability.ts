/**
 * The network lives: an epoch whose report enough nodes could sign has a record (P-90). And it heals: from a stated
 * epoch on every root is payable. docs/simulation.md has the reasons for the bound.
 */
import { REPORT_QUORUM_BPS } from "@quorate/common";
import { GENESIS } from "../life/calendar.ts";
import { muteNodes } from "../life/plan.ts";
import { quorumSlack } from "../plan.ts";
import { honest } from "./checker.ts";
import type { Hidden } from "./hidden.ts";
import { activeBefore, type LifeChecker, type LifeTruth } from "./life.ts";

/**
 * A node that is absent from epoch 0 on is listed by the report of epoch 3, and out when epoch 4 is reported (P-60,
 * P-62).
 */
const FIRST_DECOMMISSIONED = 4;
/** What healing itself takes: the report of the epoch in which faults ended, and one more. */
const RECOVERY_EPOCHS = 2;

/** The first epoch whose root has to be payable. */
export function payableFrom({ plan }: Pick<LifeTruth, "plan">): number {
  const active = plan.ids.length - plan.registersMs.size;
  const others = [...plan.fates.values()].filter((fate) => fate === "dead" || fate === "turns").length;
  // Those who are away, too, may be ahead of the mute ones in the lists.
  const away = Math.max(0, muteNodes(plan).length + others - quorumSlack(active));
  const perEpoch = Math.max(1, Math.floor(active * 0.02));
  return Math.max(plan.healEpoch, FIRST_DECOMMISSIONED + Math.ceil(away / perEpoch)) + RECOVERY_EPOCHS;
}

export class Payability implements LifeChecker {
  readonly name = "payability";
  readonly #truth: LifeTruth;
  readonly #hidden: Hidden;

  /** @param hidden knows who was up */
  constructor(truth: LifeTruth, hidden: Hidden) {
    this.#truth = truth;
    this.#hidden = hidden;
  }

  finishLife(): void {
    const { chain, epochs, plan } = this.#truth;
    const from = payableFrom(this.#truth);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const record = chain.contract.records.get(epoch);
      const able = plan.ids.filter((id) => honest(this.#truth, id) && this.#hidden.excuse(id, epoch) === null);
      const endsAt = GENESIS + (epoch + 1) * this.#truth.calendar.epochSeconds;
      const active = activeBefore(chain.log, ({ timestamp }) => timestamp >= endsAt);
      const signed = able.filter((id) => active.has(id)).length;
      const isEnough = BigInt(signed) * 10_000n >= BigInt(active.size) * REPORT_QUORUM_BPS;
      if (record === undefined && isEnough && able.some((id) => plan.accounts.has(id))) {
        const could = `${signed} of ${active.size} active nodes were up and connected`;
        this.#truth.report(this.name, `the report of epoch ${epoch} has no record, though ${could}`);
      }
      if (epoch < from || record?.isPayable === true) continue;
      this.#truth.report(this.name, `the root of epoch ${epoch} is not payable, and all from ${from} on should be`);
    }
  }
}
