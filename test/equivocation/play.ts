/**
 * One schedule, from boot to end. Enters: a cast, the histories of its agents, and a schedule. Leaves: the last moment
 * of each honest agent. Gossip is as in production: what an agent accepts it passes on once, equal bytes are heard
 * once, and what was lost is fetched by the core's own catch-up. Not here: what must hold then (promises.ts).
 */
import { decodeCatchUpResponse, encodeCatchUpResponse } from "@quorate/common";
import type { Input } from "../../packages/aggregator/src/core/io.ts";
import { TICK_MS } from "../../packages/aggregator/src/core/limits.ts";
import type { Cast } from "./cast.ts";
import type { Histories, LocalState } from "./localState.ts";
import type { RoundPlan, Schedule } from "./schedules.ts";

/** Milliseconds between the beginnings of two rounds: a report's collecting and turns pass within (P-76). */
const ROUND_MS = 200_000;
const EXCHANGE_MS = 100;
const HEAL_MS = 5_000;
/** Within the time in which a bundle is improved (P-86). */
const IMPROVE_MS = 1_000;
/** By then collecting is over, and by then everyone's turn to send has come. */
const REPORT_LOOKS_MS = [20_000, 70_000];

const DIFFERS: Uint8Array = encodeCatchUpResponse({ requests: [], shares: [], partials: [], differs: true });

/** What an agent was told by gossip and by whom, before it is made an input. */
interface Told {
  readonly from: number;
  readonly message: number;
}

export class Play {
  readonly #cast: Cast;
  readonly #histories: readonly Histories[];
  #states: LocalState[];
  /** By agent: messages that its gossip has seen. */
  readonly #seen: Set<number>[];
  /** By agent: what it has yet to pass on. */
  #outgoing: number[][];

  constructor(cast: Cast, histories: readonly Histories[]) {
    this.#cast = cast;
    this.#histories = histories;
    this.#states = histories.map(({ root }) => root);
    this.#seen = histories.map(({ root }) => new Set(root.outcome.published));
    this.#outgoing = histories.map(({ root }) => [...root.outcome.published]);
  }

  run({ rounds, heals }: Schedule): readonly LocalState[] {
    let nowMs = 0;
    for (const plan of rounds) {
      nowMs = ROUND_MS * (1 + plan.round);
      this.#round(plan, nowMs);
      if (heals === "each round") this.#heal(nowMs + HEAL_MS);
      this.#look(plan, nowMs + HEAL_MS);
    }
    if (heals === "each round") return this.#states;
    // So late that a record that was sent before, and did not land, is due again.
    nowMs += 2 * ROUND_MS;
    this.#heal(nowMs);
    for (const plan of rounds) this.#look(plan, nowMs + 2 * ROUND_MS);
    return this.#states;
  }

  #round(plan: RoundPlan, nowMs: number): void {
    if (plan.isAskedFirst) this.#ask(plan, nowMs);
    plan.sides.forEach((_, i) => {
      const told = plan.shows.flatMap((shown, liar): Told[] => {
        const said = shown[i] ?? null;
        const from = this.#cast.honest.length + liar + 1;
        return said === null ? [] : [{ from, message: this.#cast.share(plan.round, liar, said) }];
      });
      this.#tell(i, told, nowMs);
    });
    if (!plan.isAskedFirst) this.#ask(plan, nowMs);
    this.#exchange(plan.sides, nowMs + EXCHANGE_MS);
  }

  /** The staker asks every agent. */
  #ask({ round }: RoundPlan, nowMs: number): void {
    if (round === 0) return;
    const input: Input = { type: "claim", handle: 1, recipient: this.#cast.recipientOf(round), epoch: 0 };
    this.#all(`ask ${round}`, nowMs, input);
  }

  /** Until nobody on a side has anything new for another. */
  #exchange(sides: readonly number[], nowMs: number): void {
    for (let hop = 0; this.#outgoing.some((messages) => messages.length > 0); hop++) {
      const passing = this.#outgoing;
      this.#outgoing = passing.map(() => []);
      sides.forEach((side, i) => {
        const told = passing.flatMap((messages, j): Told[] =>
          j === i || sides[j] !== side ? [] : messages.map((message) => ({ from: j + 1, message })),
        );
        this.#tell(i, told, nowMs + hop);
      });
    }
  }

