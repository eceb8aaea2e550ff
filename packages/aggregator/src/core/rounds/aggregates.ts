/**
 * From the agreeing shares of a round to their aggregate, verified as a whole before anybody gets it (P-109). Enters: a
 * round and the nodes whose shares are wanted. Leaves: an aggregate, or null and a loud word: every share in it was
 * checked before, so one that does not verify is a fault of this agent. Not here: when to look (collect/).
 */
import type { NodeId } from "@quorate/common";
import type { Context, Step } from "../context.ts";
import { agreeingShares, dropShare, type Round } from "./round.ts";

/** An aggregate over the own message of a round, by exactly these nodes. */
export interface Aggregate {
  readonly signers: readonly NodeId[];
  /** 192 bytes (P-2). */
  readonly signature: Uint8Array;
}

interface Part {
  readonly id: NodeId;
  readonly blsKey: Uint8Array;
  readonly share: Uint8Array;
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

  /** Of the nodes' shares that are here. Null where there are none, or where they do not add up to a valid one. */
  of(round: Round, chosen: { has(id: NodeId): boolean }, { emit }: Step): Aggregate | null {
    const parts = this.#parts(round, chosen);
    if (round.own === null || parts.length === 0 || round.faultyShares === parts.length) return null;
    const digest = round.own.digest.bytes;
    const signature = this.#sum(parts, digest);
    if (signature !== null) {
      round.faultyShares = null;
      return { signers: parts.map(({ id }) => id), signature };
    }
    this.invalid += 1;
    const bad = this.#bad(parts, digest);
    for (const id of bad) dropShare(round, round.own.digest, id);
    // Tried again when the shares are others: the same ones would only fail again.
    round.faultyShares = bad.length > 0 ? null : parts.length;
    const signers = list(parts.map(({ id }) => id));
    const values = { round: round.key, signers, count: parts.length, dropped: list(bad) };
    emit({ type: "observe", level: "error", code: "AGGREGATE_INVALID", values });
    return null;
  }

  #parts(round: Round, chosen: { has(id: NodeId): boolean }): Part[] {
    const shares = agreeingShares(round);
    return this.#context.nodes.flatMap(({ id, blsKey }) => {
      const share = shares.get(id);
      return share === undefined || !chosen.has(id) ? [] : [{ id, blsKey, share }];
    });
  }

  /** Their sum, if it verifies; null otherwise. */
  #sum(parts: readonly Part[], digest: Uint8Array): Uint8Array | null {
    const { scheme } = this.#context.modules;
    let signature: Uint8Array;
    try {
      signature = scheme.aggregateSignatures(parts.map(({ share }) => share));
    } catch {
      // What is no point, or cancels to infinity, is no aggregate either.
      return null;
    }
    const keys = parts.map(({ blsKey }) => blsKey);
    return scheme.verifyAggregate(keys, digest, signature) ? signature : null;
  }

  /** By halves, so that a few bad ones among thousands cost some dozens of checks. Those named fail on their own. */
  #bad(parts: readonly Part[], digest: Uint8Array): NodeId[] {
    const [only, ...others] = parts;
    if (only === undefined) return [];
    if (others.length === 0) {
      return this.#context.modules.scheme.verify(only.blsKey, digest, only.share) ? [] : [only.id];
    }
    const middle = Math.ceil(parts.length / 2);
    return [parts.slice(0, middle), parts.slice(middle)].flatMap((half) =>
      this.#sum(half, digest) === null ? this.#bad(half, digest) : [],
    );
  }
}

function list(ids: readonly NodeId[]): string {
  const shown = ids.slice(0, SIGNERS_LOGGED_MAX).join(",");
  return ids.length > SIGNERS_LOGGED_MAX ? `${shown} and ${ids.length - SIGNERS_LOGGED_MAX} more` : shown;
}
