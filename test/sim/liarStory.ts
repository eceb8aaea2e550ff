/**
 * What came of each liar: who blamed it for what, who parted from it, and in how many claims its own share ended.
 * Enters: the run's steps. Leaves: plain data.
 */
import type { NodeId } from "@quorate/common";
import { Conduct } from "../../packages/aggregator/src/adapters/libp2p/conduct.ts";
import type { Effect } from "../../packages/aggregator/src/core/io.ts";
import type { Observer } from "./agent.ts";
import { honest, type Truth } from "./checkers/checker.ts";
import type { ClaimTold } from "./claimStory.ts";

export interface LiarTold {
  readonly id: NodeId;
  readonly way: string;
  /** Blames by honest agents, by code. */
  readonly blames: Readonly<Record<string, number>>;
  /** Honest agents that have parted from it. */
  readonly bannedBy: number;
  /** Claims that ended with its share, of those that ended. */
  readonly signed: number;
  readonly claims: number;
}

export class LiarStory implements Observer {
  readonly #truth: Truth;
  readonly #blames = new Map<NodeId, Map<string, number>>();
  /** As each agent counts them, were it never to crash. */
  readonly #conducts = new Map<NodeId, Conduct>();
  readonly #banned = new Map<NodeId, Set<NodeId>>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  onStep(id: NodeId, _input: unknown, effects: readonly Effect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.type !== "blame" || !honest(this.#truth, id)) continue;
      const liar = this.#truth.world.idOf.get(effect.peer);
      if (liar === undefined) continue;
      const codes = this.#blames.get(liar) ?? new Map<string, number>();
      codes.set(effect.code, (codes.get(effect.code) ?? 0) + 1);
      this.#blames.set(liar, codes);
      const conduct = this.#conducts.get(id) ?? new Conduct();
      this.#conducts.set(id, conduct);
      if (conduct.blame(effect.peer, nowMs)) this.#banned.set(liar, (this.#banned.get(liar) ?? new Set()).add(id));
    }
  }

  tell(claims: readonly ClaimTold[]): LiarTold[] {
    const ended = claims.filter(({ end }) => end === "bundle" || end === "failed");
    return [...this.#truth.world.plan.byzantine]
      .sort(([a], [b]) => a - b)
      .map(([id, way]) => ({
        id,
        way,
        blames: Object.fromEntries(this.#blames.get(id) ?? []),
        bannedBy: this.#banned.get(id)?.size ?? 0,
        signed: ended.filter(({ missing }) => missing.every((node) => node.id !== id)).length,
        claims: ended.length,
      }));
  }
}
