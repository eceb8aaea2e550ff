/**
 * Catch-up (P-87): what gossip lost, fetched from a few peers by comparing signers bitfields, and one sum over all
 * rounds that have settled (P-157).
 * Enters: the rounds held, and peers' requests. Leaves: encoded requests and answers. Not here: streams
 * (adapters/libp2p), checking (intake.ts).
 */
import {
  type CatchUpRequest,
  type CatchUpRound,
  decodeCatchUpRequest,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  isInSubnet,
  type KindMessage,
  MAX_CATCH_UP_REQUESTS,
  MAX_CATCH_UP_ROUNDS,
  type PartialAggregate,
  roundKey,
  type Share,
  Signers,
  type Subnet,
} from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import {
  CATCH_UP_ANSWER_BYTES,
  CATCH_UP_BUSY_MS,
  CATCH_UP_COMPARED_MAX,
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
import { groupBy } from "../lists.ts";
import { heardFrom, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { wireShare } from "../signing.ts";
import type { CatchUp } from "../stages.ts";
import { CatchUpRest } from "./catchUpRest.ts";
import { subnetPartial } from "./partials.ts";
import { ownSubnet } from "./subnets.ts";

export class PeerCatchUp implements CatchUp {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #rest: CatchUpRest;
  /** Peers asked with a sum whose answer may say that theirs differs; the longest ago first. */
  readonly #compared = new Set<PeerKey>();
  /** Those of them whose sum differs: they are asked again, with every round named. */
  readonly #differing = new Set<PeerKey>();
  #nextMs = 0;
  #turn = 0;

  constructor(context: Context, rounds: RoundTable) {
    this.#context = context;
    this.#rounds = rounds;
    this.#rest = new CatchUpRest(context);
  }

  /** Asks the next few peers in turn when it is time to; whoever differs in what was not named, at once. */
  tick(busy: boolean, needed: ReadonlySet<Round>, step: Step): void {
    if (this.#context.connected.length === 0) return;
    if (this.#differing.size > 0) return this.#nameAll(needed, step);
    const { nowMs, emit } = step;
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + (busy ? CATCH_UP_BUSY_MS : CATCH_UP_IDLE_MS) + this.#context.load.spacingMs;
    const data = encodeCatchUpRequest(this.#whatChanged(needed, nowMs));
    for (const peer of this.#nextPeers()) {
      emit({ type: "catch-up-ask", peer, data });
      this.#compared.delete(peer);
      this.#compared.add(peer);
      if (this.#compared.size > CATCH_UP_COMPARED_MAX) this.#compared.delete(oldest(this.#compared));
    }
  }

  differs(peer: PeerKey): void {
    if (this.#compared.delete(peer)) this.#differing.add(peer);
  }

  /** P-157: rounds that have settled are not named; one sum says what they are. */
  #whatChanged(needed: ReadonlySet<Round>, nowMs: number): CatchUpRequest {
    const open = [...this.#rounds.all()].filter(isNamable);
    const matters = (round: Round) =>
      needed.has(round) || this.#rounds.isAwaited(round) || !this.#rest.isSettled(round, nowMs);
    const rounds = this.#naming(open.filter(matters), needed);
    const named = new Set(rounds.map(roundKey));
    const rest = open.filter(({ key }) => !named.has(key));
    return { rounds, onlyNamed: false, rest: rest.length === 0 ? null : this.#rest.sums(rest, nowMs).all };
  }

  #nameAll(needed: ReadonlySet<Round>, { emit }: Step): void {
    const rounds = this.#naming([...this.#rounds.all()].filter(isNamable), needed);
    const data = encodeCatchUpRequest({ rounds, onlyNamed: false, rest: null });
    for (const peer of this.#differing) {
      if (this.#context.connected.includes(peer)) emit({ type: "catch-up-ask", peer, data });
    }
    this.#differing.clear();
  }

  #naming(rounds: readonly Round[], needed: ReadonlySet<Round>): CatchUpRound[] {
    const hasSubnets = ownSubnet(this.#context) !== null;
    return roundsToName(inTurns(this.#rounds, rounds), (round) => !hasSubnets || needed.has(round));
  }

  hurry(nowMs: number): void {
    this.#nextMs = Math.min(this.#nextMs, nowMs);
  }

  /**
   * The answer to a peer's request: the shares its bitfields lack, of the rounds it names first, and the requests of
   * those that it does not name, as far as its sum (P-157) does not say that it has them.
   * Rounds that nobody wanted are left out: the peer cannot name them, so their shares would travel with every
   * exchange.
   */
  answer(data: Uint8Array, { nowMs }: Step): Uint8Array {
    const { rounds, onlyNamed, rest } = decodeCatchUpRequest(data);
    const named = new Map(rounds.map((round) => [roundKey(round), round]));
    const unnamed = onlyNamed ? [] : [...this.#rounds.all()].filter(({ wanted, key }) => wanted && !named.has(key));
    const missing = this.#missingOf(unnamed, rest, nowMs);
    const differs = missing === null;
    const others = inTurns(this.#rounds, missing ?? []);
    const requests = others.flatMap(({ request }) => request ?? []).slice(0, MAX_CATCH_UP_REQUESTS);
    const shares: Share[] = [];
    const partials: PartialAggregate[] = [];
    let bytes = 0;
    for (const { round, theirs, singles } of this.#lacking([...named.values()], others)) {
      const lacking = sharesLacking(round, theirs, singles ? ownSubnet(this.#context) : null);
      const partial = singles ? null : this.#instead(round, lacking, theirs);
      if (partial !== null) partials.push(partial);
      bytes += partial === null ? 0 : partialBytes(partial);
      for (const share of partial === null ? lacking : []) {
        bytes += wireBytes(share);
        if (shares.length >= CATCH_UP_SHARES_MAX || bytes > CATCH_UP_ANSWER_BYTES) {
          return encodeCatchUpResponse({ requests, shares, partials, differs });
        }
        shares.push(share);
      }
    }
    return encodeCatchUpResponse({ requests, shares, partials, differs });
  }

  /**
   * What the asker lacks of the rounds that it does not name: all if it has no others; nothing if its sum is the one
   * over them; and if it is the one over those that have settled, the newer ones. Null where neither is (P-157).
   */
  #missingOf(unnamed: readonly Round[], rest: bigint | null, nowMs: number): readonly Round[] | null {
    if (rest === null) return unnamed;
    const { all, settled } = this.#rest.sums(unnamed.filter(isNamable), nowMs);
    if (rest === all) return [];
    return rest === settled ? unnamed.filter((round) => !this.#rest.isSettled(round, nowMs)) : null;
  }

  /**
   * One partial of the own subnet by those whom the asker lacks, where these are more than a few: it adds to what an
   * asker has that does not want single shares.
   */
  #instead(round: Round, lacking: readonly Share[], theirs: Signers): PartialAggregate | null {
    const subnet = ownSubnet(this.#context);
    if (subnet === null || lacking.length <= PULL_SINGLES_MAX) return null;
    const partial = subnetPartial(this.#context, round, subnet, (id) => !theirs.has(id));
    return partial !== null && partial.signers.count > PULL_SINGLES_MAX ? partial : null;
  }

  *#lacking(
    named: readonly CatchUpRound[],
    others: readonly Round[],
  ): Generator<{ readonly round: Round; readonly theirs: Signers; readonly singles: boolean }> {
    for (const { signers, needless, singles, ...id } of named) {
      const round = this.#rounds.get(id);
      if (round?.wanted && !needless) yield { round, theirs: signers, singles };
    }
    // With subnets an agent asks for the signatures it needs, of rounds it knows (P-137).
    if (ownSubnet(this.#context) !== null) return;
    for (const round of others) yield { round, theirs: Signers.empty, singles: false };
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
function isNamable({ wanted, id, request }: Round): boolean {
  return wanted && (id.kind !== "RewardClaim" || request !== null);
}

function roundsToName(open: readonly Round[], isNeeded: (round: Round) => boolean): CatchUpRound[] {
  const rounds: CatchUpRound[] = [];
  let bytes = 0;
  for (const round of open) {
    const needless = !isNeeded(round);
    const signers = needless ? Signers.empty : heardFrom(round);
    bytes += CATCH_UP_ROUND_OVERHEAD_BYTES + signers.byteLength;
    if (bytes > CATCH_UP_ROUNDS_BYTES || rounds.length >= MAX_CATCH_UP_ROUNDS) break;
    rounds.push({ ...round.id, signers, needless, singles: false });
  }
  return rounds;
}

/** @param within null: of all subnets */
function sharesLacking(round: Round, theirs: Signers, within: Subnet | null): Share[] {
  const lacking: Share[] = [];
  for (const { signed, shares } of round.groups.values()) {
    for (const [nodeId, signature] of shares) {
      if (!theirs.has(nodeId) && (within === null || isInSubnet(nodeId, within)))
        lacking.push(wireShare(round, signed, nodeId, signature));
    }
  }
  return lacking;
}

function partialBytes(partial: PartialAggregate): number {
  return wireBytes(partial) + partial.signers.byteLength;
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
function inTurns(table: RoundTable, rounds: readonly Round[]): Round[] {
  const newestFirst = [...rounds].reverse();
  const isFirst = (round: Round) => round.id.kind !== "RewardClaim" || table.isAwaited(round);
  const first = newestFirst.filter(isFirst);
  const others = newestFirst.filter((round) => !isFirst(round));
  for (let turn = 0, left = groupBy(others, ({ origin }) => origin); left.length > 0; turn++) {
    left = left.filter((theirs) => turn < theirs.length);
    first.push(...left.map((theirs) => theirs[turn] as Round));
  }
  return first;
}

function oldest<T>(set: ReadonlySet<T>): T {
  return set.values().next().value as T;
}
