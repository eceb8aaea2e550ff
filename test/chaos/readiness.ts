/**
 * What agents say of themselves while a run goes on. In: a network. Out: the times at which an agent's /readyz said that
 * it could serve no claim (P-126), or at which it did not answer. Not its job: what that excuses.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "@quorate/common";
import type { LocalNetwork } from "../harness/network.ts";

const LOOK_MS = 3_000;

export interface NotReadyAt {
  readonly id: NodeId;
  readonly atMs: number;
  /** The codes it gave, or that it was silent. */
  readonly why: string;
}

export class ReadinessWatch {
  readonly seen: NotReadyAt[] = [];
  readonly #network: LocalNetwork;
  readonly #nowMs: () => number;

  constructor(network: LocalNetwork, nowMs: () => number) {
    this.#network = network;
    this.#nowMs = nowMs;
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#network.nodes.map(({ id }) => this.#look(id)));
      await sleep(LOOK_MS);
    }
  }

  async #look(id: NodeId): Promise<void> {
    const askedAtMs = this.#nowMs();
    const agent = this.#network.agents.find((running) => running.id === id);
    const answer = await agent?.client.ready().catch(() => undefined);
    if (answer?.ready === true) return;
    const why = answer === undefined ? "silent" : (answer.causes ?? []).map(({ code }) => code).join(" ");
    // Late answers are of some moment in between.
    for (const atMs of new Set([askedAtMs, this.#nowMs()])) this.seen.push({ id, atMs, why });
  }
}
