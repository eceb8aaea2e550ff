/**
 * All open rounds, within bounds (P-88). Rounds that nobody asked for, opened by a share alone, are bounded per node and dropped first.
 * Not here: what happens inside a round (round.ts).
 */
import type { Address, NodeId, SignedClaimRequest } from "@quorate/common";
import { type RoundKey, roundKey } from "../kinds/roundId.ts";
import { ROUNDS_MAX, UNREQUESTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { openRound, type Round } from "./round.ts";

export class RoundTable {
  readonly #rounds = new Map<RoundKey, Round>();
  readonly #unrequestedBy = new Map<NodeId, number>();

  get size(): number {
    return this.#rounds.size;
  }

  get(recipient: Address, epoch: number): Round | undefined {
    return this.#rounds.get(roundKey(recipient, epoch));
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Round> {
    return this.#rounds.values();
  }

  /** The round a registered node asked for; null when the table is full of requested rounds. */
  request(recipient: Address, epoch: number, request: SignedClaimRequest | null): Round | null {
    const existing = this.get(recipient, epoch);
    if (existing === undefined && !this.#makeRoom()) return null;
    const round = existing ?? this.#insert(openRound(recipient, epoch, null));
    if (!round.requested) this.#forgetOpener(round);
    round.requested = true;
    if (request !== null) round.askedBy.add(request.nodeId);
    round.request ??= request;
    return round;
  }

  /** Whether a share of this node may be looked at: its round is open, or it has the budget to open one. */
  mayShare(recipient: Address, epoch: number, nodeId: NodeId): boolean {
    if (this.get(recipient, epoch) !== undefined) return true;
    return (this.#unrequestedBy.get(nodeId) ?? 0) < UNREQUESTED_ROUNDS_PER_NODE_MAX && this.#rounds.size < ROUNDS_MAX;
  }

  /** The round of a checked share; null when it may not be opened. */
  forShare(recipient: Address, epoch: number, nodeId: NodeId): Round | null {
    const existing = this.get(recipient, epoch);
    if (existing !== undefined) return existing;
    if (!this.mayShare(recipient, epoch, nodeId)) return null;
    this.#unrequestedBy.set(nodeId, (this.#unrequestedBy.get(nodeId) ?? 0) + 1);
    return this.#insert(openRound(recipient, epoch, nodeId));
  }

  /** Drops the rounds below an epoch; says how many. */
  prune(belowEpoch: number): number {
    let dropped = 0;
    for (const round of this.#rounds.values()) {
      if (round.epoch >= belowEpoch) continue;
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
      if (round.requested) continue;
      this.#drop(round);
      return true;
    }
    return false;
  }

  #drop(round: Round): void {
    if (!round.requested) this.#forgetOpener(round);
    this.#rounds.delete(round.key);
  }

  #forgetOpener(round: Round): void {
    if (round.openedBy === null) return;
    const left = (this.#unrequestedBy.get(round.openedBy) ?? 0) - 1;
    if (left > 0) this.#unrequestedBy.set(round.openedBy, left);
    else this.#unrequestedBy.delete(round.openedBy);
  }
}
