/**
 * All open rounds, within bounds (P-88). Rounds that nobody wanted, opened by a share alone, are bounded per node and
 * dropped first. Not here: what happens inside a round (round.ts).
 */
import { type NodeId, type RoundId, type RoundKey, roundKey, type SignedClaimRequest } from "@quorate/common";
import { ROUNDS_MAX, UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { openRound, type Round } from "./round.ts";

export class RoundTable {
  readonly #rounds = new Map<RoundKey, Round>();
  readonly #unwantedBy = new Map<NodeId, number>();

  get size(): number {
    return this.#rounds.size;
  }

  get(id: RoundId): Round | undefined {
    return this.#rounds.get(roundKey(id));
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Round> {
    return this.#rounds.values();
  }

  /** The round that may be signed from now on; null when the table is full of such rounds. */
  want(id: RoundId, request: SignedClaimRequest | null): Round | null {
    const existing = this.get(id);
    if (existing === undefined && !this.#makeRoom()) return null;
    const round = existing ?? this.#insert(openRound(id, null));
    if (!round.wanted) this.#forgetOpener(round);
    round.wanted = true;
    if (request !== null) round.askedBy.add(request.nodeId);
    round.request ??= request;
    return round;
  }

  /** Whether a share of this node may be looked at: its round is open, or it has the budget to open one. */
  mayShare(id: RoundId, nodeId: NodeId): boolean {
    if (this.get(id) !== undefined) return true;
    return (this.#unwantedBy.get(nodeId) ?? 0) < UNWANTED_ROUNDS_PER_NODE_MAX && this.#rounds.size < ROUNDS_MAX;
  }

  /** The round of a checked share; null when it may not be opened. */
  forShare(id: RoundId, nodeId: NodeId): Round | null {
    const existing = this.get(id);
    if (existing !== undefined) return existing;
    if (!this.mayShare(id, nodeId)) return null;
    this.#unwantedBy.set(nodeId, (this.#unwantedBy.get(nodeId) ?? 0) + 1);
    return this.#insert(openRound(id, nodeId));
  }

  /** Drops the rounds below an epoch; says how many. */
  prune(belowEpoch: number): number {
    let dropped = 0;
    for (const round of this.#rounds.values()) {
      if (round.id.epoch >= belowEpoch) continue;
      this.#drop(round);
      dropped += 1;
    }
    return dropped;
  }

  /** Drops a round that turned out to be about nothing. */
  drop(round: Round): void {
    if (this.#rounds.has(round.key)) this.#drop(round);
  }

  #insert(round: Round): Round {
    this.#rounds.set(round.key, round);
    return round;
  }

  #makeRoom(): boolean {
    if (this.#rounds.size < ROUNDS_MAX) return true;
    for (const round of this.#rounds.values()) {
      if (round.wanted) continue;
      this.#drop(round);
      return true;
    }
    return false;
  }

  #drop(round: Round): void {
    if (!round.wanted) this.#forgetOpener(round);
    this.#rounds.delete(round.key);
  }

  #forgetOpener(round: Round): void {
    if (round.openedBy === null) return;
    const left = (this.#unwantedBy.get(round.openedBy) ?? 0) - 1;
    if (left > 0) this.#unwantedBy.set(round.openedBy, left);
    else this.#unwantedBy.delete(round.openedBy);
  }
}
