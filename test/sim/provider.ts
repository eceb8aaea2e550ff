/**
 * One agent's chain provider and follower: the chain late by the provider's lag, or nothing but bad health while the
 * provider fails or lies (P-57: the follower notices and the core hears of it). Leaves: the inputs the follower would
 * give.
 */
import type { ChainHead } from "@quorate/common";
import type { Input } from "../../packages/aggregator/src/core/io.ts";
import type { SeenChain } from "./chain.ts";
import { isIn, type Window } from "./plan.ts";

/** How often the follower looks for a new finalised block. */
export const POLL_MS = 500;

export class Provider {
  readonly #chain: SeenChain;
  readonly #lagMs: number;
  readonly #unhealthy: Window | undefined;
  #followed: ChainHead | null;
  #healthy: boolean | null = null;

  /** @param after the head the agent remembers; null for none */
  constructor(chain: SeenChain, lagMs: number, unhealthy: Window | undefined, after: ChainHead | null) {
    this.#chain = chain;
    this.#lagMs = lagMs;
    this.#unhealthy = unhealthy;
    this.#followed = after;
  }

  poll(nowMs: number): Input[] {
    if (this.#unhealthy !== undefined && isIn(this.#unhealthy, nowMs)) {
      const wasHealthy = this.#healthy;
      this.#healthy = false;
      if (wasHealthy === false) return [];
      const detail = "providers disagree on a block hash";
      return [{ type: "chain-health", health: { healthy: false, code: "CHAIN_UNHEALTHY", detail } }];
    }
    const inputs: Input[] = [];
    const head = this.#chain.headAt(nowMs - this.#lagMs);
    if (this.#followed === null || head.number > this.#followed.number) {
      inputs.push({ type: "chain", events: this.#chain.between(this.#followed, head), head });
      this.#followed = head;
    }
    if (this.#healthy !== true) inputs.push({ type: "chain-health", health: { healthy: true } });
    this.#healthy = true;
    return inputs;
  }
}
