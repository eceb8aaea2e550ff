/**
 * The rounds that a catch-up need not name, because nothing of them has changed for a while: two agents compare one sum
 * over them (P-157). Enters: rounds. Leaves: whether one has settled, and sums. Not here: what is asked and answered
 * (catchUp.ts).
 */
import { CATCH_UP_SUM_END, catchUpSummand, Signers } from "@quorate/common";
import type { Context } from "../context.ts";
import { CATCH_UP_SETTLED_MS } from "../limits.ts";
import { heardFrom, type Round } from "../rounds/round.ts";
import { ownSubnet } from "./subnets.ts";

/** A round as it was last seen here. */
interface Seen {
  readonly signers: Signers;
  readonly needless: boolean;
  readonly sinceMs: number;
  /** Null until a sum needs it. */
  summand: bigint | null;
}

export class CatchUpRest {
  readonly #context: Context;
  readonly #seen = new WeakMap<Round, Seen>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether it has been as it is now since CATCH_UP_SETTLED_MS, as far as catch-up has looked. */
  isSettled(round: Round, nowMs: number): boolean {
    return nowMs - this.#see(round, nowMs).sinceMs >= CATCH_UP_SETTLED_MS;
  }

  /** The sum over all of them, and over those that have settled. */
  sums(rounds: Iterable<Round>, nowMs: number): { readonly all: bigint; readonly settled: bigint } {
    let all = 0n;
    let settled = 0n;
    for (const round of rounds) {
      const seen = this.#see(round, nowMs);
      const { signers, needless } = seen;
      seen.summand ??= catchUpSummand({ ...round.id, signers, needless, singles: false });
      all += seen.summand;
      if (nowMs - seen.sinceMs >= CATCH_UP_SETTLED_MS) settled += seen.summand;
    }
    return { all: all % CATCH_UP_SUM_END, settled: settled % CATCH_UP_SUM_END };
  }

  /** With subnets no two agents hold the same signatures: there only the rounds are compared. */
  #see(round: Round, nowMs: number): Seen {
    const needless = ownSubnet(this.#context) !== null;
    const signers = needless ? Signers.empty : heardFrom(round);
    const before = this.#seen.get(round);
    if (before?.needless === needless && before.signers.equals(signers)) return before;
    const seen: Seen = { signers, needless, sinceMs: nowMs, summand: null };
    this.#seen.set(round, seen);
    return seen;
  }
}
