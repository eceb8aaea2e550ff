/**
 * What this agent needs and did not get is asked for (P-137): first of a round's aggregators in the subnets that lack
 * signatures, then of the missing nodes themselves. So nobody depends on anyone's partial. Enters: what the collectors
 * need. Leaves: catch-up requests. Not here: the answers, which are checked like gossip (intake.ts).
 */
import { encodeCatchUpRequest, type NodeId, subnetOf } from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { AGGREGATORS, PULL_AGAIN_MAX_MS, PULL_AGAIN_MS, PULL_ENOUGH_ASKED, PULLS_PER_TICK } from "../limits.ts";
import { heardFrom, type Round } from "../rounds/round.ts";
import type { Need } from "../stages.ts";
import { aggregatorOrder, subnetsOf } from "./subnets.ts";

/** Whom a round's signatures were asked of: from when on again, and after how long. */
type Asked = Map<NodeId, { readonly dueMs: number; readonly gapMs: number }>;

export class Pull {
  readonly #context: Context;
  readonly #asked = new WeakMap<Round, Asked>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** A few questions a tick, in the order of the needs. */
  tick(needs: readonly Need[], step: Step): void {
    let left = PULLS_PER_TICK;
    for (const need of needs) {
      for (const node of this.#whom(need, step.nowMs)) {
        if (left-- <= 0) return;
        this.#ask(need.round, node, step);
      }
    }
  }

  *#whom(need: Need, nowMs: number): Generator<LedgerNode> {
    const { bits, members } = subnetsOf(this.#context);
    const asked = this.#asked.get(need.round) ?? (new Map() as Asked);
    this.#asked.set(need.round, asked);
    const lacking = new Set(need.lacking);
    const subnets = new Set(need.lacking.map((id) => subnetOf(id, bits).index));
    for (const index of subnets) {
      const node = this.#nextIn(members[index] ?? [], need, lacking, asked, nowMs);
      if (node === null) continue;
      const gapMs = Math.min(PULL_AGAIN_MAX_MS, 2 * (asked.get(node.id)?.gapMs ?? PULL_AGAIN_MS / 2));
      asked.set(node.id, { dueMs: nowMs + gapMs, gapMs });
      yield node;
    }
  }

  /** One at a time in a subnet: whoever answers may make the next question needless. */
  #nextIn(
    members: readonly LedgerNode[],
    { round, asksNodes }: Need,
    lacking: ReadonlySet<NodeId>,
    asked: Asked,
    nowMs: number,
  ): LedgerNode | null {
    const own = this.#context.ownNode?.id;
    const order = aggregatorOrder(round.key, members).filter(({ id }) => id !== own);
    const missing = members.filter(({ id }) => lacking.has(id));
    // Where few are missing, two aggregators that had no more know of no more.
    const few = missing.length <= members.length / PULL_ENOUGH_ASKED.part;
    const aggregators = order.slice(0, few ? PULL_ENOUGH_ASKED.aggregators : AGGREGATORS);
    const nodes = asksNodes ? missing.filter(({ id, identityValid }) => identityValid && id !== own) : [];
    return [...aggregators, ...nodes].find(({ id }) => nowMs >= (asked.get(id)?.dueMs ?? 0)) ?? null;
  }

  #ask(round: Round, { identityKey }: LedgerNode, { emit }: Step): void {
    const data = encodeCatchUpRequest({
      rounds: [{ ...round.id, signers: heardFrom(round), needless: false }],
      onlyNamed: true,
      rest: null,
    });
    emit({ type: "catch-up-ask", peer: identityKey, data });
  }
}
