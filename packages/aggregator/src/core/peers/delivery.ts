/**
 * Where signatures go (P-130 to P-136). Up to FLOOD_MAX nodes the own share is gossiped to all. Above, it goes to a few
 * nodes of the own subnet, the round's aggregators; what these have checked they add up to a partial, which travels
 * back the way each request came. Enters: the own share, rounds that got shares, requests, partials that were checked.
 * Leaves: messages. Not here: checking (intake.ts), and what is still missing (pull.ts).
 */
import {
  encodeGossip,
  MAX_GOSSIP_BYTES,
  type NodeId,
  type PartialAggregate,
  parseRoundKey,
  type RoundKey,
  type Share,
  type Subnet,
  setNewest,
  subnetOf,
} from "@quorate/common";
import { type Context, connectedSet, type Step } from "../context.ts";
import type { PeerKey } from "../io.ts";
import type { LedgerNode } from "../ledger/events.ts";
import { AGGREGATORS, OWN_SHARES_AGAIN_MAX, PARTIAL_AFTER_MS, PARTIAL_AGAIN_MS, PARTIALS_SENT_MAX } from "../limits.ts";
import { ownGroup, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import type { Delivery, MadeShare } from "../stages.ts";
import { singlesIn, subnetPartial } from "./partials.ts";
import { aggregatorOrder, matesOf, ownSubnet, subnetsOf } from "./subnets.ts";

/** What this node has sent of its own subnet for a round. */
interface Sent {
  signers: number;
  times: number;
  /** When there may be another. */
  nextMs: number;
}

export class PeerDelivery implements Delivery {
  readonly #context: Context;
  readonly #rounds: RoundTable;
  readonly #sent = new WeakMap<Round, Sent>();
  /** The newest own shares, for aggregators that connect later. */
  readonly #own = new Map<RoundKey, Share>();
  /** Rounds that wait for company; they leave it when they are sent, or leave the table. */
  readonly #due = new Set<Round>();
  #timerMs: number | null = null;

  constructor(context: Context, rounds: RoundTable) {
    this.#context = context;
    this.#rounds = rounds;
  }

  shares(made: readonly MadeShare[], step: Step): void {
    const subnet = ownSubnet(this.#context);
    if (subnet === null) {
      for (const data of fitting(made.map(({ share }) => share))) step.emit({ type: "publish", data });
      return;
    }
    for (const { round, share } of made) {
      setNewest(this.#own, round.key, share, OWN_SHARES_AGAIN_MAX);
      this.#sendShare(round, share, subnet, step);
    }
  }

  peersChanged(before: ReadonlySet<PeerKey>, step: Step): void {
    const subnet = ownSubnet(this.#context);
    if (subnet === null) return;
    const connected = connectedSet(this.#context);
    for (const mate of matesOf(this.#context)) {
      if (!connected.has(mate) || before.has(mate)) continue;
      const shares = [...this.#own].flatMap(([key, share]) => {
        const round = this.#rounds.get(parseRoundKey(key));
        const aggregators = round === undefined ? [] : this.#aggregators(round, subnet);
        return aggregators.some(({ identityKey }) => identityKey === mate) ? share : [];
      });
      for (const data of fitting(shares)) step.emit({ type: "direct", peers: [mate], data });
    }
  }

  #sendShare(round: Round, share: Share, subnet: Subnet, step: Step): void {
    const peers = this.#aggregators(round, subnet).filter(({ id }) => id !== this.#context.ownNode?.id);
    const identities = peers.map(({ identityKey }) => identityKey);
    if (peers.length > 0) step.emit({ type: "direct", peers: identities, data: messageOf([share]) });
  }

  roundChanged(round: Round, step: Step): void {
    const subnet = ownSubnet(this.#context);
    if (subnet === null || round.routes.size === 0 || !this.#isAggregator(round, subnet)) return;
    const signers = singlesIn(round, subnet).length;
    const sent = this.#sent.get(round) ?? { signers: 0, times: 0, nextMs: step.nowMs + PARTIAL_AFTER_MS };
    this.#sent.set(round, sent);
    if (signers <= sent.signers || sent.times >= PARTIALS_SENT_MAX) return;
    const members = subnetsOf(this.#context).members[subnet.index] ?? [];
    if (signers >= members.length) return this.#send(round, subnet, sent, step);
    this.#due.add(round);
    this.#schedule(step);
  }

  /** What was passed on before goes the new way too: nobody sends it here again. */
  routed(round: Round, origin: NodeId, step: Step): void {
    const subnet = ownSubnet(this.#context);
    if (subnet === null) return;
    for (const { subnet: index, signers, signature } of ownGroup(round)?.partials ?? []) {
      if (round.own === null) continue;
      const partial = { ...round.own.signed, epoch: round.id.epoch, subnet: { ...subnet, index }, signers, signature };
      this.#pass(round, [origin], partial, null, step);
    }
    const own = (this.#sent.get(round)?.times ?? 0) > 0 ? subnetPartial(this.#context, round, subnet) : null;
    if (own !== null && !isHeldByOthers(round, own)) this.#pass(round, [origin], own, null, step);
    this.roundChanged(round, step);
  }

  timer(step: Step): void {
    this.#timerMs = null;
    const subnet = ownSubnet(this.#context);
    for (const round of this.#due) {
      const sent = this.#sent.get(round);
      if (subnet === null || sent === undefined || this.#rounds.get(round.id) !== round) this.#due.delete(round);
      else if (sent.nextMs <= step.nowMs) this.#send(round, subnet, sent, step);
    }
    this.#schedule(step);
  }

  pass(round: Round, partial: PartialAggregate, from: PeerKey | null, step: Step): void {
    this.#pass(round, round.routes.keys(), partial, from, step);
  }

  /** To nobody twice, and not back to where it came from. Where no way is left the origin asks for it (P-137). */
  #pass(round: Round, origins: Iterable<NodeId>, partial: PartialAggregate, from: PeerKey | null, step: Step): void {
    const connected = connectedSet(this.#context);
    const hops = new Set<PeerKey>();
    for (const origin of origins) {
      if (origin === this.#context.ownNode?.id) continue;
      for (const hop of this.#ways(round, origin, connected)) if (hop !== from) hops.add(hop);
    }
    if (hops.size === 0) return;
    step.emit({ type: "direct", peers: [...hops], data: encodeGossip({ type: "partial", partial }) });
  }

  /** The origin itself; else who brought its request, and one of its mates, which are connected to it. */
  #ways(round: Round, origin: NodeId, connected: ReadonlySet<PeerKey>): PeerKey[] {
    const node = this.#context.ledger.nodes.get(origin)?.node;
    if (node !== undefined && connected.has(node.identityKey)) return [node.identityKey];
    const { bits, members } = subnetsOf(this.#context);
    const { index } = subnetOf(origin, bits);
    const isOwn = index === ownSubnet(this.#context)?.index;
    const mates = isOwn ? [] : aggregatorOrder(round.key, members[index] ?? []);
    const mate = mates.find(({ identityKey }) => connected.has(identityKey));
    const route = round.routes.get(origin);
    const back = route !== undefined && connected.has(route) ? [route] : [];
    return mate === undefined ? back : [...back, mate.identityKey];
  }

  #send(round: Round, subnet: Subnet, sent: Sent, step: Step): void {
    this.#due.delete(round);
    const partial = subnetPartial(this.#context, round, subnet);
    if (partial === null) return;
    sent.signers = partial.signers.count;
    sent.nextMs = step.nowMs + PARTIAL_AGAIN_MS * 2 ** sent.times;
    sent.times += 1;
    if (!isHeldByOthers(round, partial)) this.pass(round, partial, null, step);
  }

  /** Whether others' shares are here, or this node would be the one to add them up. */
  #isAggregator(round: Round, subnet: Subnet): boolean {
    if (singlesIn(round, subnet).length > 1) return true;
    return this.#aggregators(round, subnet).some(({ id }) => id === this.#context.ownNode?.id);
  }

  /** The first of the order that are there: this node itself, and those it is connected to. */
  #aggregators(round: Round, { index }: Subnet): LedgerNode[] {
    const { ownNode } = this.#context;
    const there = connectedSet(this.#context);
    const members = subnetsOf(this.#context).members[index] ?? [];
    const aggregators: LedgerNode[] = [];
    for (const node of aggregatorOrder(round.key, members)) {
      if (aggregators.length >= AGGREGATORS) break;
      if (node.id === ownNode?.id || there.has(node.identityKey)) aggregators.push(node);
    }
    return aggregators;
  }

  #schedule({ emit }: Step): void {
    if (this.#due.size === 0) return;
    const atMs = Math.min(...[...this.#due].map((round) => this.#sent.get(round)?.nextMs ?? Number.POSITIVE_INFINITY));
    if (this.#timerMs !== null && this.#timerMs <= atMs) return;
    this.#timerMs = atMs;
    emit({ type: "set-timer", timer: "partials", atMs });
  }
}

/** Whether another's partial that was passed on holds all of it. */
function isHeldByOthers(round: Round, { subnet, signers }: PartialAggregate): boolean {
  const others = ownGroup(round)?.partials.filter((one) => one.subnet === subnet.index) ?? [];
  return others.some((one) => one.signers.isSuperset(signers));
}

/** P-158: as few messages as hold all of them, in their order. */
function fitting(shares: readonly Share[]): Uint8Array[] {
  const messages: Share[][] = [];
  for (const share of shares) {
    const last = messages.at(-1) ?? [];
    if (last.length > 0 && messageOf([...last, share]).length <= MAX_GOSSIP_BYTES) last.push(share);
    else messages.push([share]);
  }
  return messages.map(messageOf);
}

function messageOf(shares: readonly Share[]): Uint8Array {
  return encodeGossip({ type: "shares", shares });
}
