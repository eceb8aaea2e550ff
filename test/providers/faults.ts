/**
 * What a scripted provider does wrong. A fault is plain data, drawn from a seed (plan.ts), and carried out by
 * provider.ts. `share` of its requests are hit: 1 for all of them.
 */

interface Hits {
  /** Above 0, at most 1. */
  readonly share: number;
}

/** Keeps no honest follower from anything but time. */
export type Quirk =
  | { readonly kind: "none" }
  /** Each answer comes so many milliseconds late, well within the follower's deadline. */
  | { readonly kind: "delay"; readonly ms: number }
  /** So many blocks behind the others. */
  | { readonly kind: "lag"; readonly blocks: number }
  /** Refuses logs of more blocks at once, in the words of some real provider. */
  | { readonly kind: "range limit"; readonly blocks: number; readonly words: number }
  /** Refuses so many requests of each ten. */
  | { readonly kind: "rate limit"; readonly ofTen: number; readonly retryAfter: boolean };

/** Nothing usable comes. */
export type Failure =
  | ({ readonly kind: "drip"; readonly everyMs: number } & Hits)
  /** The connection breaks before, in or after the headers. */
  | ({ readonly kind: "cut"; readonly where: "before" | "headers" | "body" } & Hits)
  | ({ readonly kind: "garbage"; readonly form: number } & Hits)
  | ({ readonly kind: "status"; readonly status: number } & Hits)
  | ({ readonly kind: "silent" } & Hits)
  /** An answer of 20 MB. */
  | ({ readonly kind: "huge" } & Hits)
  /** A few kilobytes that become 20 MB for whoever inflates them. */
  | ({ readonly kind: "bomb" } & Hits)
  | ({ readonly kind: "refused logs" } & Hits)
  | ({ readonly kind: "pruned blocks" } & Hits);

/** Something usable comes, and it is not so. */
export type Lie =
  | ({ readonly kind: "wrong hash" } & Hits)
  /** From a block on, which may be final, another chain: its hashes, and without that block's events. */
  | ({ readonly kind: "reorganised head"; readonly from: number } & Hits)
  /** Logs left out under the right hashes: all of them, or those of one contract. */
  | ({ readonly kind: "holes"; readonly all: boolean } & Hits)
  /** An event more than there is, or another amount, under the right hashes. */
  | ({ readonly kind: "invented logs"; readonly form: number } & Hits)
  /** The finalised block stays where it was so many blocks ago. */
  | ({ readonly kind: "stale finalised"; readonly blocks: number } & Hits)
  | ({ readonly kind: "far future"; readonly seconds: number } & Hits)
  | ({ readonly kind: "finalised beyond the head" } & Hits)
  | ({ readonly kind: "wrong chain" } & Hits);

export type Fault = Quirk | Failure | Lie;

export const NONE: Fault = { kind: "none" };

/** Whether no question at all is answered usefully. */
export function saysNothing(fault: Fault): boolean {
  return (
    "share" in fault &&
    fault.share === 1 &&
    ["drip", "cut", "garbage", "status", "silent", "huge", "bomb"].includes(fault.kind)
  );
}

/** `holes (all: true, share: 0.5)` */
export function describeFault({ kind, ...values }: Fault): string {
  const list = Object.entries(values).map(([name, value]) => `${name}: ${value}`);
  return list.length === 0 ? kind : `${kind} (${list.join(", ")})`;
}
