/**
 * What adds up to an aggregate: single shares, and partials of subnets (P-135). Sets of signers that overlap are never
 * added, because a key would count twice. Enters: checked contributions to one message. Leaves: disjoint ones. Not
 * here: who sends them (peers/delivery.ts), their sum (aggregates.ts).
 */
import { type KindMessage, type NodeId, Signers } from "@quorate/common";
import { PARTIALS_KEPT_MAX } from "../limits.ts";
import { groupBy } from "../lists.ts";

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
  /** Of each subnet at most PARTIALS_KEPT_MAX; one is within another only where it adds to a third. */
  readonly partials: Contribution[];
  /** Who is in the disjoint contributions of all; null until asked for again. */
  signers: Signers | null;
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
export function signersOf(group: Group): Signers {
  group.signers ??= Signers.of(group.shares.keys()).union(...signersIn(disjointPartials(group.partials, group.shares)));
  return group.signers;
}

/**
 * Disjoint contributions by allowed nodes alone: of each subnet the partials that say most together, then the single
 * shares of whoever is in none.
 */
export function disjointParts(group: Group, allowed: Signers): Part[] {
  const fitting = group.partials.filter(({ signers }) => allowed.isSuperset(signers));
  const chosen = disjointPartials(fitting, group.shares);
  const parts: Part[] = chosen.map(({ signers, signature }) => ({ ids: signers.ids(), signature }));
  const taken = Signers.empty.union(...signersIn(chosen));
  for (const [id, signature] of group.shares) {
    if (allowed.has(id) && !taken.has(id)) parts.push({ ids: [id], signature });
  }
  return parts;
}

function signersIn(partials: readonly Contribution[]): Signers[] {
  return partials.map(({ signers }) => signers);
}

/** Subnets have no node in common. */
function disjointPartials(partials: readonly Contribution[], shares: ReadonlyMap<NodeId, unknown>): Contribution[] {
  return groupBy(partials, ({ subnet }) => subnet).flatMap((here) => bestDisjoint(here, shares));
}

/**
 * Of one subnet's partials the disjoint ones that have most signers of whom no single share is here; of equally good
 * choices one with the largest. All are tried, 2^5 at most: by taking the largest first, one that overlaps two smaller
 * ones would take more away than it brings.
 */
function bestDisjoint(partials: readonly Contribution[], shares: ReadonlyMap<NodeId, unknown>): Contribution[] {
  const largestFirst = [...partials].sort((a, b) => b.signers.count - a.signers.count);
  if (largestFirst.length === 1) return largestFirst;
  const added = largestFirst.map(({ signers }) => signers.ids().filter((id) => !shares.has(id)).length);
  let best: readonly Contribution[] = [];
  let most = 0;
  const choose = (from: number, chosen: readonly Contribution[], sum: number): void => {
    if (sum > most) [best, most] = [chosen, sum];
    for (let i = from; i < largestFirst.length; i++) {
      const one = largestFirst[i] as Contribution;
      if (chosen.every(({ signers }) => signers.isDisjoint(one.signers))) {
        choose(i + 1, [...chosen, one], sum + (added[i] as number));
      }
    }
  };
  choose(0, [], 0);
  return [...best];
}

/**
 * Whether a partial by these signers would be of use: none that was checked holds all of them, and it would be kept.
 * So whoever sends subsets one after the other is soon told no, and a set with a signer whom others left out never is.
 */
export function isOfUse(group: Group | undefined, added: Contribution): boolean {
  if (group === undefined) return true;
  const here = group.partials.filter(({ subnet }) => subnet === added.subnet);
  if (here.some(({ signers }) => signers.isSuperset(added.signers))) return false;
  if (added.signers.ids().every((id) => group.shares.has(id))) return false;
  return keptOf(here, added, group.shares).includes(added);
}

/** Adds a checked partial, in the place of what it makes needless. */
export function keepPartial(group: Group, added: Contribution): void {
  const here = group.partials.filter(({ subnet }) => subnet === added.subnet);
  const others = group.partials.filter(({ subnet }) => subnet !== added.subnet);
  group.partials.splice(0, Infinity, ...others, ...keptOf(here, added, group.shares));
  group.signers = null;
}

/**
 * Which of a subnet's partials and one more are kept (P-135): not those within it, and of too many not the smallest.
 * But those of the best choice stay, so that who counts never becomes fewer; unless they are too many themselves.
 */
function keptOf(
  here: readonly Contribution[],
  added: Contribution,
  shares: ReadonlyMap<NodeId, unknown>,
): readonly Contribution[] {
  const all = [...here, added];
  const best = new Set(bestDisjoint(all, shares));
  const fitting = all.filter((one) => one === added || best.has(one) || !added.signers.isSuperset(one.signers));
  if (fitting.length <= PARTIALS_KEPT_MAX) return fitting;
  const needless = fitting.filter((one) => !best.has(one));
  // Of equally small ones the new one goes: nobody makes this agent check one after the other.
  const smaller = (a: Contribution, b: Contribution) => (b.signers.count <= a.signers.count ? b : a);
  const dropped = (needless.length > 0 ? needless : fitting).reduce(smaller);
  return fitting.filter((one) => one !== dropped);
}
