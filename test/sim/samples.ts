/**
 * Traffic and processor of the honest agents over time: what each sent, and how long its processor was busy, in steps
 * of 100 ms. Read when the run passes a step's end, so that looking changes nothing. Leaves: the mean and the busiest
 * for the report and the plot.
 */
import type { NodeId } from "@quorate/common";
import type { Observer, SimAgent } from "./agent.ts";
import type { Truth } from "./checkers/checker.ts";

export const SAMPLE_MS = 100;

export interface Sample {
  /** The end of the step, in milliseconds of the run. */
  readonly atMs: number;
  /** Bytes a second sent. */
  readonly meanBytes: number;
  readonly mostBytes: number;
  /** Part of its time that the processor was busy, 0 to 1. */
  readonly meanBusy: number;
  readonly mostBusy: number;
}

/** A figure of the honest agents at the end of the run. */
export interface Spread {
  readonly mean: number;
  readonly most: number;
  /** The one with the most. */
  readonly busiest: NodeId;
}

export interface NetworkTold {
  readonly bytes: Spread;
  readonly pairings: Spread;
  /** Milliseconds of one core. */
  readonly busyMs: Spread;
}

export class Samples implements Observer {
  readonly list: Sample[] = [];
  readonly #truth: Truth;
  readonly #agents: readonly SimAgent[];
  readonly #sent: Float64Array;
  readonly #busy: Float64Array;
  #lastMs = 0;

  constructor(truth: Truth) {
    this.#truth = truth;
    this.#agents = honestAgents(truth);
    this.#sent = new Float64Array(this.#agents.length);
    this.#busy = new Float64Array(this.#agents.length);
  }

  onStep(_id: NodeId, _input: unknown, _effects: unknown, nowMs: number): void {
    if (nowMs >= this.#lastMs + SAMPLE_MS) this.#take(nowMs);
  }

  #take(nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1_000;
    const sum = { bytes: 0, busy: 0, mostBytes: 0, mostBusy: 0 };
    const { sentBytes } = this.#truth.world.network;
    for (const [i, { node, busyMs }] of this.#agents.entries()) {
      const sent = sentBytes.get(node.id) ?? 0;
      const bytes = sent - (this.#sent[i] as number);
      const busy = busyMs - (this.#busy[i] as number);
      this.#sent[i] = sent;
      this.#busy[i] = busyMs;
      sum.bytes += bytes;
      sum.busy += busy;
      sum.mostBytes = Math.max(sum.mostBytes, bytes);
      sum.mostBusy = Math.max(sum.mostBusy, busy);
    }
    const agents = Math.max(1, this.#agents.length);
    this.#lastMs = nowMs;
    this.list.push({
      atMs: nowMs,
      meanBytes: sum.bytes / agents / seconds,
      mostBytes: sum.mostBytes / seconds,
      meanBusy: sum.busy / agents / 1_000 / seconds,
      // Work is booked when it begins: a step of 100 ms may hold the start of a longer piece.
      mostBusy: Math.min(1, sum.mostBusy / 1_000 / seconds),
    });
  }
}

/** What a liar sends costs its sender nothing that matters. */
const honestAgents = ({ agents, world }: Truth): SimAgent[] =>
  [...agents.values()].filter(({ node }) => !world.plan.byzantine.has(node.id));

export function networkOf(truth: Truth): NetworkTold {
  const { world } = truth;
  const honest = honestAgents(truth);
  const spread = (value: (agent: SimAgent) => number): Spread => {
    const values = honest.map((agent) => [Math.round(value(agent)), agent.node.id] as const);
    const [most, busiest] = values.reduce((a, b) => (b[0] > a[0] ? b : a), [0, 0] as const);
    const mean = Math.round(values.reduce((sum, [number]) => sum + number, 0) / Math.max(1, values.length));
    return { mean, most, busiest };
  };
  return {
    bytes: spread(({ node }) => world.network.sentBytes.get(node.id) ?? 0),
    pairings: spread(({ pairings }) => pairings),
    busyMs: spread(({ busyMs }) => busyMs),
  };
}
