/**
 * Liars that add up others' shares (P-132): they leave somebody out, send subsets, wrong sums, other sums to other
 * peers, nothing, or too much. Each is an aggregator like all others: it knows the single shares that mates sent it,
 * and the partials it should pass on.
 */
import {
  decodeCatchUpResponse,
  encodeCatchUpResponse,
  encodeGossip,
  type NodeId,
  type PartialAggregate,
  type Share,
  Signers,
  subnetBits,
} from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";
import { partialIn, roundIn, sharesIn, sharesSent } from "../messages.ts";
import { isHonest } from "../plan.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

type DirectEffect = Extract<Effect, { type: "direct" }>;

/** The single shares a liar knows, by round: what it can make valid partials of. */
class Known {
  readonly #rounds = new Map<string, Map<NodeId, Share>>();
  readonly #liar: Liar;

  constructor(liar: Liar) {
    this.#liar = liar;
  }

  take(data: Uint8Array): void {
    for (const share of sharesIn(data)) {
      const round = roundIn(share);
      this.#rounds.set(round, (this.#rounds.get(round) ?? new Map()).set(share.nodeId, share));
    }
  }

  /** Those of a partial's signers; its own is made. */
  within(partial: PartialAggregate): Share[] {
    const known = this.#rounds.get(roundIn(partial));
    return partial.signers.ids().flatMap((nodeId) => {
      const { subnet: _subnet, signers: _signers, ...signed } = partial;
      if (nodeId === this.#liar.self.id) return [{ ...signed, nodeId, signature: this.#liar.sign(partial) }];
      return known?.get(nodeId) ?? [];
    });
  }
}

/** What stands for the liar's own partials and those it should pass on; null: nothing. */
type Replace = (partial: PartialAggregate, effect: DirectEffect, known: Known) => void;

/** Replaces every partial that the core sends to one or more peers; others hear what `replace` makes of it. */
function onPartials(liar: Liar, replace: Replace): Behaviour {
  const known = new Known(liar);
  return {
    onDirect: (_from, data) => known.take(data),
    onEffect(effect) {
      const partial = effect.type === "direct" || effect.type === "publish" ? partialIn(effect.data) : null;
      if (partial === null) return false;
      if (effect.type === "direct") replace(partial, effect, known);
      return true;
    },
  };
}

function send(liar: Liar, effect: DirectEffect, partial: PartialAggregate): void {
  const data = encodeGossip({ type: "partial", partial });
  for (const peer of peersOf(liar, effect)) liar.whisper(peer, data);
}

function peersOf(liar: Liar, { peers }: DirectEffect): NodeId[] {
  return peers.flatMap((peer) => liar.world.idOf.get(peer) ?? []);
}

/** The valid partial of some shares. */
function sumOf(liar: Liar, { subnet, ...signed }: PartialAggregate, shares: readonly Share[]): PartialAggregate {
  const signature = liar.world.scheme.aggregateSignatures(shares.map((share) => share.signature));
  return { ...signed, subnet, signers: Signers.of(shares.map(({ nodeId }) => nodeId)), signature };
}

export function omitter(liar: Liar, random: Random): Behaviour {
  const { plan } = liar.world;
  const mates = matesOf(liar).filter((id) => isHonest(plan, id));
  const victim = mates.length === 0 ? 0 : random.pick(mates);
  return onPartials(liar, (partial, effect, known) => {
    if (!partial.signers.has(victim)) return send(liar, effect, partial);
    const others = known.within(partial).filter(({ nodeId }) => nodeId !== victim);
    if (others.length > 0) send(liar, effect, sumOf(liar, partial, others));
  });
}

/** Parts sent in place of one partial. */
const SUBSETS = 3;

export function subsetter(liar: Liar, random: Random): Behaviour {
  return onPartials(liar, (partial, effect, known) => {
    const shares = known.within(partial);
    for (let i = 0; i < SUBSETS && shares.length > 1; i++) {
      send(liar, effect, sumOf(liar, partial, random.sample(shares, 1 + random.below(shares.length - 1))));
    }
  });
}

/** As often as it may before it is banned. */
export function falseSummer(liar: Liar, random: Random): Behaviour {
  return onPartials(liar, (partial, effect) => {
    const signature = liar.sign(partial, liar.strangerSecret(random));
    const data = encodeGossip({ type: "partial", partial: { ...partial, signature } });
    for (const peer of peersOf(liar, effect)) liar.tell(peer, data, true);
  });
}

export function twoSums(liar: Liar, random: Random): Behaviour {
  return onPartials(liar, (partial, effect, known) => {
    const shares = known.within(partial);
    for (const peer of peersOf(liar, effect)) {
      const half = random.sample(shares, Math.ceil(shares.length / 2));
      if (half.length === 0) continue;
      liar.whisper(peer, encodeGossip({ type: "partial", partial: sumOf(liar, partial, half) }));
    }
  });
}

export function partialDropper(liar: Liar): Behaviour {
  return onPartials(liar, () => {});
}

/** For each partial it should send, one of another subnet, of all its nodes, with a signature of its own. */
export function inventor(liar: Liar, random: Random): Behaviour {
  return onPartials(liar, (partial, effect) => {
    send(liar, effect, partial);
    const index = random.below(2 ** partial.subnet.bits);
    const ids = liar.world.plan.ids.filter((id) => id % 2 ** partial.subnet.bits === index);
    const subnet = { ...partial.subnet, index };
    const invented = { ...partial, subnet, signers: Signers.of(ids), signature: liar.sign(partial) };
    const data = encodeGossip({ type: "partial", partial: invented });
    for (const peer of peersOf(liar, effect)) liar.tell(peer, data, true);
  });
}

/** All are valid and each adds something: nobody blames it, and every peer checks as many as the subnet has nodes. */
export function dripper(liar: Liar): Behaviour {
  return onPartials(liar, (partial, _effect, known) => {
    const shares = known.within(partial);
    for (let count = 1; count <= shares.length; count++) {
      const data = encodeGossip({ type: "partial", partial: sumOf(liar, partial, shares.slice(0, count)) });
      for (const peer of liar.peers()) liar.whisper(peer, data);
    }
  });
}

/** The honest node of most conspirers' subnet with the lowest id: all of them come to the same one. */
function victimOf(liar: Liar): NodeId {
  const { plan, nodes } = liar.world;
  return plan.ids.find((id) => isHonest(plan, id) && nodes.get(id)?.active === true) ?? 0;
}

export function conspirer(liar: Liar): Behaviour {
  const victim = victimOf(liar);
  const isConspirer = (id: NodeId): boolean => liar.world.plan.byzantine.get(id) === "conspirer";
  const behaviour = onPartials(liar, (partial, effect, known) => {
    if (!partial.signers.has(victim)) return send(liar, effect, partial);
    const others = known.within(partial).filter(({ nodeId }) => nodeId !== victim);
    if (others.length > 0) send(liar, effect, sumOf(liar, partial, others));
  });
  return {
    ...behaviour,
    onEffect(effect) {
      if (effect.type === "catch-up-reply") {
        liar.agent.answer(effect.handle, withoutVictim(effect.data, victim));
        return true;
      }
      if (effect.type !== "direct" || sharesSent(effect)[0]?.nodeId !== liar.self.id)
        return behaviour.onEffect?.(effect) === true;
      const friends = peersOf(liar, effect).filter(isConspirer);
      for (const peer of friends) liar.whisper(peer, effect.data);
      return friends.length > 0;
    },
  };
}

function withoutVictim(data: Uint8Array, victim: NodeId): Uint8Array {
  const { requests, shares, partials, differs } = decodeCatchUpResponse(data);
  return encodeCatchUpResponse({
    requests,
    differs,
    shares: shares.filter(({ nodeId }) => nodeId !== victim),
    partials: partials.filter(({ signers }) => !signers.has(victim)),
  });
}

/** The other nodes of the liar's subnet, as the first of its partials will have it. */
function matesOf({ self, world }: Liar): NodeId[] {
  const bits = subnetBits(world.nodes.size, world.floodMax);
  return world.plan.ids.filter((id) => id !== self.id && id % 2 ** bits === self.id % 2 ** bits);
}
