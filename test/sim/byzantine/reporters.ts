/**
 * Liars about epoch reports: false roots, shares kept back, records that hide somebody, showings that overlap.
 */
import {
  type ChainCall,
  deriveIdLists,
  digestOf,
  encodeGossip,
  hasReportQuorum,
  type NodeId,
  type Share,
  Signers,
  stakeSigned,
  toHex,
} from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";
import type { LifeChain } from "../life/chain.ts";
import { sharesIn, sharesSent } from "../messages.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

type ReportShare = Extract<Share, { kind: "EpochReport" }>;

const LOOK_EVERY_MS = 500;

/** A late sender waits so long: most records have landed then. */
const LATE_PART_OF_EPOCH = 0.6;

/** One node in so many is left out by a hider, and at least one. */
const HIDDEN_ONE_IN = 10;

/** Other roots in place of the right one. */
export function falseRoot(liar: Liar, random: Random): Behaviour {
  return withoutStreams(liar, (share) => {
    const data = encodeGossip({ type: "shares", shares: [withOtherRoot(liar, share, random)] });
    for (const peer of liar.peers()) send(liar, peer, data);
  });
}

/** Each peer gets one or the other first; both reach everyone. */
export function twoRoots(liar: Liar, random: Random): Behaviour {
  return onOwnReport(liar, (share) => {
    const other = withOtherRoot(liar, share, random);
    for (const peer of liar.peers()) {
      const sent = random.chance(0.5) ? share : other;
      send(liar, peer, encodeGossip({ type: "shares", shares: [sent] }));
    }
  });
}

export function hoarder(liar: Liar): Behaviour {
  return withoutStreams(liar, () => {});
}

/** Everyone else has to show it, in a transaction of its own. */
export function lateSender(liar: Liar, random: Random): Behaviour {
  const lateMs = lifeOf(liar).calendar.epochMs * LATE_PART_OF_EPOCH;
  return withoutStreams(liar, (share) => {
    liar.world.scheduler.after(lateMs, () => {
      const peers = liar.peers();
      if (liar.agent.core === null || peers.length === 0) return;
      send(liar, random.pick(peers), encodeGossip({ type: "shares", shares: [share] }));
    });
  });
}

/**
 * A block of itself and one whom honest agents are about to show makes their showing count for nobody (P-56): it waits
 * until one is sent, and pays to be before it. Once an epoch, for after that it is in a block itself.
 */
export function overlapper(liar: Liar, random: Random): Behaviour {
  const chain = lifeOf(liar);
  const heard = new Heard(liar);
  const done = new Set<number>();
  let own: ReportShare | null = null;
  const look = (): void => {
    liar.world.scheduler.after(LOOK_EVERY_MS, look);
    // One front-run for each showing, so that several of them can spoil as many.
    const shows = chain.pending.filter(({ call }) => call.type === "show");
    const isLie = shows.some(({ from }) => liar.world.plan.byzantine.has(from));
    const call = isLie ? undefined : shows[0]?.call;
    if (call?.type !== "show" || own === null || own.epoch !== call.epoch || done.has(call.epoch)) return;
    const others = heard.of(call.epoch, own).filter(({ nodeId }) => call.signers.includes(nodeId));
    if (others.length === 0) return;
    done.add(call.epoch);
    const chosen = [own, random.pick(others)].sort((a, b) => a.nodeId - b.nodeId);
    const signers = chosen.map(({ nodeId }) => nodeId);
    transact(liar, chain, { type: "show", epoch: call.epoch, signature: aggregate(liar, chosen), signers });
  };
  liar.world.scheduler.after(LOOK_EVERY_MS, look);
  return {
    ...withoutStreams(liar, (share) => {
      own = share;
    }),
    onGossip: (_from, data) => heard.take(data),
    onDirect: (_from, data) => heard.take(data),
  };
}

/** Records with no more signers than it needs, and never with its victims. */
export function hider(liar: Liar, random: Random): Behaviour {
  const chain = lifeOf(liar);
  const heard = new Heard(liar);
  const done = new Set<number>();
  const others = [...liar.world.nodes.values()].filter(({ id, active }) => active && id !== liar.self.id);
  const victims = random.sample(others, Math.max(1, Math.floor(others.length / HIDDEN_ONE_IN)));
  const hidden = new Set(victims.map(({ id }) => id));
  let own: ReportShare | null = null;
  const look = (): void => {
    liar.world.scheduler.after(LOOK_EVERY_MS, look);
    if (own === null || done.has(own.epoch)) return;
    const shares = [own, ...heard.of(own.epoch, own)].filter(({ nodeId }) => !hidden.has(nodeId));
    const signers = Signers.of(shares.map(({ nodeId }) => nodeId));
    const nodes = chain.contract.views();
    if (!hasReportQuorum(stakeSigned(signers, nodes))) return;
    done.add(own.epoch);
    const lists = deriveIdLists(signers, nodes);
    transact(liar, chain, { type: "report", report: own.message, signature: aggregate(liar, shares), ...lists });
  };
  liar.world.scheduler.after(LOOK_EVERY_MS, look);
  return {
    onGossip: (_from, data) => heard.take(data),
    onDirect: (_from, data) => heard.take(data),
    onEffect: (effect) => {
      own = ownReport(liar, effect) ?? own;
      return false;
    },
  };
}

