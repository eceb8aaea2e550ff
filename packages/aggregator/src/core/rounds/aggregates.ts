/**
 * From the agreeing contributions of a round to their aggregate, verified as a whole before anybody gets it (P-109).
 * Enters: a round and the nodes whose signatures are wanted. Leaves: an aggregate, or null and a loud word: each part
 * of it was checked before, so one that does not verify is a fault of this agent. Not here: when to look (collect/).
 */
import type { NodeId, Signers } from "@quorate/common";
import type { Context, Step } from "../context.ts";
import type { Part } from "./contributions.ts";
import { agreeingParts, dropPart, type Round } from "./round.ts";

/** An aggregate over the own message of a round, by exactly these nodes. */
export interface Aggregate {
  readonly signers: readonly NodeId[];
  /** 192 bytes (P-2). */
  readonly signature: Uint8Array;
}

/** Signers named in the log; a round may have thousands. */
const SIGNERS_LOGGED_MAX = 64;

export class Aggregates {
  readonly #context: Context;
  /** Aggregates that did not verify, since the start. */
  invalid = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Of what these nodes alone gave. Null where there is nothing, or where it does not add up to a valid one. */
  of(round: Round, chosen: Signers, { emit }: Step): Aggregate | null {
    const parts = agreeingParts(round, chosen);
    if (round.own === null || parts.length === 0 || round.faultyParts === parts.length) return null;
    const digest = round.own.digest.bytes;
    const signature = this.#sum(parts, digest);
    const ids = parts.flatMap((part) => part.ids).sort((a, b) => a - b);
    if (signature !== null) {
      round.faultyParts = null;
      return { signers: ids, signature };
    }
    this.invalid += 1;
    const bad = this.#bad(parts, digest);
    for (const part of bad) dropPart(round, round.own.digest, part);
    // Tried again when the parts are others: the same ones would only fail again.
    round.faultyParts = bad.length > 0 ? null : parts.length;
    const dropped = list(bad.flatMap((part) => part.ids));
    const values = { round: round.key, signers: list(ids), count: parts.length, dropped };
    emit({ type: "observe", level: "error", code: "AGGREGATE_INVALID", values });
    return null;
  }

  /** Their sum, if it verifies; null otherwise. */
  #sum(parts: readonly Part[], digest: Uint8Array): Uint8Array | null {
    const { scheme } = this.#context.modules;
    let signature: Uint8Array;
    try {
      signature = scheme.aggregateSignatures(parts.map((part) => part.signature));
    } catch {
      // What is no point, or cancels to infinity, is no aggregate either.
      return null;
    }
    return scheme.verifyAggregate(this.#keysOf(parts), digest, signature) ? signature : null;
  }

  /** By halves, so that a few bad ones among thousands cost some dozens of checks. Those named fail on their own. */
  #bad(parts: readonly Part[], digest: Uint8Array): Part[] {
    const [only, ...others] = parts;
    if (only === undefined) return [];
    if (others.length === 0) return this.#holds(only, digest) ? [] : [only];
    const middle = Math.ceil(parts.length / 2);
    return [parts.slice(0, middle), parts.slice(middle)].flatMap((half) =>
      this.#sum(half, digest) === null ? this.#bad(half, digest) : [],
    );
  }

  /** As it was checked when it came. */
  #holds(part: Part, digest: Uint8Array): boolean {
    const { scheme } = this.#context.modules;
    const [first, ...others] = this.#keysOf([part]);
    if (first === undefined) return false;
    const key = others.length === 0 ? first : scheme.aggregatePublicKeys([first, ...others]);
    return scheme.verify(key, digest, part.signature);
  }

  #keysOf(parts: readonly Part[]): Uint8Array[] {
    const { nodes } = this.#context.ledger;
    return parts.flatMap(({ ids }) => ids.flatMap((id) => nodes.get(id)?.node.blsKey ?? []));
  }
}

function list(ids: readonly NodeId[]): string {
  const shown = ids.slice(0, SIGNERS_LOGGED_MAX).join(",");
  return ids.length > SIGNERS_LOGGED_MAX ? `${shown} and ${ids.length - SIGNERS_LOGGED_MAX} more` : shown;
}
