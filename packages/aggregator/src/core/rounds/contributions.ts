/**
 * What adds up to an aggregate: single shares, and partials of subnets (P-135). Sets of signers that overlap are never
 * added, because a key would count twice. Enters: checked contributions to one message. Leaves: disjoint ones. Not
 * here: who sends them (peers/delivery.ts), their sum (aggregates.ts).
 */
import type { KindMessage, NodeId, Signers } from "@quorate/common";
import { PARTIALS_KEPT_MAX } from "../limits.ts";

/** A checked sum of some nodes' shares. */
export interface Contribution {
  readonly subnet: number;
  readonly signers: Signers;
  /** 192 bytes (P-2). */
  readonly signature: Uint8Array;
}

/** The checked contributions to one message. */
export interface Group {
  readonly signed: KindMessage;
  readonly shares: Map<NodeId, Uint8Array>;
  /** Of each subnet at most PARTIALS_KEPT_MAX; none is within another. */
  readonly partials: Contribution[];
  /** Who is in the disjoint contributions of all; null until asked for again. */
  signers: NodeIds | null;
}

/** A set of nodes, as a map's keys or as a set. */
export interface NodeIds {
  readonly size: number;
  has(id: NodeId): boolean;
  keys(): IterableIterator<NodeId>;
}

/** A part of a sum. */
export interface Part {
  readonly ids: readonly NodeId[];
  readonly signature: Uint8Array;
}

export function newGroup(signed: KindMessage): Group {
  return { signed, shares: new Map(), partials: [], signers: null };
}

/** Everyone in the disjoint contributions. */
export function signersOf(group: Group): NodeIds {
  // Small networks have single shares alone.
  if (group.partials.length === 0) return group.shares;
  group.signers ??= new Set(disjointParts(group, () => true).flatMap(({ ids }) => ids));
  return group.signers;
}

/**
 * Disjoint contributions by allowed nodes alone: of overlapping partials the one with most signers, then the single
 * shares of whoever is in none.
 */
export function disjointParts(group: Group, isAllowed: (id: NodeId) => boolean): Part[] {
  const taken = new Set<NodeId>();
  const parts: Part[] = [];
  const largestFirst = [...group.partials].sort((a, b) => b.signers.count - a.signers.count);
  for (const { signers, signature } of largestFirst) {
    const ids = signers.ids();
    if (!ids.every((id) => isAllowed(id) && !taken.has(id))) continue;
    for (const id of ids) taken.add(id);
    parts.push({ ids, signature });
  }
  for (const [id, signature] of group.shares) {
    if (isAllowed(id) && !taken.has(id)) parts.push({ ids: [id], signature });
  }
  return parts;
}

/**
 * Whether a partial by these signers would be of use: none that was checked holds all of them, and there is room, or
 * it has more signers than one that is kept. So whoever sends subsets one after the other is soon told no, and a set
 * with a signer whom others left out never is.
 */
export function isOfUse(group: Group | undefined, { subnet, signers }: Omit<Contribution, "signature">): boolean {
  if (group === undefined) return true;
  const kept = group.partials.filter((partial) => partial.subnet === subnet);
  if (kept.some((partial) => partial.signers.isSuperset(signers))) return false;
  if (signers.ids().every((id) => group.shares.has(id))) return false;
  return kept.length < PARTIALS_KEPT_MAX || kept.some((partial) => partial.signers.count < signers.count);
}

/** Adds a checked partial; what lies within it goes, and the smallest of too many. */
export function keepPartial(group: Group, added: Contribution): void {
  const isWithin = (one: Contribution) => one.subnet === added.subnet && added.signers.isSuperset(one.signers);
  const others = group.partials.filter((one) => !isWithin(one));
  const kept = others.filter(({ subnet }) => subnet === added.subnet);
  const smallest = kept.length < PARTIALS_KEPT_MAX ? null : kept.reduce((a, b) => smaller(a, b));
  group.partials.splice(0, Infinity, ...others.filter((one) => one !== smallest), added);
  group.signers = null;
}

function smaller(a: Contribution, b: Contribution): Contribution {
  return b.signers.count < a.signers.count ? b : a;
}
