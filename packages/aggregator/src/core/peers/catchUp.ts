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
  type KindMessage,
  MAX_CATCH_UP_REQUESTS,
  MAX_CATCH_UP_ROUNDS,
  type NodeId,
  type PartialAggregate,
  roundKey,
  type Share,
  Signers,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import {
  CATCH_UP_ANSWER_BYTES,
  CATCH_UP_BUSY_MS,
  CATCH_UP_IDLE_MS,
  CATCH_UP_PEERS,
  CATCH_UP_ROUND_OVERHEAD_BYTES,
  CATCH_UP_ROUNDS_BYTES,
  CATCH_UP_SHARES_MAX,
  PULL_SINGLES_MAX,
  REPORT_ID_WIRE_BYTES,
  REPORT_SHARE_WIRE_BYTES,
  SHARE_WIRE_BYTES,
} from "../limits.ts";
import { heardFrom, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { wireShare } from "../signing.ts";
import type { CatchUp } from "../stages.ts";
import { subnetPartial } from "./partials.ts";
import { ownSubnet } from "./subnets.ts";

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
  tick(busy: boolean, needed: ReadonlySet<Round>, { nowMs, emit }: Step): void {
    if (nowMs < this.#nextMs || this.#context.connected.length === 0) return;
    this.#nextMs = nowMs + (busy ? CATCH_UP_BUSY_MS : CATCH_UP_IDLE_MS) + this.#context.load.spacingMs;
    const isNeeded = (round: Round) => ownSubnet(this.#context) === null || needed.has(round);
    const rounds = roundsToName(inTurns(this.#rounds), isNeeded);
    const data = encodeCatchUpRequest({ rounds, onlyNamed: false });
    for (const peer of this.#nextPeers()) emit({ type: "catch-up-ask", peer, data });
  }

  hurry(nowMs: number): void {
    this.#nextMs = Math.min(this.#nextMs, nowMs);
  }

  /**
   * The answer to a peer's request: the shares its bitfields lack, of the rounds it names first, and the requests of
   * those that it does not name.
   * Rounds that nobody wanted are left out: the peer cannot name them, so their shares would travel with every
   * exchange.
   */
  answer(data: Uint8Array): Uint8Array {
    const { rounds, onlyNamed } = decodeCatchUpRequest(data);
    const named = new Map(rounds.map((round) => [roundKey(round), round]));
    const others = onlyNamed ? [] : inTurns(this.#rounds).filter(({ wanted, key }) => wanted && !named.has(key));
    const requests = others.flatMap(({ request }) => request ?? []).slice(0, MAX_CATCH_UP_REQUESTS);
    const shares: Share[] = [];
    const partials: PartialAggregate[] = [];
    let bytes = 0;
    for (const { round, theirs } of this.#lacking([...named.values()], others)) {
      const lacking = sharesLacking(round, theirs);
      const partial = this.#instead(round, lacking, theirs);
      if (partial !== null) partials.push(partial);
      bytes += partial === null ? 0 : partialBytes(partial);
      for (const share of partial === null ? lacking : []) {
        bytes += wireBytes(share);
        if (shares.length >= CATCH_UP_SHARES_MAX || bytes > CATCH_UP_ANSWER_BYTES) {
          return encodeCatchUpResponse({ requests, shares, partials });
        }
        shares.push(share);
      }
    }
    return encodeCatchUpResponse({ requests, shares, partials });
  }

  /**
   * The partial of the own subnet, where the asker has none of it and lacks more than a few shares. What it has in part
   * it can only complete with single ones.
   */
  #instead(round: Round, lacking: readonly Share[], theirs: Signers): PartialAggregate | null {
    const subnet = ownSubnet(this.#context);
    if (subnet === null || lacking.length <= PULL_SINGLES_MAX) return null;
    const partial = subnetPartial(this.#context, round, subnet);
    return partial?.signers.ids().some((id) => theirs.has(id)) === false ? partial : null;
  }

  *#lacking(
    named: readonly CatchUpRound[],
    others: readonly Round[],
  ): Generator<{ readonly round: Round; readonly theirs: Signers }> {
    for (const { signers, needless, ...id } of named) {
      const round = this.#rounds.get(id);
      if (round?.wanted && !needless) yield { round, theirs: signers };
    }
    // With subnets an agent asks for the signatures it needs, of rounds it knows (P-137).
    if (ownSubnet(this.#context) !== null) return;
    for (const round of others) yield { round, theirs: Signers.empty };
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
function roundsToName(open: readonly Round[], isNeeded: (round: Round) => boolean): CatchUpRound[] {
  const rounds: CatchUpRound[] = [];
  let bytes = 0;
  for (const round of open) {
    if (!round.wanted || (round.id.kind === "RewardClaim" && round.request === null)) continue;
    const needless = !isNeeded(round);
    const signers = needless ? Signers.empty : heardFrom(round);
    bytes += CATCH_UP_ROUND_OVERHEAD_BYTES + signers.toBytes().length;
    if (bytes > CATCH_UP_ROUNDS_BYTES || rounds.length >= MAX_CATCH_UP_ROUNDS) break;
    rounds.push({ ...round.id, signers, needless });
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

function partialBytes(partial: PartialAggregate): number {
  return wireBytes(partial) + partial.signers.toBytes().length;
}

function wireBytes(signed: KindMessage): number {
  if (signed.kind !== "EpochReport") return SHARE_WIRE_BYTES;
  const { activate, decommission } = signed.message;
  return REPORT_SHARE_WIRE_BYTES + REPORT_ID_WIRE_BYTES * (activate.length + decommission.length);
}

/**
 * P-87: what the own stakers wait for, and the few rounds that are signed unasked; then one of each node that asked for
 * some, in turns: newest first, as far as the turns allow.
 */
function inTurns(table: RoundTable): Round[] {
  const first: Round[] = [];
  const byOrigin = new Map<NodeId | null, Round[]>();
  for (const round of [...table.all()].reverse()) {
    if (round.id.kind !== "RewardClaim" || table.isAwaited(round)) first.push(round);
    else addTo(byOrigin, round);
  }
  for (let turn = 0, left = [...byOrigin.values()]; left.length > 0; turn++) {
    left = left.filter((theirs) => turn < theirs.length);
    first.push(...left.map((theirs) => theirs[turn] as Round));
  }
  return first;
}

function addTo(byOrigin: Map<NodeId | null, Round[]>, round: Round): void {
  const theirs = byOrigin.get(round.origin);
  if (theirs === undefined) byOrigin.set(round.origin, [round]);
  else theirs.push(round);
}
