/**
 * What this agent needs and did not get is asked for (P-137): first of a round's aggregators in the subnets that lack
 * signatures, then of the missing nodes themselves. So nobody depends on anyone's partial. Enters: what the collectors
 * need. Leaves: catch-up requests. Not here: the answers, which are checked like gossip (intake.ts).
 */
import { type ErrorCode, encodeCatchUpRequest, type NodeId, Signers, subnetOf } from "@quorate/common";
import { type Context, connectedSet, type Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import type { LedgerNode } from "../ledger/events.ts";
import {
  AGGREGATORS,
  PULL_AGAIN_MAX_MS,
  PULL_AGAIN_MS,
  PULL_ANSWERED_AGAIN_MS,
  PULL_ENOUGH_ASKED,
  PULL_NEXT_MS,
  PULL_VISITS_MAX,
  PULLS_PER_TICK,
} from "../limits.ts";
import { agreeing, heardFrom, ownGroup, type Round } from "../rounds/round.ts";
import type { Need } from "../stages.ts";
import { aggregatorOrder, subnetsOf } from "./subnets.ts";

/** What a node was asked about a round. */
interface Asked {
  /** From when on it is asked again, and after how long. */
  dueMs: number;
  gapMs: number;
  /** Whether it has answered the last question. */
  isAnswered: boolean;
}

/** What was asked about a round. */
interface Questions {
  readonly of: Map<NodeId, Asked>;
  /** Of each subnet, by its index, who was asked last; the subnets that were asked longest ago come first. */
  readonly last: Map<number, PeerKey>;
  /** Whom a subnet lacked when it was looked at last, by its index. */
  readonly lacked: Map<number, ReadonlySet<NodeId>>;
}

/** A node whose answer is awaited. */
interface Awaited {
  readonly isVisit: boolean;
  readonly atMs: number;
  /** What it was asked, of one round or several. */
  readonly asked: Asked[];
}

/** Until when nothing is asked of a round, while it lacks the same nodes of the same set and nobody has answered. */
interface Quiet {
  readonly lacking: readonly NodeId[];
  readonly nodes: readonly LedgerNode[];
  readonly answers: number;
  readonly untilMs: number;
}

export class Pull {
  readonly #context: Context;
  readonly #questions = new WeakMap<Round, Questions>();
  readonly #quiet = new WeakMap<Round, Quiet>();
  readonly #awaited = new Map<PeerKey, Awaited>();
  /** Answers and failures so far. */
  #answers = 0;

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

  /** A peer has answered, whatever it was asked. */
  answered(peer: PeerKey, { nowMs }: Step): void {
    for (const asked of this.#ended(peer)) {
      const gapMs = Math.max(asked.gapMs, PULL_ANSWERED_AGAIN_MS);
      Object.assign(asked, { dueMs: nowMs + gapMs, gapMs, isAnswered: true });
    }
  }

  failed(peer: PeerKey, code: ErrorCode, { nowMs }: Step): void {
    const ended = this.#ended(peer);
    if (code !== "NETWORK_PEER_BUSY") return;
    // This agent had no room for the question: that says nothing about the node.
    for (const asked of ended) Object.assign(asked, { dueMs: nowMs, gapMs: asked.gapMs / 2, isAnswered: true });
  }

  #ended(peer: PeerKey): readonly Asked[] {
    const awaited = this.#awaited.get(peer);
    if (awaited === undefined) return [];
    this.#awaited.delete(peer);
    this.#answers += 1;
    return awaited.asked;
  }

  *#whom(need: Need, nowMs: number): Generator<{ readonly node: LedgerNode; readonly singles: boolean }> {
    const { round, lacking } = need;
    const { nodes } = this.#context;
    const quiet = this.#quiet.get(round);
    const isSame = quiet?.lacking === lacking && quiet.nodes === nodes && quiet.answers === this.#answers;
    if (isSame && nowMs < quiet.untilMs) return;
    const connected = connectedSet(this.#context);
    const { bits, members } = subnetsOf(this.#context);
    const questions: Questions = this.#questions.get(round) ?? { of: new Map(), last: new Map(), lacked: new Map() };
    this.#questions.set(round, questions);
    const lacked = new Set(lacking);
    let untilMs = Number.POSITIVE_INFINITY;
    for (const index of longestAgoFirst(new Set(lacking.map((id) => subnetOf(id, bits).index)), questions)) {
      const here = members[index] ?? [];
      const missing = here.filter(({ id }) => lacked.has(id));
      forgetAnswers(questions, index, here, missing);
      const { node, dueMs } = this.#nextIn(here, missing, need, questions);
      const mayAskMs = Math.max(dueMs, this.#waitsUntilMs(questions.last.get(index)));
      untilMs = Math.min(untilMs, mayAskMs);
      if (node === null || nowMs < mayAskMs) continue;
      const isVisit = !connected.has(node.identityKey);
      if (isVisit && this.#visits(nowMs) >= PULL_VISITS_MAX) continue;
      this.#note(node, isVisit, questions, nowMs);
      questions.last.delete(index);
      questions.last.set(index, node.identityKey);
      yield { node, singles: hasOfPartials(need, index) };
    }
    if (nowMs < untilMs) this.#quiet.set(round, { lacking, nodes, answers: this.#answers, untilMs });
  }

  #note({ id, identityKey }: LedgerNode, isVisit: boolean, { of }: Questions, nowMs: number): void {
    const gapMs = Math.min(PULL_AGAIN_MAX_MS, 2 * (of.get(id)?.gapMs ?? PULL_AGAIN_MS / 2));
    const asked: Asked = { dueMs: nowMs + gapMs, gapMs, isAnswered: false };
    of.set(id, asked);
    const others = this.#awaited.get(identityKey)?.asked ?? [];
    this.#awaited.set(identityKey, { isVisit, atMs: nowMs, asked: [...others, asked] });
  }

  /** One at a time in a subnet: whoever answers may make the next question needless. */
  #waitsUntilMs(last: PeerKey | undefined): number {
    const awaited = last === undefined ? undefined : this.#awaited.get(last);
    return awaited === undefined ? 0 : awaited.atMs + PULL_NEXT_MS;
  }

  /** Questions under way to nodes that had to be dialled. Who takes longer than this is most likely silent. */
  #visits(nowMs: number): number {
    let visits = 0;
    for (const { isVisit, atMs } of this.#awaited.values()) if (isVisit && nowMs < atMs + PULL_AGAIN_MS) visits += 1;
    return visits;
  }

  /** The first that is due, or the one that will be next. */
  #nextIn(
    members: readonly LedgerNode[],
    missing: readonly LedgerNode[],
    { round, asksNodes }: Need,
    { of }: Questions,
  ): { readonly node: LedgerNode | null; readonly dueMs: number } {
    const own = this.#context.ownNode?.id;
    const order = aggregatorOrder(round.key, members).filter(({ id }) => id !== own);
    const aggregators = order.slice(0, AGGREGATORS);
    // Where few are missing, two aggregators that had no more know of no more.
    const few = missing.length <= members.length / PULL_ENOUGH_ASKED.part;
    const silent = ({ id }: LedgerNode): boolean => of.get(id)?.isAnswered === false;
    const best = [...aggregators.filter((node) => !silent(node)), ...aggregators.filter(silent)];
    const enough = few ? best.slice(0, PULL_ENOUGH_ASKED.aggregators) : aggregators;
    const nodes = asksNodes ? missing.filter(({ id, identityValid }) => identityValid && id !== own) : [];
    let next: LedgerNode | null = null;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const node of [...enough, ...nodes]) {
      const at = of.get(node.id)?.dueMs ?? 0;
      if (at < dueMs) [next, dueMs] = [node, at];
    }
    return { node: next, dueMs };
  }
}

/** Each has its turn, also where there is room for few. */
function longestAgoFirst(lacking: ReadonlySet<number>, { last }: Questions): number[] {
  const never = [...lacking].filter((index) => !last.has(index));
  return [...never, ...[...last.keys()].filter((index) => lacking.has(index))];
}

/**
 * Whoever counted when the others were asked about, and no longer does because another partial has more, was asked of
 * nobody yet: then everyone of its subnet may be asked again.
 */
function forgetAnswers(
  { of, lacked }: Questions,
  index: number,
  members: readonly LedgerNode[],
  missing: readonly LedgerNode[],
): void {
  const before = lacked.get(index);
  const isNew = before !== undefined && missing.some(({ id }) => !before.has(id));
  if (isNew) for (const { id } of members) of.delete(id);
  if (isNew || before?.size !== missing.length) lacked.set(index, new Set(missing.map(({ id }) => id)));
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
