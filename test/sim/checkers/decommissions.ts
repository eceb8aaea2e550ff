/**
 * No honest node is decommissioned for nothing: each has missed, for a reason in the plan, as many reports as P-60 asks
 * for. Three from the start; one may be enough for a node that has come back.
 */
import type { NodeId } from "@quorate/common";
import { GENESIS } from "../life/calendar.ts";
import { honest } from "./checker.ts";
import type { Hidden } from "./hidden.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

const ABSENCES = { atFirst: 3, onceBack: 1 };

export class Decommissions implements LifeChecker {
  readonly name = "decommissions";
  readonly #truth: LifeTruth;
  readonly #hidden: Hidden;

  /** @param hidden knows who was up and who was present */
  constructor(truth: LifeTruth, hidden: Hidden) {
    this.#truth = truth;
    this.#hidden = hidden;
  }

  finishLife(): void {
    const since = new Map<NodeId, number>();
    for (const event of this.#truth.chain.log) {
      if (event.type !== "nodes-activated" && event.type !== "nodes-decommissioned") continue;
      // A record lands in the epoch after its own, whose lists follow from the judgements on those before it.
      const running = Math.floor((event.timestamp - GENESIS) / this.#truth.calendar.epochSeconds);
      for (const id of event.ids) {
        if (event.type === "nodes-decommissioned" && honest(this.#truth, id)) this.#check(id, since.get(id), running);
        since.set(id, running);
      }
    }
  }

  #check(id: NodeId, backIn: number | undefined, running: number): void {
    let explained = 0;
    for (let epoch = backIn ?? 0; epoch <= running - 2; epoch++) {
      const present = this.#hidden.present(epoch);
      if (present !== null && !present.has(id) && this.#hidden.excuse(id, epoch) !== null) explained += 1;
    }
    const needed = backIn === undefined ? ABSENCES.atFirst : ABSENCES.onceBack;
    if (explained >= needed) return;
    const why = `was up and connected in all but ${explained} reports`;
    this.#truth.report(this.name, `node ${id} is decommissioned in epoch ${running}, and ${why}`);
  }
}
