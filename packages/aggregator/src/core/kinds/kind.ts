/**
 * What a kind of message is: which rounds it opens, what this node's own message is, when it is signed, and what its
 * quorum is. One file a kind; kinds.ts lists them. Not here: what happens at quorum (collect/), how a message is
 * signed (signing.ts, P-71).
 */
import type { KindMessage, KindName, Refusal, RoundId, SignedStake } from "@quorate/common";
import type { Context } from "../context.ts";

/** A message of one kind. */
export type MessageOfKind<K extends KindName> = Extract<KindMessage, { readonly kind: K }>;

export type Decision<M extends KindMessage = KindMessage> =
  | { readonly type: "sign"; readonly signed: M }
  /** The message is known, and others sign it: their shares count, and this node has none to give. */
  | { readonly type: "collect"; readonly signed: M }
  /** The epoch is ahead of this ledger (P-72), or the chain cannot be trusted right now (P-57): ask again later. */
  | { readonly type: "wait"; readonly refusal: Refusal }
  | { readonly type: "refuse"; readonly refusal: Refusal };

export interface MessageKind<M extends KindMessage = KindMessage> {
  readonly name: M["kind"];
  /**
   * What this node's own ledger says, also while nothing may be signed (P-73); null when it does not know, or says
   * nothing.
   */
  own(context: Context, id: RoundId): M | null;
  /** What an honest node does about a round now: the one place that says yes, not yet, or no. */
  decide(context: Context, id: RoundId): Decision<M>;
  /** The rounds that are signed unasked when `epoch` has closed; none for a kind that waits to be asked. */
  opensAtClose(context: Context, epoch: number): readonly RoundId[];
  /** Whether this much signed stake is worth an aggregate. */
  quorum(stake: SignedStake): boolean;
}
