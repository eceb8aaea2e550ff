/**
 * Rounds that other agents asked for wait here for their turn to be signed (P-77): so many at a time, so many a
 * second, the origin that was served longest ago first. Rounds of the own stakers do not wait.
 * Enters: rounds with the node that asked, changes of rounds, time. Leaves: rounds whose turn has come, given to the
 * signer. Not here: who may ask (intake.ts), which rounds are held (rounds/roundTable.ts).
 */
import type { NodeId } from "@quorate/common";
import type { Context, Step } from "../context.ts";
import { ROUND_PROGRESS_MS, SETTLED_SHARE_BPS } from "../limits.ts";
import { agreeing, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Signing } from "../stages.ts";
import { Budget } from "./budget.ts";
import { roundCostMs, roundRate, roundsAtOnce } from "./requestCost.ts";
import { subnetsOf } from "./subnets.ts";

/** The turn's bucket is everybody's. */
const ALL = "all";

interface Progress {
  readonly origin: NodeId;
  readonly untilMs: number;
}

export class RequestTurns {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #signing: Signing;
  /** By origin, in the order in which they asked; nobody without a round is in it. */
  readonly #waiting = new Map<NodeId, Set<Round>>();
  /** Rounds that cannot be signed yet (P-72, P-73), with who asked. */
  readonly #held = new Map<Round, Set<NodeId>>();
  readonly #inProgress = new Map<Round, Progress>();
  /** Which turn an origin had last; bounded by the registry. */
  readonly #served = new Map<NodeId, number>();
  readonly #rate: Budget<string>;
  #turn = 0;

  constructor(context: Context, rounds: RoundTable, signing: Signing) {
    this.#context = context;
    this.#rounds = rounds;
    this.#signing = signing;
    this.#rate = new Budget(() => roundRate(subnetsOf(context)));
  }

  /** A node asks for a round; whoever asks first for it does not keep it waiting for the others. */
  add(round: Round, origin: NodeId, step: Step): void {
    if (round.turn) return;
    if (this.#signing.consider(round, step) !== null) {
      this.#held.set(round, (this.#held.get(round) ?? new Set<NodeId>()).add(origin));
      return;
    }
    this.#enqueue(round, origin);
    this.advance(step);
  }

  /** How many rounds that cannot be signed yet a node has asked for. */
  heldOf(origin: NodeId): number {
    let held = 0;
    for (const origins of this.#held.values()) if (origins.has(origin)) held += 1;
    return held;
  }

  /** What could not be signed is looked at again (P-72, P-73). */
  release(step: Step): void {
    for (const [round, origins] of this.#held) {
      const isOpen = this.#isOpen(round);
      if (isOpen && this.#signing.consider(round, step) !== null) continue;
      this.#held.delete(round);
      if (isOpen) for (const origin of origins) this.#enqueue(round, origin);
    }
    this.advance(step);
  }

  /** A round got a share: most of them make room for the next. */
  roundChanged(round: Round, step: Step): void {
    if (!this.#inProgress.has(round)) return;
    const { nodes, bits } = subnetsOf(this.#context);
    // With subnets this node sees few shares; its own part is over with its own.
    const needed = bits > 0 ? 1 : Math.floor((nodes * SETTLED_SHARE_BPS) / 10_000);
    if (agreeing(round).size < needed) return;
    this.#inProgress.delete(round);
    this.advance(step);
  }

  tick(step: Step): void {
    for (const [round, { untilMs }] of this.#inProgress) {
      if (step.nowMs >= untilMs || !this.#isOpen(round)) this.#inProgress.delete(round);
    }
    for (const round of this.#held.keys()) if (!this.#isOpen(round)) this.#held.delete(round);
    this.advance(step);
  }

  /** Gives turns as long as there is room and somebody waits. */
  advance(step: Step): void {
    while (this.#waiting.size > 0) {
      const room = roundsAtOnce(subnetsOf(this.#context)) - this.#inProgress.size;
      if (room <= 0) return;
      // The last place, and the last token, are for those who have none: nobody can have all of them.
      const busy = new Set([...this.#inProgress.values()].map(({ origin }) => origin));
      const isLast = room === 1 || !this.#rate.has(ALL, step.nowMs, 2);
      const origin = this.#nextOrigin((candidate) => !isLast || !busy.has(candidate));
      if (origin === null || !this.#rate.has(ALL, step.nowMs)) return;
      this.#serve(origin, step);
    }
  }

  #serve(origin: NodeId, step: Step): void {
    const round = this.#takeFirst(origin);
    if (round === null) return;
    round.turn = true;
    if (this.#signing.consider(round, step) !== null) {
      // It costs nobody a turn.
      round.turn = false;
      this.#held.set(round, new Set([origin]));
      return;
    }
    this.#rate.take(ALL, step.nowMs);
    this.#served.delete(origin);
    this.#served.set(origin, ++this.#turn);
    const untilMs = step.nowMs + Math.max(ROUND_PROGRESS_MS, 2 * roundCostMs(subnetsOf(this.#context)));
    this.#inProgress.set(round, { origin, untilMs });
  }

  /** The one served longest ago; among those never served the one that has waited longest. */
  #nextOrigin(mayHave: (origin: NodeId) => boolean): NodeId | null {
    let next: NodeId | null = null;
    for (const origin of this.#waiting.keys()) {
      if (!mayHave(origin)) continue;
      if (next === null || (this.#served.get(origin) ?? 0) < (this.#served.get(next) ?? 0)) next = origin;
    }
    return next;
  }

  /** Takes out rounds until one is still open and had no turn by another's asking. */
  #takeFirst(origin: NodeId): Round | null {
    const theirs = this.#waiting.get(origin) ?? new Set<Round>();
    for (const round of theirs) {
      theirs.delete(round);
      if (theirs.size === 0) this.#waiting.delete(origin);
      if (this.#isOpen(round) && !round.turn) return round;
    }
    return null;
  }

  #enqueue(round: Round, origin: NodeId): void {
    this.#waiting.set(origin, (this.#waiting.get(origin) ?? new Set<Round>()).add(round));
  }

  /** Rounds that left the table, or were opened anew, wait for nothing. */
  #isOpen(round: Round): boolean {
    return this.#rounds.get(round.id) === round;
  }
}
