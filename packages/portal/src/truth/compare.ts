/**
 * What several agents said to one question, held against each other. Enters: their answers. Leaves: the answer that
 * most of them gave, how far it can be believed, and who says something else. Not its job: asking (panel.ts).
 */
import type { QuorateError } from "@quorate/common";
import type { Belief } from "../parts/parts.tsx";

export interface Said<A> {
  readonly url: string;
  readonly value: A;
}

/** An agent that was asked in vain. */
export interface Silent {
  readonly url: string;
  readonly error: QuorateError;
}

export interface Compared<A> {
  readonly value: A;
  readonly belief: Belief;
  /** Who says so. */
  readonly by: readonly string[];
  /** Who says something else of the same moment: somebody is wrong. */
  readonly against: readonly Said<A>[];
  /** Whose answer is of another moment, such as an epoch before: nobody need be wrong. */
  readonly elsewhen: readonly Said<A>[];
  readonly silent: readonly Silent[];
}

export interface HowToCompare<A> {
  /** Answers are the same where this is. */
  readonly keyOf: (value: A) => string;
  /** The moment that an answer is of, such as its epoch; without it, all are of the same. */
  readonly momentOf?: ((value: A) => number) | undefined;
}

/** JSON that tells bigints: for `keyOf` where whole answers are compared. */
export function wholeKey(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `${part}n` : part));
}

/** The answer that most gave; of as many, the newest, then the first. Null where nobody said anything. */
export function compareSaid<A>(
  said: readonly Said<A>[],
  { keyOf, momentOf = () => 0 }: HowToCompare<A>,
  silent: readonly Silent[] = [],
): Compared<A> | null {
  const groups = new Map<string, Said<A>[]>();
  for (const one of said) {
    const key = `${momentOf(one.value)} ${keyOf(one.value)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  let best: readonly Said<A>[] = [];
  for (const group of groups.values()) if (isBetter(group, best, momentOf)) best = group;
  const [first] = best;
  if (first === undefined) return null;
  const moment = momentOf(first.value);
  const others = said.filter((one) => !best.includes(one));
  return {
    value: first.value,
    belief: { by: "agents", count: best.length },
    by: best.map(({ url }) => url),
    against: others.filter(({ value }) => momentOf(value) === moment),
    elsewhen: others.filter(({ value }) => momentOf(value) !== moment),
    silent,
  };
}

function isBetter<A>(group: readonly Said<A>[], best: readonly Said<A>[], momentOf: (value: A) => number): boolean {
  const [one, other] = [group[0], best[0]];
  if (one === undefined || other === undefined) return other === undefined;
  if (group.length !== best.length) return group.length > best.length;
  return momentOf(one.value) > momentOf(other.value);
}

/** What the page knows by itself, whatever agents said: of those, who said otherwise is named. */
export function heldByChain<A>(value: A, compared: Compared<A> | null, { keyOf }: HowToCompare<A>): Compared<A> {
  if (compared === null) return { value, belief: { by: "chain" }, by: [], against: [], elsewhen: [], silent: [] };
  const said = [...compared.by.map((url) => ({ url, value: compared.value })), ...compared.against];
  const isSame = (one: Said<A>) => keyOf(one.value) === keyOf(value);
  return {
    ...compared,
    value,
    belief: { by: "chain" },
    by: said.filter(isSame).map(({ url }) => url),
    against: said.filter((one) => !isSame(one)),
  };
}
