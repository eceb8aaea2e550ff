/**
 * One digest for each node and round, ever, over all its lives; on disk before it is signed, and before anything of it
 * is published (P-71).
 */
import { digestOf, type Hex, type NodeId, roundKey, type Share, toHex } from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";
import { roundIn, sharesIn } from "../messages.ts";
import { type Checker, honest, type Truth } from "./checker.ts";

export class Promises implements Checker {
  readonly name = "promises";
  readonly #truth: Truth;
  /** What each agent's disk must hold, from the persists that were carried out: not read from the disk. */
  readonly #durable = new Map<NodeId, Map<string, Hex>>();
  readonly #shares = new Map<string, Hex>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  onEffect(id: NodeId, effect: Effect): void {
    if (!honest(this.#truth, id)) return;
    if (effect.type === "persist") {
      for (const record of effect.records)
        if (record.type === "signing") this.#record(id, roundKey(record.id), record.digest);
    } else if (effect.type === "sign") {
      const digest = toHex(effect.digest);
      if (![...this.#signings(id).values()].includes(digest))
        this.#report(id, `signs ${digest}, which is not on its disk`);
    } else if (effect.type === "publish" || effect.type === "direct") {
      for (const share of sharesIn(effect.data)) this.#published(id, share);
    }
  }

  #record(id: NodeId, round: string, digest: Hex): void {
    const known = this.#signings(id).get(round);
    if (known !== undefined && known !== digest) this.#report(id, `records ${digest} for ${round}, after ${known}`);
    this.#signings(id).set(round, digest);
  }

  #published(id: NodeId, share: Share): void {
    if (share.nodeId !== id) this.#report(id, `publishes a share of node ${share.nodeId} as its own`);
    const round = roundIn(share);
    const digest = toHex(digestOf(this.#truth.world.domain, share.kind, share.message));
    if (this.#signings(id).get(round) !== digest) {
      this.#report(id, `publishes a share over ${digest} in ${round} that is not on its disk`);
    }
    const signature = toHex(share.signature);
    const before = this.#shares.get(`${id} ${round}`);
    if (before !== undefined && before !== signature) this.#report(id, `publishes two different shares in ${round}`);
    this.#shares.set(`${id} ${round}`, signature);
  }

  #signings(id: NodeId): Map<string, Hex> {
    const signings = this.#durable.get(id) ?? new Map<string, Hex>();
    this.#durable.set(id, signings);
    return signings;
  }

  #report(id: NodeId, detail: string): void {
    this.#truth.report(this.name, `agent ${id} ${detail}`);
  }
}
