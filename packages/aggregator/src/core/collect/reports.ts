/**
 * Epoch reports and contests: from their shares to calls on chain (P-37 to P-40, P-110, P-111). Every agent collects;
 * one with an account sends, when it is its turn, and only what is still wanted after a look at what has landed.
 * Enters: rounds of both kinds, looks ahead, outcomes, time. Leaves: look-ahead and submit effects. Not here: what is
 * wanted (plan.ts), nonces and fees (the driver's submitter).
 */
import { type Context, foldOf, type Step } from "../context.ts";
import type { Input, RestoredState, SubmitOutcome } from "../io.ts";
import { contestRound } from "../kinds/contest.ts";
import { reportRound } from "../kinds/epochReport.ts";
import type { ChainEvent } from "../ledger/events.ts";
import { type AdmitNode, type LedgerState, lastClosedEpoch } from "../ledger/ledger.ts";
import { silentReports } from "../ledger/uptime.ts";
import {
  ALARM_FROM_SILENT,
  PLAN_MS,
  REPORT_COLLECT_MAX_MS,
  REPORT_COLLECT_PART_OF_EPOCH,
  SUBMIT_TRIES_MAX,
  TICK_MS,
} from "../limits.ts";
import { isSameList } from "../lists.ts";
import type { Aggregates } from "../rounds/aggregates.ts";
import { agreeing, heardFrom, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { CatchUp, Collector, Need } from "../stages.ts";
import { laterView, reportNeeds } from "./needs.ts";
import { plan, type Wanted } from "./plan.ts";
import { OwnTurns, spacingOf } from "./turns.ts";

/** One wish, from when this agent first had it. */
interface Wish {
  readonly sinceMs: number;
  tries: number;
  nextTryMs: number;
  isUnderWay: boolean;
}

export interface ReportsModules {
  readonly context: Context;
  readonly rounds: RoundTable;
  readonly catchUp: CatchUp;
  readonly admit: AdmitNode;
  readonly aggregates: Aggregates;
}

export class Reports implements Collector {
  readonly #modules: ReportsModules;
  /** When an epoch's report began to be collected here. */
  readonly #sinceMs = new Map<number, number>();
  readonly #wishes = new Map<string, Wish>();
  readonly #jobs = new Map<number, { readonly key: string; readonly type: string }>();
  readonly #turns = new OwnTurns();
  readonly #showings = new Map<number, number>();
  #packed = 0;
  #landedCalls = 0;
  /** Of what the last plan was made that came to nothing; nothing is planned while it is the same. */
  #nothingOf: readonly unknown[] = [];
  #nextJob = 1;
  #nextLookMs = 0;
  #isLooking = false;
  /** Whether the last look ahead failed. */
  #isBlind = false;
  /** The ledger with what the last look found. */
  #seen: LedgerState | null = null;
  /** Calls for which this agent has looked ahead since its turn came, and those for which it is about to. */
  readonly #lookedFor = new Set<string>();
  readonly #lookingFor = new Set<string>();
  #alarmedAt = 0;

  constructor(modules: ReportsModules) {
    this.#modules = modules;
  }

  /** While the last report is collected. */
  get busy(): boolean {
    return this.#isBusy;
  }
  #isBusy = false;

  resume(_restored: RestoredState, _step: Step): void {}

  roundChanged(round: Round, step: Step): void {
    if (round.id.kind !== "EpochReport" || this.#sinceMs.has(round.id.epoch) || round.own === null) return;
    this.#sinceMs.set(round.id.epoch, step.nowMs);
    this.#modules.catchUp.hurry(step.nowMs);
  }

  /**
   * P-137: only an agent that may send has to have the whole, when its turn has come; and before it asks for it, it
   * looks once whether the call has landed.
   */
  needs({ nowMs }: Step): Need[] {
    const { context, rounds } = this.#modules;
    if (context.options.submits === null) return [];
    const sinceMs = this.#sinceMs.get(lastClosedEpoch(context.ledger) ?? -1);
    if (sinceMs === undefined) return [];
    const isTurn = (call: string) => nowMs >= sinceMs + this.#turns.afterMs(context, call);
    return reportNeeds(context, laterView(context.ledger, this.#seen), rounds, isTurn).flatMap(({ call, need }) => {
      // Nothing lands while it is collected.
      if (this.#isBusy || this.#lookedFor.has(call)) return [need];
      this.#lookingFor.add(call);
      return [];
    });
  }

  nodesChanged(_step: Step): void {}

  tick(step: Step): void {
    const { ledger, options } = this.#modules.context;
    const lastClosed = lastClosedEpoch(ledger);
    this.#isBusy = lastClosed !== null && this.#sinceMs.has(lastClosed) && !this.#collected(lastClosed, step.nowMs);
    this.#alarm(step);
    if (options.submits === null || this.#isLooking || this.#isBusy || step.nowMs < this.#nextLookMs) return;
    if (lastClosed === null || !this.#modules.context.health.healthy) return;
    this.#nextLookMs = step.nowMs + PLAN_MS;
    if (this.#lookingFor.size === 0 && !this.#hasWish(lastClosed, step.nowMs)) return;
    this.#isLooking = true;
    step.emit({ type: "look-ahead" });
  }

  /** Asking a provider costs something; without a wish by the ledger alone there is nothing to look for. */
  #hasWish(lastClosed: number, nowMs: number): boolean {
    const basis = this.#basis(lastClosed);
    if (isSameList(basis, this.#nothingOf)) return false;
    const hasWish = this.#plan(this.#modules.context.ledger, nowMs).length > 0;
    if (!hasWish) this.#nothingOf = basis;
    return hasWish;
  }

  /** Showings wait, and the operator is told once: until a look succeeds nobody is shown by this agent. */
  lookFailed({ code, detail }: Extract<Input, { type: "look-ahead-failed" }>, step: Step): void {
    if (!this.#isBlind)
      step.emit({ type: "observe", level: "warn", code: "LOOK_AHEAD_FAILED", values: { code, detail } });
    this.#isBlind = true;
    this.#sendWanted(null, step);
  }

  /** What has landed meanwhile is on top of the ledger; what is still wanted is sent if it is this node's turn. */
  lookedAhead(events: readonly ChainEvent[], step: Step): void {
    if (this.#isBlind) step.emit({ type: "observe", level: "info", code: "LOOK_AHEAD_WORKS", values: {} });
    this.#isBlind = false;
    this.#sendWanted(events, step);
  }

  #sendWanted(events: readonly ChainEvent[] | null, step: Step): void {
    const { context, admit } = this.#modules;
    const { ledger, ownNode, modules } = context;
    this.#isLooking = false;
    for (const call of this.#lookingFor) this.#lookedFor.add(call);
    this.#lookingFor.clear();
    this.#nextLookMs = step.nowMs + Math.max(TICK_MS, Math.floor(spacingOf(context) / 2));
    if (ownNode === null) return;
    const view = events === null ? ledger : foldOf(modules).landed(ledger, events, admit);
    this.#seen = view;
    const wanted = this.#plan(view, step.nowMs);
    this.#forgetOthers(wanted);
    for (const one of wanted) {
      // Without a look at what has landed a showing may be sent for nothing: nothing on chain refuses it.
      if (events === null && one.key.startsWith("show:")) continue;
      const wish = this.#wishes.get(one.key) ?? {
        sinceMs: this.#wantedSinceMs(one.key, step.nowMs),
        tries: 0,
        nextTryMs: 0,
        isUnderWay: false,
      };
      this.#wishes.set(one.key, wish);
      const turnAtMs = wish.sinceMs + this.#turns.afterMs(context, one.key);
      if (wish.isUnderWay || wish.tries >= SUBMIT_TRIES_MAX) continue;
      if (step.nowMs >= Math.max(turnAtMs, wish.nextTryMs)) this.#submit(one, wish, step);
    }
  }

  submitted(job: number, outcome: SubmitOutcome, { nowMs, emit }: Step): void {
    const sent = this.#jobs.get(job);
    this.#jobs.delete(job);
    if (sent === undefined) return;
    const wish = this.#wishes.get(sent.key);
    if (wish !== undefined) {
      wish.isUnderWay = false;
      wish.nextTryMs = nowMs + spacingOf(this.#modules.context) * 2 ** wish.tries;
    }
    if (outcome.kind === "included") this.#landed(sent);
    const level = outcome.kind === "failed" || outcome.kind === "reverted" ? "warn" : "info";
    const why = "code" in outcome ? { reason: outcome.code } : {};
    emit({
      type: "observe",
      level,
      code: `SUBMISSION_${outcome.kind.toUpperCase()}`,
      values: { key: sent.key, ...why },
    });
  }

  prune(belowEpoch: number): void {
    for (const epoch of this.#sinceMs.keys()) if (epoch < belowEpoch) this.#sinceMs.delete(epoch);
    for (const epoch of this.#showings.keys()) if (epoch < belowEpoch) this.#showings.delete(epoch);
    for (const call of this.#lookedFor) if (Number(call.split(":")[1]) < belowEpoch) this.#lookedFor.delete(call);
  }

  #submit({ key, notAfter, build }: Wanted, wish: Wish, step: Step): void {
    const { emit } = step;
    const call = build((round, chosen) => this.#modules.aggregates.of(round, chosen, step));
    wish.tries += 1;
    if (call === null) {
      emit({ type: "observe", level: "error", code: "AGGREGATE_INVALID", values: { key } });
      return;
    }
    const job = this.#nextJob++;
    wish.isUnderWay = true;
    this.#jobs.set(job, { key, type: call.type });
    emit({ type: "submit", job, key, call, notAfter });
  }

  #landed({ key, type }: { readonly key: string; readonly type: string }): void {
    this.#landedCalls += 1;
    if (type === "pack") this.#packed += 1;
    if (type !== "show") return;
    const epoch = Number(key.split(":")[1]);
    this.#showings.set(epoch, (this.#showings.get(epoch) ?? 0) + 1);
  }

  /**
   * All that a plan by the ledger alone is made of when nothing is being collected, as objects that are others when
   * anything in them is.
   */
  #basis(lastClosed: number): readonly unknown[] {
    const { context, rounds } = this.#modules;
    const ids = [reportRound(lastClosed), reportRound(lastClosed - 1), contestRound(lastClosed + 1)];
    const ofRounds = ids.flatMap((id) => {
      const round = rounds.get(id);
      return round === undefined ? [null] : [round.own, heardFrom(round)];
    });
    return [context.ledger.head, this.#sinceMs.has(lastClosed), this.#landedCalls, ...ofRounds];
  }

  #plan(view: LedgerState, nowMs: number): Wanted[] {
    const { context, rounds } = this.#modules;
    if (context.options.submits === null) return [];
    return plan({
      context,
      rounds,
      view,
      rules: context.options.submits,
      collected: (epoch) => this.#collected(epoch, nowMs),
      showingsSent: (epoch) => this.#showings.get(epoch) ?? 0,
      packed: this.#packed,
    });
  }

  /**
   * A record is wanted when its time for collecting is over, whoever has not collected it yet: an agent with a late
   * turn begins when it comes.
   */
  #wantedSinceMs(key: string, nowMs: number): number {
    const [kind, epoch] = key.split(":");
    const sinceMs = kind === "report" ? this.#sinceMs.get(Number(epoch)) : undefined;
    return sinceMs === undefined ? nowMs : Math.min(nowMs, sinceMs + collectMs(this.#modules.context));
  }

  /** When all that have not exited signed, or the time for collecting is over. */
  #collected(epoch: number, nowMs: number): boolean {
    const { context, rounds } = this.#modules;
    const sinceMs = this.#sinceMs.get(epoch);
    const round = rounds.get(reportRound(epoch));
    if (sinceMs === undefined || round === undefined) return false;
    if (nowMs - sinceMs >= collectMs(context)) return true;
    const signed = agreeing(round);
    return context.nodes.every(({ id, state }) => state === "exited" || signed.has(id));
  }

  /** Wishes that were fulfilled, by whoever, begin anew should they come back. */
  #forgetOthers(wanted: readonly Wanted[]): void {
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { isUnderWay }] of this.#wishes) if (!keys.has(key) && !isUnderWay) this.#wishes.delete(key);
  }

  /** The own node was taken for silent by many reports: its operator is told at each further one. */
  #alarm({ emit }: Step): void {
    const { ledger, ownNode } = this.#modules.context;
    const silent = ownNode === null ? null : silentReports(ledger, ownNode.id);
    if (ownNode === null || silent === null || silent < ALARM_FROM_SILENT || silent === this.#alarmedAt) return;
    this.#alarmedAt = silent;
    emit({
      type: "observe",
      level: "warn",
      code: "NODE_SILENT",
      values: { nodeId: ownNode.id, silentReports: silent },
    });
  }
}

function collectMs({ ledger }: Context): number {
  const partMs = Math.floor(((ledger.epochSeconds ?? 0) * 1_000) / REPORT_COLLECT_PART_OF_EPOCH);
  return Math.min(REPORT_COLLECT_MAX_MS, partMs);
}
