/**
 * All open rounds, within bounds (P-88). Rounds that nobody wanted, opened by a share alone, are bounded per node and
 * dropped first; then those of the node that asked for most (P-78). Not here: what happens inside a round (round.ts),
 * whose turn it is to be signed (peers/requestTurns.ts).
 */
import { type NodeId, type RoundId, type RoundKey, roundKey, type SignedClaimRequest } from "@quorate/common";
import { ROUNDS_MAX, UNWANTED_ROUNDS_PER_NODE_MAX } from "../limits.ts";
import { openRound, type Round } from "./round.ts";
import { Tallies } from "./tallies.ts";

export class RoundTable {
  readonly #rounds = new Map<RoundKey, Round>();
  readonly #unwantedBy = new Tallies<NodeId>();
  /** Claims' rounds by the node they count among; null for those from before a restart. */
  readonly #byOrigin = new Tallies<NodeId | null>();
  /** Whether the own stakers wait for a round: it is never dropped for another. */
  #isAwaited: (key: RoundKey) => boolean = () => false;

  get size(): number {
    return this.#rounds.size;
  }

  /** Says, from now on, which rounds the own stakers wait for. */
  keep(isAwaited: (key: RoundKey) => boolean): void {
    this.#isAwaited = isAwaited;
  }

  isAwaited({ key }: Round): boolean {
    return this.#isAwaited(key);
  }

  get(id: RoundId): Round | undefined {
    return this.#rounds.get(roundKey(id));
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Round> {
    return this.#rounds.values();
  }

  /**
   * The round that may be signed from now on; without a request at once, with one when its turn has come. Null when
   * the table is full and holds nothing that may be dropped.
   */
  want(id: RoundId, request: SignedClaimRequest | null): Round | null {
    const existing = this.get(id);
    if (existing === undefined && !this.#makeRoom()) return null;
    const round = existing ?? this.#insert(openRound(id, null));
    if (!round.wanted) {
      this.#forgetOpener(round);
      round.wanted = true;
      if (isClaim(round)) this.#byOrigin.add(round.origin);
    }
    if (request === null) round.turn = true;
    else this.#ask(round, request);
    return round;
  }

  /** Whether a share of this node may be looked at: its round is open, or it has the budget to open one. */
  mayShare(id: RoundId, nodeId: NodeId): boolean {
    if (this.get(id) !== undefined) return true;
    return this.#unwantedBy.of(nodeId) < UNWANTED_ROUNDS_PER_NODE_MAX && this.#rounds.size < ROUNDS_MAX;
  }

  /** The round of a checked share; null when it may not be opened. */
  forShare(id: RoundId, nodeId: NodeId): Round | null {
    const existing = this.get(id);
    if (existing !== undefined) return existing;
    if (!this.mayShare(id, nodeId)) return null;
    this.#unwantedBy.add(nodeId);
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
    if (this.#rounds.get(round.key) === round) this.#drop(round);
  }

  /**
   * Of those that asked for a round it counts among the rounds of the one with fewest, so that nobody fills another's
   * part by asking first.
   */
  #ask(round: Round, request: SignedClaimRequest): void {
    const { nodeId } = request;
    round.askedBy.add(nodeId);
    round.request ??= request;
    if (round.origin !== null && this.#byOrigin.of(nodeId) >= this.#byOrigin.of(round.origin) - 1) return;
    this.#byOrigin.remove(round.origin);
    round.origin = nodeId;
    this.#byOrigin.add(nodeId);
  }

  #insert(round: Round): Round {
    this.#rounds.set(round.key, round);
    return round;
  }

  #makeRoom(): boolean {
    if (this.#rounds.size < ROUNDS_MAX) return true;
    const dropped = this.#unwantedBy.isEmpty ? this.#oldestOfLargest() : this.#oldest(({ wanted }) => !wanted);
    if (dropped !== null) this.#drop(dropped);
    return dropped !== null;
  }

  /** Of the node with most rounds the oldest that no staker of this agent waits for; of the next node, if all are. */
  #oldestOfLargest(): Round | null {
    for (const origin of this.#byOrigin.largestFirst()) {
      const oldest = this.#oldest((round) => isClaim(round) && round.origin === origin && !this.isAwaited(round));
      if (oldest !== null) return oldest;
    }
    return null;
  }

  #oldest(fits: (round: Round) => boolean): Round | null {
    for (const round of this.#rounds.values()) if (fits(round)) return round;
    return null;
  }

  #drop(round: Round): void {
    if (!round.wanted) this.#forgetOpener(round);
    else if (isClaim(round)) this.#byOrigin.remove(round.origin);
    this.#rounds.delete(round.key);
  }

  #forgetOpener(round: Round): void {
    if (round.openedBy !== null) this.#unwantedBy.remove(round.openedBy);
  }
}

/** Only claims are asked for; rounds of other kinds are few, one or two an epoch, and never dropped for others. */
function isClaim({ id }: Round): boolean {
  return id.kind === "RewardClaim";
}
