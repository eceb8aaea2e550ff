/**
 * Claims while reports are collected: each ends, with a bundle or with a reason that names only nodes that could not
 * sign; and from the epoch on whose root has to be payable each ends with a bundle. What an agent accepted it never
 * forgets.
 */
import type { LifeClaim } from "../life/claims.ts";
import { honest } from "./checker.ts";
import type { Hidden } from "./hidden.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";
import { payableFrom } from "./payability.ts";

export class LifeClaims implements LifeChecker {
  readonly name = "claims";
  readonly #truth: LifeTruth;
  readonly #hidden: Hidden;
  readonly #claims: readonly LifeClaim[];

  /** @param hidden knows who was up */
  constructor(truth: LifeTruth, hidden: Hidden, claims: readonly LifeClaim[]) {
    this.#truth = truth;
    this.#hidden = hidden;
    this.#claims = claims;
  }

  finishLife(): void {
    const from = payableFrom(this.#truth);
    for (const claim of this.#claims) {
      const problem = this.#problem(claim, from);
      const { staker, epoch } = claim;
      const who = `the claim of ${staker.recipient} after epoch ${epoch} at agent ${staker.agent.node.id}`;
      if (problem !== null) this.#truth.report(this.name, `${who} ${problem}`);
      if (staker.lost > 0)
        this.#truth.report(this.name, `${who} was accepted and then forgotten, ${staker.lost} times`);
    }
  }

  #problem({ epoch, staker: { outcome, agent } }: LifeClaim, from: number): string | null {
    if (outcome?.kind === "bundle") return null;
    // An agent that is down answers nobody, and its staker gives up with its epoch.
    if (this.#hidden.excuse(agent.node.id, epoch) !== null) return null;
    if (outcome === null) return "has not ended";
    if (outcome.kind === "refused") return `is refused for good: ${outcome.code}`;
    const missing = outcome.missing.join(", ");
    if (epoch >= from) return `found no quorum, though one was in reach from epoch ${from} on; missing: ${missing}`;
    const unexplained = outcome.missing.filter(
      (id) => honest(this.#truth, id) && this.#hidden.excuse(id, epoch) === null,
    );
    return unexplained.length === 0 ? null : `says that able nodes are missing: ${unexplained.join(", ")}`;
  }
}