  #tell(i: number, told: readonly Told[], nowMs: number): void {
    const seen = this.#seen[i] as Set<number>;
    const news = told.filter(({ message }) => !seen.has(message) && seen.add(message));
    if (news.length === 0) return;
    const inputs = news.map(({ from, message }): Input => {
      const data = this.#cast.bytesOf(message);
      return { type: "gossip", handle: message, from: this.#cast.peerOf(from), data };
    });
    this.#step(i, news.map(({ from, message }) => `${from}>${message}`).join(), nowMs, inputs);
  }

  /**
   * Everyone asks everyone for what it lacks, and once more where rounds differ that were only summed up (P-157): the
   * peers that the core asks in turn, one after the other. So the one whose turn it is says that it differs when any
   * does.
   */
  #heal(nowMs: number): void {
    for (const atMs of [nowMs, nowMs + TICK_MS]) {
      this.#all("tick", atMs, { type: "timer", timer: "tick" });
      this.#catchUp(atMs);
    }
  }

  #catchUp(nowMs: number): void {
    const asked = this.#states.map(({ outcome }) => outcome.asks);
    const replies = this.#states.map((_, i) => {
      const inputs = asked.flatMap((ask, j): Input[] =>
        j === i || ask === null
          ? []
          : [{ type: "catch-up-asked", handle: j, from: this.#cast.peerOf(j + 1), data: ask.data }],
      );
      const from = asked.flatMap((ask, j) => (j === i || ask === null ? [] : [j]));
      const key = from.map((j) => `${j}?${this.#cast.numberOf(asked[j]?.data as Uint8Array)}`).join();
      if (inputs.length > 0) this.#step(i, key, nowMs + 1, inputs);
      return new Map(from.map((j, at) => [j, this.#states[i]?.outcome.replies[at] as Uint8Array]));
    });
    this.#states.forEach((_, i) => {
      const peer = asked[i]?.peer;
      const answers = replies.flatMap((given, j) => {
        const data = given.get(i);
        return data === undefined ? [] : [{ from: this.#cast.peerOf(j + 1), data }];
      });
      if (peer === undefined || answers.length === 0) return;
      if (answers.some(({ data }) => decodeCatchUpResponse(data).differs)) answers.push({ from: peer, data: DIFFERS });
      const inputs = answers.map(({ from, data }): Input => ({ type: "catch-up-answered", from, data }));
      const key = answers.map(({ from, data }) => `${from}!${this.#cast.numberOf(data)}`).join();
      this.#step(i, key, nowMs + 2, inputs);
    });
  }

  /** Time passes, until a bundle is no longer improved, or a report was sent. */
  #look({ round }: RoundPlan, nowMs: number): void {
    for (const afterMs of round === 0 ? REPORT_LOOKS_MS : [IMPROVE_MS]) {
      const input: Input = { type: "timer", timer: "tick" };
      this.#all("tick", nowMs + afterMs, input);
    }
  }

  #all(key: string, nowMs: number, input: Input): void {
    for (let i = 0; i < this.#states.length; i++) this.#step(i, key, nowMs, [input]);
  }

  #step(i: number, key: string, nowMs: number, inputs: readonly Input[]): void {
    const histories = this.#histories[i] as Histories;
    const state = histories.after(this.#states[i] as LocalState, { key: `${nowMs} ${key}`, nowMs, inputs });
    this.#states[i] = state;
    const { published, accepted } = state.outcome;
    const seen = this.#seen[i] as Set<number>;
    for (const message of published) seen.add(message);
    this.#outgoing[i]?.push(...published, ...accepted);
  }
}
