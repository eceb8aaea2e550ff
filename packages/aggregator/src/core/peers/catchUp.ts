/**
 * Catch-up (P-87): what gossip lost, fetched from a few peers by comparing signers bitfields.
 * Enters: the rounds held, and peers' requests. Leaves: encoded requests and answers. Not here: streams
 * (adapters/libp2p), checking (intake.ts).
 */
import {
  type CatchUpRound,
  decodeCatchUpRequest,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  MAX_CATCH_UP_REQUESTS,
  MAX_CATCH_UP_ROUNDS,
  roundKey,
  type Share,
  type SignedClaimRequest,
  Signers,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import {
  CATCH_UP_BUSY_MS,
  CATCH_UP_IDLE_MS,
  CATCH_UP_PEERS,
  CATCH_UP_ROUND_OVERHEAD_BYTES,
  CATCH_UP_ROUNDS_BYTES,
  CATCH_UP_SHARES_MAX,
} from "../limits.ts";
import { heardFrom, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { wireShare } from "../signing.ts";
import type { CatchUp } from "../stages.ts";

export class PeerCatchUp implements CatchUp {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  #nextMs = 0;
  #turn = 0;

  constructor(context: Context, rounds: RoundTable) {
    this.#context = context;
    this.#rounds = rounds;
  }

  /** Asks the next few peers in turn when it is time to. */
  tick(busy: boolean, { nowMs, emit }: Step): void {
    if (nowMs < this.#nextMs || this.#context.connected.length === 0) return;
    this.#nextMs = nowMs + (busy ? CATCH_UP_BUSY_MS : CATCH_UP_IDLE_MS);
    const data = encodeCatchUpRequest({ rounds: roundsToName(newestFirst(this.#rounds)) });
    for (const peer of this.#nextPeers()) emit({ type: "catch-up-ask", peer, data });
  }

  hurry(nowMs: number): void {
    this.#nextMs = Math.min(this.#nextMs, nowMs);
  }

  /**
   * The answer to a peer's request: the requests of rounds it does not name, and the shares its bitfields lack.
   * Rounds that nobody wanted are left out: the peer cannot name them, so their shares would travel with every
   * exchange.
   */
  answer(data: Uint8Array): Uint8Array {
    const named = new Map(decodeCatchUpRequest(data).rounds.map((round) => [roundKey(round), round.signers]));
    const requests: SignedClaimRequest[] = [];
    const shares: Share[] = [];
    for (const round of newestFirst(this.#rounds)) {
      if (!round.wanted) continue;
      const theirs = named.get(round.key);
      if (theirs === undefined && round.request !== null && requests.length < MAX_CATCH_UP_REQUESTS)
        requests.push(round.request);
      for (const share of sharesLacking(round, theirs ?? Signers.empty)) {
        if (shares.length >= CATCH_UP_SHARES_MAX) return encodeCatchUpResponse({ requests, shares });
        shares.push(share);
      }
    }
    return encodeCatchUpResponse({ requests, shares });
  }

  /** Peers in turn, in key order: over a few exchanges everyone is asked, and no peer chooses who is. */
  #nextPeers(): PeerKey[] {
    const peers = [...this.#context.connected].sort();
    const count = Math.min(CATCH_UP_PEERS, peers.length);
    const chosen = Array.from({ length: count }, (_, i) => peers[(this.#turn + i) % peers.length] as PeerKey);
    this.#turn += count;
    return chosen;
  }
}

/**
 * A claim's round is named only when its request is here: otherwise the peer's request is wanted too. Rounds of other
 * kinds have no request.
 */
function roundsToName(newest: readonly Round[]): CatchUpRound[] {
  const rounds: CatchUpRound[] = [];
  let bytes = 0;
  for (const round of newest) {
    if (!round.wanted || (round.id.kind === "RewardClaim" && round.request === null)) continue;
    const signers = Signers.of(heardFrom(round));
    bytes += CATCH_UP_ROUND_OVERHEAD_BYTES + signers.toBytes().length;
    if (bytes > CATCH_UP_ROUNDS_BYTES || rounds.length >= MAX_CATCH_UP_ROUNDS) break;
    rounds.push({ ...round.id, signers });
  }
  return rounds;
}

function sharesLacking(round: Round, theirs: Signers): Share[] {
  const lacking: Share[] = [];
  for (const { signed, shares } of round.groups.values()) {
    for (const [nodeId, signature] of shares) {
      if (!theirs.has(nodeId)) lacking.push(wireShare(round, signed, nodeId, signature));
    }
  }
  return lacking;
}

function newestFirst(rounds: RoundTable): Round[] {
  return [...rounds.all()].reverse();
}
