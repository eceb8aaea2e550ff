/**
 * Bounds that anyone outside could push at are kept (P-88): what the core's limits.ts promises, as far as it shows in
 * effects and status. Catch-up is not decoded here: whoever gets it does that, and blames the sender for what it cannot
 * read, which the blame checker sees.
 */
import {
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  type NodeId,
} from "@quorate/common";
import type { Effect, Input } from "../../../packages/aggregator/src/core/io.ts";
import * as limits from "../../../packages/aggregator/src/core/limits.ts";
import { type Checker, honest, type Truth } from "./checker.ts";

/** One step in so many looks at the status too: it costs more than most steps. */
const LOOK_EVERY_STEPS = 500;

interface Load {
  unanswered: number;
  verifying: boolean;
  steps: number;
  lastAskMs: number;
}

export class Bounds implements Checker {
  readonly name = "bounds";
  readonly #truth: Truth;
  readonly #loads = new Map<NodeId, Load>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  onUp(id: NodeId): void {
    this.#loads.set(id, { unanswered: 0, verifying: false, steps: 0, lastAskMs: Number.NEGATIVE_INFINITY });
  }

  onStep(id: NodeId, input: Input, effects: readonly Effect[], nowMs: number): void {
    const load = this.#loads.get(id);
    if (load === undefined || !honest(this.#truth, id)) return;
    if (input.type === "gossip") load.unanswered += 1;
    if (input.type === "verified") load.verifying = false;
    for (const effect of effects) this.#checkEffect(id, load, effect);
    const asks = effects.filter(({ type }) => type === "catch-up-ask").length;
    if (asks > 0) this.#checkAsks(id, load, asks, nowMs);
    const waitingMax = limits.VERIFY_QUEUE_MAX + limits.VERIFY_BATCH_MAX;
    this.#within(id, "gossip messages without a verdict", load.unanswered, waitingMax);
    if (load.steps++ % LOOK_EVERY_STEPS !== 0) return;
    const status = this.#truth.agents.get(id)?.core?.status();
    if (status !== undefined) this.#within(id, "rounds", status.rounds, limits.ROUNDS_MAX);
  }

  #checkEffect(id: NodeId, load: Load, effect: Effect): void {
    switch (effect.type) {
      case "verdict":
        load.unanswered -= 1;
        return;
      case "publish":
        return this.#within(id, "bytes of a gossip message", effect.data.length, MAX_GOSSIP_BYTES);
      case "verify": {
        if (load.verifying) this.#truth.report(this.name, `agent ${id} has two verifications under way`);
        load.verifying = true;
        const shares = effect.groups.reduce((sum, { items }) => sum + items.length, 0);
        return this.#within(id, "shares in a verification", shares, limits.VERIFY_BATCH_MAX);
      }
      case "catch-up-ask":
        return this.#within(id, "bytes of a catch-up request", effect.data.length, MAX_CATCH_UP_REQUEST_BYTES);
      case "catch-up-reply":
        this.#within(id, "bytes of a catch-up answer", effect.data.length, MAX_CATCH_UP_RESPONSE_BYTES);
        return this.#within(id, "shares in a catch-up answer", sharesIn(effect.data), limits.CATCH_UP_SHARES_MAX);
      case "claim-changed": {
        const of = new Map<NodeId, number>();
        for (const { nodeId } of effect.claim.disagreements) of.set(nodeId, (of.get(nodeId) ?? 0) + 1);
        return this.#within(id, "amounts of one node", Math.max(0, ...of.values()), limits.OTHERS_PER_NODE_MAX);
      }
      default:
        return;
    }
  }

  /** At ticks only, which a busy processor delays: the gap between two may be a little less than a tick. */
  #checkAsks(id: NodeId, load: Load, asks: number, nowMs: number): void {
    // Beside them those who are asked for signatures that an own round lacks (P-134).
    this.#within(id, "peers asked at one tick", asks, limits.CATCH_UP_PEERS + limits.PULLS_PER_TICK);
    const gapMs = nowMs - load.lastAskMs;
    load.lastAskMs = nowMs;
    if (gapMs < limits.TICK_MS / 2)
      this.#truth.report(this.name, `agent ${id} asks for catch-up again after ${gapMs} ms`);
  }

  #within(id: NodeId, what: string, value: number, max: number): void {
    if (value > max) this.#truth.report(this.name, `agent ${id}: ${value} ${what}, more than ${max}`);
  }
}

/** A length-delimited field 2 (messages.proto, CatchUpResponse.shares). */
const SHARES_TAG = 0x12;

/** How many shares are in a catch-up answer, by its fields' lengths alone. All of its fields are length-delimited. */
function sharesIn(data: Uint8Array): number {
  let shares = 0;
  for (let at = 0; at < data.length; ) {
    if (data[at++] === SHARES_TAG) shares += 1;
    let length = 0;
    for (let shift = 0, more = true; more && at < data.length; shift += 7) {
      const byte = data[at++] as number;
      length += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    at += length;
  }
  return shares;
}
