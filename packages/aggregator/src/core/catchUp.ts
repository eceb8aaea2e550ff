/**
 * Catch-up (P-87): what gossip lost, fetched from a few peers by comparing signers bitfields.
 * Enters: the rounds held, and peers' requests and answers. Leaves: encoded requests and answers. Not here: streams (adapters/libp2p), checking (intake.ts).
 */
import {
  type CatchUpRound,
  decodeCatchUpRequest,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  MAX_CATCH_UP_REQUESTS,
  MAX_CATCH_UP_ROUNDS,
  type Share,
  type SignedClaimRequest,
  Signers,
} from "@quorate/common";
import type { PeerKey } from "./io.ts";
import { roundKey } from "./kinds/roundId.ts";
import {
  CATCH_UP_BUSY_MS,
  CATCH_UP_IDLE_MS,
  CATCH_UP_PEERS,
  CATCH_UP_ROUND_OVERHEAD_BYTES,
  CATCH_UP_ROUNDS_BYTES,
  CATCH_UP_SHARES_MAX,
} from "./limits.ts";
import { heardFrom, type Round } from "./rounds/round.ts";
import { wireShare } from "./signing.ts";
import type { CoreState, Emit } from "./state.ts";

/** Asks the next few peers in turn when it is time to. */
export function catchUpTick(state: CoreState, nowMs: number, emit: Emit): void {
  const { schedule } = state;
  if (nowMs < schedule.nextCatchUpMs || state.connected.length === 0) return;
  schedule.nextCatchUpMs = nowMs + (state.claims.busy ? CATCH_UP_BUSY_MS : CATCH_UP_IDLE_MS);
  const data = encodeCatchUpRequest({ rounds: roundsToName(state) });
  for (const peer of nextPeers(state)) emit({ type: "catch-up-ask", peer, data });
}

/**
 * The answer to a peer's request: the requests of rounds it does not name, and the shares its bitfields lack. Rounds that nobody asked for are
 * left out: the peer cannot name them, so their shares would travel with every exchange. @throws coded errors of the decoder
 */
export function answerCatchUp(state: CoreState, data: Uint8Array): Uint8Array {
  const named = new Map(
    decodeCatchUpRequest(data).rounds.map((round) => [roundKey(round.recipient, round.epoch), round.signers]),
  );
  const requests: SignedClaimRequest[] = [];
  const shares: Share[] = [];
  for (const round of newestFirst(state)) {
    if (!round.requested) continue;
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

/** Only rounds whose request is here are named: for the others the peer's request is wanted too. */
function roundsToName(state: CoreState): CatchUpRound[] {
  const rounds: CatchUpRound[] = [];
  let bytes = 0;
  for (const round of newestFirst(state)) {
    if (round.request === null) continue;
    const signers = Signers.of(heardFrom(round));
    bytes += CATCH_UP_ROUND_OVERHEAD_BYTES + signers.toBytes().length;
    if (bytes > CATCH_UP_ROUNDS_BYTES || rounds.length >= MAX_CATCH_UP_ROUNDS) break;
    rounds.push({ recipient: round.recipient, epoch: round.epoch, signers });
  }
  return rounds;
}

function sharesLacking(round: Round, theirs: Signers): Share[] {
  const shares: Share[] = [];
  for (const [amount, group] of round.shares) {
    for (const [nodeId, signature] of group) {
      if (!theirs.has(nodeId)) shares.push(wireShare(round, amount, nodeId, signature));
    }
  }
  return shares;
}

function newestFirst(state: CoreState): Round[] {
  return [...state.rounds.all()].reverse();
}

/** Peers in turn, in key order: over a few exchanges everyone is asked, and no peer chooses who is. */
function nextPeers(state: CoreState): PeerKey[] {
  const peers = [...state.connected].sort();
  const count = Math.min(CATCH_UP_PEERS, peers.length);
  const chosen = Array.from(
    { length: count },
    (_, i) => peers[(state.schedule.catchUpTurn + i) % peers.length] as PeerKey,
  );
  state.schedule.catchUpTurn += count;
  return chosen;
}