/** Shares of reports a liar has heard: it keeps those that are right, and only over what it signs itself. */
class Heard {
  readonly #liar: Liar;
  readonly #shares = new Map<number, Map<NodeId, ReportShare>>();

  constructor(liar: Liar) {
    this.#liar = liar;
  }

  take(data: Uint8Array): void {
    for (const share of sharesIn(data)) this.#take(share);
  }

  #take(share: Share): void {
    if (share.kind !== "EpochReport" || share.nodeId === this.#liar.self.id) return;
    const of = this.#shares.get(share.epoch) ?? new Map<NodeId, ReportShare>();
    this.#shares.set(share.epoch, of);
    if (!of.has(share.nodeId) && this.#isRight(share)) of.set(share.nodeId, share);
  }

  of(epoch: number, { message }: ReportShare): ReportShare[] {
    return [...(this.#shares.get(epoch)?.values() ?? [])].filter(
      (share) => share.message.rewardsRoot === message.rewardsRoot,
    );
  }

  #isRight({ kind, message, nodeId, signature }: ReportShare): boolean {
    const { world } = this.#liar;
    const key = world.nodes.get(nodeId)?.blsKey;
    return key !== undefined && world.scheme.verify(key, digestOf(world.domain, kind, message), signature);
  }
}

function lifeOf(liar: Liar): LifeChain {
  if (liar.world.life === null) throw new Error("this liar needs a chain");
  return liar.world.life;
}

/** A share to one peer, in the way in which it is heard. */
function send(liar: Liar, peer: NodeId, data: Uint8Array): void {
  if (liar.hasSubnets) liar.whisper(peer, data);
  else if (liar.agent.core !== null) liar.world.network.push(liar.self.id, peer, data);
}

function transact(liar: Liar, chain: LifeChain, call: ChainCall): void {
  if (liar.agent.core === null) return;
  const { id: from, registered } = liar.self;
  const sent = { from, submitter: registered.operator, call, notAfter: Number.MAX_SAFE_INTEGER };
  chain.frontRun({ ...sent, readyMs: liar.world.scheduler.nowMs, onEnd: () => {} });
}

function aggregate(liar: Liar, shares: readonly ReportShare[]): Uint8Array {
  return liar.world.scheme.aggregateSignatures(shares.map(({ signature }) => signature));
}

function withOtherRoot(liar: Liar, share: ReportShare, random: Random): ReportShare {
  const message = { ...share.message, rewardsRoot: toHex(random.bytes(32)) };
  return { ...share, message, signature: liar.sign({ kind: share.kind, message }) };
}

function ownReport(liar: Liar, effect: Effect): ReportShare | null {
  const shares = sharesSent(effect).flatMap((share) => (share.kind === "EpochReport" ? [share] : []));
  return shares.find(({ nodeId }) => nodeId === liar.self.id) ?? null;
}

/** In place of publishing the own share of a report. */
function onOwnReport(liar: Liar, act: (share: ReportShare) => void): Behaviour {
  return {
    onEffect: (effect) => {
      const share = ownReport(liar, effect);
      if (share === null) return false;
      const others = sharesSent(effect).filter((other) => other !== share);
      const data = others.length === 0 ? null : encodeGossip({ type: "shares", shares: others });
      if (data !== null) for (const peer of liar.peers()) send(liar, peer, data);
      act(share);
      return true;
    },
  };
}

/**
 * As above; catch-up, which would hand the share out, is answered with nothing, and its own core sends no calls with
 * it.
 */
function withoutStreams(liar: Liar, act: (share: ReportShare) => void): Behaviour {
  const { onEffect } = onOwnReport(liar, act);
  return {
    onEffect: (effect) => {
      if (effect.type === "submit") return true;
      if (effect.type !== "catch-up-reply") return onEffect?.(effect) === true;
      liar.agent.answer(effect.handle, new Uint8Array());
      return true;
    },
  };
}
