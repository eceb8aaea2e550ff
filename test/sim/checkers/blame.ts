/**
 * Blame falls on liars alone (P-83): an honest agent that forwarded what it had checked is never blamed, and nothing an
 * honest agent sends is rejected.
 */
import type { NodeId } from "@quorate/common";
import type { Effect, Input } from "../../../packages/aggregator/src/core/io.ts";
import { type Checker, honest, type Truth } from "./checker.ts";

export class Blame implements Checker {
  readonly name = "blame";
  readonly #truth: Truth;
  /** Who sent the messages that wait for a verdict, by agent and handle. */
  readonly #from = new Map<string, NodeId>();
  /** Blames by code, for the summary. */
  readonly counts = new Map<string, number>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  onStep(id: NodeId, input: Input, effects: readonly Effect[]): void {
    if (!honest(this.#truth, id)) return;
    if (input.type === "gossip") this.#from.set(`${id} ${input.handle}`, this.#truth.world.idOf.get(input.from) ?? 0);
    for (const effect of effects) {
      if (effect.type === "blame") this.#blamed(id, this.#truth.world.idOf.get(effect.peer) ?? 0, effect.code);
      if (effect.type !== "verdict") continue;
      const key = `${id} ${effect.handle}`;
      const from = this.#from.get(key) ?? 0;
      this.#from.delete(key);
      if (effect.verdict === "reject" && honest(this.#truth, from)) {
        this.#truth.report(this.name, `agent ${id} rejects what honest ${from} sent: ${effect.code}`);
      }
    }
  }

  #blamed(id: NodeId, peer: NodeId, code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
    if (honest(this.#truth, peer)) this.#truth.report(this.name, `agent ${id} blames honest ${peer}: ${code}`);
  }
}
