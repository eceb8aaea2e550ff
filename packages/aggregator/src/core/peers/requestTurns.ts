/**
 * Rounds that other agents asked for wait here for their turn to be signed (P-77): so many at a time, so many a
 * second, one of each origin after the other. Rounds of the own stakers do not wait.
 * Enters: rounds with the node that asked, changes of rounds, time. Leaves: rounds whose turn has come, given to the
 * signer. Not here: who may ask (intake.ts), which rounds are held (rounds/roundTable.ts).
 *
 * A round is over when nearly all have signed it, so all agents have to sign the same few at a time: in orders of their
 * own, each has begun some and none is over (160 claims of 20 agents on two cores: 15 in 60 seconds). Where origins are
 * equal, what most nodes have signed goes first, and so the agents agree.
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

interface Candidate {
  readonly origin: NodeId;
  readonly round: Round;
  readonly lap: number;
  readonly signed: number;
}

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
  /** The lap in which an origin's next turn comes; bounded by the registry. */
  readonly #laps = new Map<NodeId, number>();
  readonly #rate: Budget<string>;
  /** In a lap each origin that waits has one turn (start-time fair queueing, Goyal et al. 1996). */
  #lap = 0;

  constructor(context: Context, rounds: RoundTable, signing: Signing) {
    this.#context = context;
    this.#rounds = rounds;
    this.#signing = signing;
    this.#rate = new Budget(() => {
      const rate = roundRate(subnetsOf(context));
      return { ...rate, refillMs: Math.max(rate.refillMs, context.load.spacingMs) };
    });
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
    if (agreeing(round).count < needed) return;
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
    if (this.#isForMoreTogether(step.nowMs)) return;
    while (this.#waiting.size > 0) {
      const room = roundsAtOnce(subnetsOf(this.#context)) - this.#inProgress.size;
      if (room <= 0) return;
      // The last place, and the last token, are for those who have none: nobody can have all of them.
      const busy = new Set([...this.#inProgress.values()].map(({ origin }) => origin));
      if (!this.#rate.has(ALL, step.nowMs)) return;
      const isLast = room === 1 || !this.#rate.has(ALL, step.nowMs, 2);
      const next = this.#next((candidate) => !isLast || !busy.has(candidate));
      if (next === null) return;
      this.#serve(next.origin, next.round, step);
    }
  }

  /**
   * Of a late host, as many begin together as have room, so that their shares travel as one message (P-158): each
   * message takes as long as what is in it, and more. To wait for room too lets the host stand idle.
   */
  #isForMoreTogether(nowMs: number): boolean {
    const set = subnetsOf(this.#context);
    // With subnets shares of several rounds have different ways.
    if (set.bits > 0 || this.#context.load.spacingMs <= roundRate(set).refillMs) return false;
    const room = roundsAtOnce(set) - this.#inProgress.size;
    let waiting = 0;
    for (const rounds of this.#waiting.values()) waiting += rounds.size;
    return !this.#rate.has(ALL, nowMs, Math.min(room, waiting));
  }

  #serve(origin: NodeId, round: Round, step: Step): void {
    this.#drop(origin, round);
    round.turn = true;
    if (this.#signing.consider(round, step) !== null) {
      // It costs nobody a turn.
      round.turn = false;
      this.#held.set(round, new Set([origin]));
      return;
    }
    this.#rate.take(ALL, step.nowMs);
    this.#lap = Math.max(this.#lap, this.#lapOf(origin));
    this.#laps.set(origin, this.#lap + 1);
    const subnets = subnetsOf(this.#context);
    // Where the host is late, each of those in progress takes as long as all of them take to begin, twice over.
    const lateMs = 2 * roundsAtOnce(subnets) * this.#context.load.spacingMs;
    const untilMs = step.nowMs + Math.max(ROUND_PROGRESS_MS, 2 * roundCostMs(subnets), lateMs);
    this.#inProgress.set(round, { origin, untilMs });
  }

  /** Of the origins whose lap is lowest, the round that most nodes have signed; then the lowest id. */
  #next(mayHave: (origin: NodeId) => boolean): Candidate | null {
    let next: Candidate | null = null;
    for (const origin of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      if (!mayHave(origin)) continue;
      const lap = this.#lapOf(origin);
      if (next !== null && lap > next.lap) continue;
      const first = this.#firstOf(origin);
      if (first === null) continue;
      const signed = agreeing(first).count;
      if (next === null || lap < next.lap || signed > next.signed) next = { origin, round: first, lap, signed };
    }
    return next;
  }

  /** What most nodes have signed, then what was asked for first. What is not open any more, or had a turn, goes. */
  #firstOf(origin: NodeId): Round | null {
    let first: { readonly round: Round; readonly signed: number } | null = null;
    for (const round of this.#waiting.get(origin) ?? []) {
      if (!this.#isOpen(round) || round.turn) {
        this.#drop(origin, round);
        continue;
      }
      const signed = agreeing(round).count;
      if (first === null || signed > first.signed) first = { round, signed };
    }
    return first?.round ?? null;
  }

  #drop(origin: NodeId, round: Round): void {
    const theirs = this.#waiting.get(origin);
    theirs?.delete(round);
    if (theirs?.size === 0) this.#waiting.delete(origin);
  }

  #enqueue(round: Round, origin: NodeId): void {
    const theirs = this.#waiting.get(origin);
    // Who had nothing to wait for saves no turns up.
    if (theirs === undefined) this.#laps.set(origin, this.#lapOf(origin));
    this.#waiting.set(origin, (theirs ?? new Set<Round>()).add(round));
  }

  #lapOf(origin: NodeId): number {
    return Math.max(this.#laps.get(origin) ?? 0, this.#waiting.has(origin) ? 0 : this.#lap);
  }

  /** Rounds that left the table, or were opened anew, wait for nothing. */
  #isOpen(round: Round): boolean {
    return this.#rounds.get(round.id) === round;
  }
}
