/**
 * The network heals: from a stated epoch on every report is recorded and its root payable. docs/simulation.md has the reasons for the bound.
 */
import { muteNodes } from "../life/plan.ts";
import { quorumSlack } from "../plan.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

/** A node that is absent from epoch 0 on is listed by the report of epoch 3, and out when epoch 4 is reported (P-60, P-62). */
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

  constructor(truth: LifeTruth) {
    this.#truth = truth;
  }

  finishLife(): void {
    const { chain, epochs } = this.#truth;
    const from = payableFrom(this.#truth);
    for (let epoch = from; epoch < epochs; epoch++) {
      const record = chain.contract.records.get(epoch);
      if (record?.isPayable === true) continue;
      const what = record === undefined ? "has no record" : "is not payable";
      this.#truth.report(this.name, `the report of epoch ${epoch} ${what}, and all from ${from} on should be`);
    }
  }
}
