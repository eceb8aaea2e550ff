/**
 * The rewards trees (P-41), built elsewhere: this says what to build and keeps the roots that come back. One epoch at
 * a time, in order. Enters: the ledger, roots. Leaves: build-tree effects. Not here: hashing, and proofs (the
 * driver's tree worker has them).
 */
import { foldOf, type MutableContext, type Step } from "./context.ts";
import type { Input } from "./io.ts";
import { totalOwedAt } from "./ledger/amounts.ts";
import { lastClosedEpoch } from "./ledger/ledger.ts";
import { ROOTS_MAX, TREE_RETRY_MS } from "./limits.ts";

export class Trees {
  readonly #context: MutableContext;
  readonly #roots = new Map<number, `0x${string}`>();
  /** The last epoch in the trees; null when they have to begin anew. */
  #builtTo: number | null = null;
  #underWay: number | null = null;
  #retryAtMs = 0;

  constructor(context: MutableContext) {
    this.#context = context;
    context.roots = this.#roots;
  }

  /** Asks for the next epoch's tree, unless one is being built or all are. */
  advance({ nowMs, emit }: Step): void {
    const { ledger } = this.#context;
    const lastClosed = lastClosedEpoch(ledger);
    const oldest = ledger.closed[0]?.epoch;
    if (lastClosed === null || oldest === undefined || this.#underWay !== null || nowMs < this.#retryAtMs) return;
    // Further back than the window the ledger does not remember what changed in which epoch.
    const first = this.#builtTo === null || this.#builtTo < oldest - 1;
    const epoch = first ? oldest : (this.#builtTo as number) + 1;
    if (epoch > lastClosed) return;
    this.#underWay = epoch;
    const changes = foldOf(this.#context.modules).amounts(ledger, epoch, first);
    emit({ type: "build-tree", epoch, first, changes });
  }

  /** A tree whose sum is not the ledger's was built from something else: nothing is signed over its root. */
  built({ epoch, root, totalOwed }: Extract<Input, { type: "tree-built" }>, step: Step): void {
    if (epoch !== this.#underWay) return;
    const owed = totalOwedAt(this.#context.ledger, epoch);
    if (owed !== null && owed !== totalOwed) {
      return this.lost(
        "TREE_SUM_DISAGREES",
        `epoch ${epoch}: the tree holds ${totalOwed}, the ledger owes ${owed}`,
        step,
      );
    }
    this.#underWay = null;
    this.#builtTo = epoch;
    this.#roots.set(epoch, root);
    step.emit({ type: "persist", records: [{ type: "root", epoch, root }] });
    for (const old of this.#roots.keys()) if (old <= epoch - ROOTS_MAX) this.#roots.delete(old);
  }

  lost(code: string, detail: string, { nowMs, emit }: Step): void {
    this.#underWay = null;
    this.#builtTo = null;
    this.#retryAtMs = nowMs + TREE_RETRY_MS;
    emit({ type: "observe", level: "warn", code, values: { part: "rewards tree", detail } });
  }
}
