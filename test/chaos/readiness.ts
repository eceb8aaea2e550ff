/**
 * What agents say of themselves while a run goes on. In: a network. Out: the times at which an agent's /readyz said
 * that it could serve no claim (P-126), or at which it did not answer soon, as on a machine that others use; and for
 * how long all answered soon. Not its job: what that excuses.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "@quorate/common";
import type { LocalNetwork } from "../harness/network.ts";

const LOOK_MS = 3_000;
/** An answer costs a millisecond: an agent that takes so long for it has no processor to speak of. */
const SLOW_MS = 1_000;

export interface NotReadyAt {
  readonly id: NodeId;
  readonly atMs: number;
  /** The codes it gave, or that it was silent or slow. */
  readonly why: string;
}

export interface WatchedNetwork {
  readonly nodes: readonly Pick<LocalNetwork["nodes"][number], "id">[];
  /** Those that run. */
  readonly agents: readonly Pick<LocalNetwork["agents"][number], "id" | "client">[];
}

export class ReadinessWatch {
  readonly seen: NotReadyAt[] = [];
  #swiftMs = 0;
  readonly #network: WatchedNetwork;
  readonly #nowMs: () => number;

  constructor(network: WatchedNetwork, nowMs: () => number) {
    this.#network = network;
    this.#nowMs = nowMs;
  }

  /** Milliseconds, of those watched, in which every agent that ran answered soon, whatever it said. */
  get swiftMs(): number {
    return this.#swiftMs;
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const fromMs = this.#nowMs();
      const swift = await Promise.all(this.#network.nodes.map(({ id }) => this.#look(id)));
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      if (swift.every((isSwift) => isSwift)) this.#swiftMs += this.#nowMs() - fromMs;
    }
  }

  /** Whether it answered soon; one that does not run is nobody's burden. */
  async #look(id: NodeId): Promise<boolean> {
    const askedAtMs = this.#nowMs();
    const agent = this.#network.agents.find((running) => running.id === id);
    const answer = await agent?.client.ready().catch(() => undefined);
    const isSwift = this.#nowMs() - askedAtMs < SLOW_MS;
    if (answer?.ready === true && isSwift) return true;
    const why = answer === undefined ? "silent" : (answer.causes ?? []).map(({ code }) => code).join(" ") || "slow";
    // Late answers are of some moment in between.
    for (const atMs of new Set([askedAtMs, this.#nowMs()])) this.seen.push({ id, atMs, why });
    return agent === undefined || (answer !== undefined && isSwift);
  }
}
