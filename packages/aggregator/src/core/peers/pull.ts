/**
 * What this agent needs and did not get is asked for (P-137): first of a round's aggregators in the subnets that lack
 * signatures, then of the missing nodes themselves. So nobody depends on anyone's partial. Enters: what the collectors
 * need. Leaves: catch-up requests. Not here: the answers, which are checked like gossip (intake.ts).
 */
import { encodeCatchUpRequest, type NodeId, Signers, subnetOf } from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { AGGREGATORS, PULL_AGAIN_MAX_MS, PULL_AGAIN_MS, PULL_ENOUGH_ASKED, PULLS_PER_TICK } from "../limits.ts";
import { agreeing, heardFrom, ownGroup, type Round } from "../rounds/round.ts";
import type { Need } from "../stages.ts";
import { aggregatorOrder, subnetsOf } from "./subnets.ts";

/** What was asked about a round. */
interface Asked {
  /** Of whom: from when on again, and after how long. */
  readonly of: Map<NodeId, { readonly dueMs: number; readonly gapMs: number }>;
  /** Whom a subnet lacked when it was looked at last, by its index. */
  readonly lacked: Map<number, ReadonlySet<NodeId>>;
}

/** Until when nothing is asked of a round, while it lacks the same nodes of the same set. */
interface Quiet {
  readonly lacking: readonly NodeId[];
  readonly nodes: readonly LedgerNode[];
  readonly untilMs: number;
}

export class Pull {
  readonly #context: Context;
  readonly #asked = new WeakMap<Round, Asked>();
  readonly #quiet = new WeakMap<Round, Quiet>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** A few questions a tick, in the order of the needs. */
  tick(needs: readonly Need[], step: Step): void {
    let left = PULLS_PER_TICK;
    for (const need of needs) {
      const questions = new Map<boolean, Uint8Array>();
      for (const { node, singles } of this.#whom(need, step.nowMs)) {
        const data = questions.get(singles) ?? questionAbout(need, singles);
        questions.set(singles, data);
        step.emit({ type: "catch-up-ask", peer: node.identityKey, data });
        // Before the next one counts as asked.
        if (--left === 0) return;
      }
    }
  }

  *#whom(need: Need, nowMs: number): Generator<{ readonly node: LedgerNode; readonly singles: boolean }> {
    const { round, lacking } = need;
    const { nodes } = this.#context;
    const quiet = this.#quiet.get(round);
    if (quiet?.lacking === lacking && quiet.nodes === nodes && nowMs < quiet.untilMs) return;
    const { bits, members } = subnetsOf(this.#context);
    const asked: Asked = this.#asked.get(round) ?? { of: new Map(), lacked: new Map() };
    this.#asked.set(round, asked);
    const lacked = new Set(lacking);
    let untilMs = Number.POSITIVE_INFINITY;
    for (const index of new Set(lacking.map((id) => subnetOf(id, bits).index))) {
      const here = members[index] ?? [];
      const missing = here.filter(({ id }) => lacked.has(id));
      forgetAnswers(asked, index, here, missing);
      const { node, dueMs } = this.#nextIn(here, missing, need, asked);
      untilMs = Math.min(untilMs, dueMs);
      if (node === null || nowMs < dueMs) continue;
      const gapMs = Math.min(PULL_AGAIN_MAX_MS, 2 * (asked.of.get(node.id)?.gapMs ?? PULL_AGAIN_MS / 2));
      asked.of.set(node.id, { dueMs: nowMs + gapMs, gapMs });
      yield { node, singles: hasOfPartials(need, index) };
    }
    if (nowMs < untilMs) this.#quiet.set(round, { lacking, nodes, untilMs });
  }

  /**
   * One at a time in a subnet: whoever answers may make the next question needless. The first that is due, or the one
   * that will be next.
   */
  #nextIn(
    members: readonly LedgerNode[],
    missing: readonly LedgerNode[],
    { round, asksNodes }: Need,
    asked: Asked,
  ): { readonly node: LedgerNode | null; readonly dueMs: number } {
    const own = this.#context.ownNode?.id;
    const order = aggregatorOrder(round.key, members).filter(({ id }) => id !== own);
    // Where few are missing, two aggregators that had no more know of no more.
    const few = missing.length <= members.length / PULL_ENOUGH_ASKED.part;
    const aggregators = order.slice(0, few ? PULL_ENOUGH_ASKED.aggregators : AGGREGATORS);
    const nodes = asksNodes ? missing.filter(({ id, identityValid }) => identityValid && id !== own) : [];
    let next: LedgerNode | null = null;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const node of [...aggregators, ...nodes]) {
      const at = asked.of.get(node.id)?.dueMs ?? 0;
      if (at < dueMs) [next, dueMs] = [node, at];
    }
    return { node: next, dueMs };
  }
}

/**
 * Whoever counted when the others were asked about, and no longer does because another partial has more, was asked of
 * nobody yet: then everyone of its subnet may be asked again.
 */
function forgetAnswers(
  asked: Asked,
  index: number,
  members: readonly LedgerNode[],
  missing: readonly LedgerNode[],
): void {
  const before = asked.lacked.get(index);
  const isNew = before !== undefined && missing.some(({ id }) => !before.has(id));
  if (isNew) for (const { id } of members) asked.of.delete(id);
  if (isNew || before?.size !== missing.length) asked.lacked.set(index, new Set(missing.map(({ id }) => id)));
}

/**
 * Whether some of what a subnet lacks is here within a partial: one by these signers would be within that, and would
 * not be taken (P-135).
 */
function hasOfPartials({ round, lacking }: Need, subnet: number): boolean {
  const here = (ownGroup(round)?.partials ?? []).filter((partial) => partial.subnet === subnet);
  return here.some(({ signers }) => lacking.some((id) => signers.has(id)));
}

/** What is here only within a partial that has others beside them is no use: it counts as not heard. */
function questionAbout({ round, lacking }: Need, singles: boolean): Uint8Array {
  const agreed = agreeing(round);
  const within = Signers.of(lacking.filter((id) => agreed.has(id)));
  const rounds = [{ ...round.id, signers: heardFrom(round).without(within), needless: false, singles }];
  return encodeCatchUpRequest({ rounds, onlyNamed: true, rest: null });
}
