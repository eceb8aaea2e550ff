/**
 * After the faults heal, every claim of an honest staker has ended: with a bundle, which it must where honest stake
 * alone is a quorum; or with a reason that names only nodes that are silent or lie. And no claim that an agent accepted
 * is lost, whatever happened to it.
 */
import type { Staker } from "../staker.ts";
import { type Checker, honest, type Truth } from "./checker.ts";

export class Liveness implements Checker {
  readonly name = "liveness";
  readonly #truth: Truth;

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  finish(stakers: readonly Staker[], nowMs: number): void {
    const inReach = honestQuorum(this.#truth);
    for (const staker of stakers) {
      const problem = this.#problem(staker, inReach);
      const who = `the claim of ${staker.recipient} at agent ${staker.agent.node.id}`;
      if (problem !== null) this.#truth.report(this.name, `${who} ${problem}`);
      if (staker.outcome?.kind === "bundle" && !isServed(staker, nowMs)) {
        this.#truth.report(this.name, `${who} had a bundle, which is not served at the end`);
      }
      if (staker.lost > 0)
        this.#truth.report(this.name, `${who} was accepted and then forgotten, ${staker.lost} times`);
    }
  }

  #problem({ outcome }: Staker, inReach: boolean): string | null {
    if (outcome === null) return "has not ended";
    if (outcome.kind === "bundle") return null;
    if (outcome.kind === "refused") return `is refused for good: ${outcome.code}`;
    if (inReach) return `found no quorum, though honest stake is one; missing: ${outcome.missing.join(", ")}`;
    const unexplained = outcome.missing.filter((id) => honest(this.#truth, id));
    return unexplained.length === 0 ? null : `says that honest nodes are missing: ${unexplained.join(", ")}`;
  }
}

/** What was there once is there after every crash, as long as its epoch is in the window (every run is shorter). */
function isServed({ agent, recipient, epoch }: Staker, nowMs: number): boolean {
  // An agent that is down at the end of the run is not asked.
  return agent.core === null || agent.core.claim(recipient, epoch, nowMs)?.bundle != null;
}

/** Whether the active honest nodes alone are 9500 bps. */
export function honestQuorum(truth: Truth): boolean {
  const active = [...truth.world.nodes.values()].filter((node) => node.active);
  const able = active.filter(({ id }) => honest(truth, id));
  return able.length * 10_000 >= active.length * 9_500;
}
