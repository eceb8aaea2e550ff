/**
 * Answers about a stored ledger: pages of one recipient's lines, and ranges of an epoch's recipients. Enters: a
 * history, questions. Leaves: answers of bounded size. A fold that ended at a page's end is kept, so that the next page
 * goes on from there. Not here: the thread it runs in (worker.ts), where the history comes from.
 */
import {
  type Address,
  type ChainHead,
  type LedgerLine,
  type LedgerPage,
  quorateError,
  type RangesPage,
  type RewardsEntry,
  rangesOf,
} from "@quorate/common";
import type { ChainEvent } from "../core/ledger/events.ts";
import { foldHistory, type HistoryStep } from "../core/ledger/history.ts";
import { emptyLedger, type LedgerState } from "../core/ledger/ledger.ts";
import { LineCollector } from "../core/ledger/lines.ts";
import { nodeUnchecked } from "../core/ledger/nodes.ts";

/** Epochs of a page: six weeks of hours, half a second of a core with 2,000 nodes. */
export const PAGE_EPOCHS = 1_000;
/**
 * Lines after which a page ends with the epoch it is in: 600 kB of JSON. A recipient of 2,000 nodes gets two epochs a
 * page.
 */
export const PAGE_LINES = 4_000;

/**
 * Folds kept for the pages that follow: visitors who read at the same time. One of 2,000 nodes and 20,000 contributors
 * takes 7 MB; beyond it the one that was asked longest ago is dropped, and its next page begins from nothing.
 */
const KEPT_FOLDS_MAX = 4;

/** What is folded: complete up to its head, with this first open epoch. */
export interface StoredHistory {
  readonly head: ChainHead;
  readonly openEpoch: number;
  events(): Iterable<ChainEvent>;
}

export interface ExplainedPage {
  readonly page: LedgerPage;
  /** Whether a kept fold was gone on with: nothing before the page was folded for it. */
  readonly goesOn: boolean;
}

interface KeptFold {
  readonly recipient: Address;
  readonly openEpoch: number;
  readonly steps: Generator<HistoryStep, void, void>;
  readonly collector: LineCollector;
  /** The first epoch that was not answered, and the lifetime amount before it. */
  next: number;
  amount: bigint;
}

export class Explainer {
  /** Those that were gone on with last are last. */
  #folds: readonly KeptFold[] = [];
  #amounts: { readonly epoch: number; readonly sorted: readonly RewardsEntry[] } | null = null;

  /**
   * The lines of epochs `from` to `to`, or as many of them as a page holds.
   * @throws EPOCH_NOT_CLOSED, CHAIN_EVENT_INVALID
   */
  page(history: StoredHistory, recipient: Address, from: number, to: number): ExplainedPage {
    requireClosed(history, Math.max(from, to));
    const fold = this.#foldBefore(history, recipient, from, to);
    const goesOn = from > 0 && fold.next === from;
    const lines: LedgerLine[] = [];
    let before = fold.amount;
    let last = from - 1;
    for (let step = fold.steps.next(); step.done !== true; step = fold.steps.next()) {
      const { closed } = step.value;
      if (closed === null) continue;
      const added = fold.collector.take();
      for (const { amount } of added) fold.amount += amount;
      fold.next = closed + 1;
      if (closed < from) {
        before = fold.amount;
        continue;
      }
      lines.push(...added);
      last = closed;
      if (closed >= to || closed - from + 1 >= PAGE_EPOCHS || lines.length >= PAGE_LINES) break;
    }
    if (last < from) throw quorateError("EPOCH_NOT_CLOSED", { epoch: from, openEpoch: fold.next });
    const next = last >= to ? null : last + 1;
    if (next !== null) this.#folds = [...this.#folds, fold].slice(-KEPT_FOLDS_MAX);
    return { page: { recipient, from, to: last, before, after: fold.amount, lines, next }, goesOn };
  }

  /** @throws EPOCH_NOT_CLOSED, CHAIN_EVENT_INVALID */
  ranges(history: StoredHistory, epoch: number, prefix: string): RangesPage {
    requireClosed(history, epoch);
    if (this.#amounts?.epoch !== epoch) this.#amounts = { epoch, sorted: amountsAtClose(history, epoch) };
    return rangesOf(epoch, this.#amounts.sorted, prefix);
  }

  /**
   * A kept one that stands before `from` and reaches `to`, the furthest; else one from nothing. It is kept again when
   * the page is whole.
   */
  #foldBefore(history: StoredHistory, recipient: Address, from: number, to: number): KeptFold {
    const usable = this.#folds.filter(
      (fold) => fold.recipient === recipient && fold.next <= from && to < fold.openEpoch,
    );
    const kept = usable.toSorted((a, b) => b.next - a.next)[0];
    if (kept !== undefined) {
      this.#folds = this.#folds.filter((fold) => fold !== kept);
      return kept;
    }
    const { head, openEpoch } = history;
    const collector = new LineCollector(recipient);
    const observer = { observe: collector.observe, only: recipient };
    const modules = { admit: nodeUnchecked, observer };
    const steps = foldHistory(emptyLedger(), history.events(), head, modules);
    return { recipient, openEpoch, steps, collector, next: 0, amount: 0n };
  }
}

/** Everyone with an amount at the close of an epoch, ascending by address. */
export function amountsAtClose(history: StoredHistory, epoch: number): RewardsEntry[] {
  const state = emptyLedger();
  for (const { closed } of foldHistory(state, history.events(), history.head, { admit: nodeUnchecked }))
    if (closed === epoch) return sortedAmounts(state);
  return [];
}

export function sortedAmounts({ owed }: Pick<LedgerState, "owed">): RewardsEntry[] {
  return [...owed].filter(([, amount]) => amount > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
}

function requireClosed({ openEpoch, head }: StoredHistory, epoch: number): void {
  if (epoch >= openEpoch) throw quorateError("EPOCH_NOT_CLOSED", { epoch, openEpoch, head: head.number });
}
