/**
 * What a provider means when it does not do what it is asked. Enters: the error of a question (rpc.ts), its cause being
 * what the provider said. Leaves: the meaning of a refused transaction, or the revert of a simulated call. Clients
 * agree on meanings, not on words.
 */
import { parseRevert, revertDataIn } from "../chain/reverts.ts";

export type SendRefusal =
  /** It has this very transaction, waiting or in a block. */
  | "already-known"
  /** The nonce is used: this transaction, another version of it, or another one is in a block. */
  | "nonce-too-low"
  /**
   * Another transaction with this nonce waits and offers too much to be replaced, or the provider wants more than is
   * offered.
   */
  | "underpriced"
  | "insufficient-funds"
  /** It did not answer, or refuses for a reason of its own. */
  | "other";

/** Words of geth, reth, Nethermind, Besu, Erigon, anvil and EDR, most telling first. */
const MEANINGS: readonly (readonly [RegExp, SendRefusal])[] = [
  [/already known|already imported|already exists|alreadyknown|known transaction/i, "already-known"],
  [/nonce[ _]?(is )?too[ _]?low|oldnonce|nonce has already been used|invalid nonce.*lower/i, "nonce-too-low"],
  [/insufficient ?funds|enough funds|upfront cost|insufficient (account )?balance/i, "insufficient-funds"],
  [
    /underpriced|fee ?too ?low|price too low|less than block base fee|below.*minimum|too low to (compete|replace)/i,
    "underpriced",
  ],
];

export function meaningOf(error: unknown): SendRefusal {
  const said = wordsOf(error);
  return MEANINGS.find(([words]) => words.test(said))?.[1] ?? "other";
}

/**
 * The contract's error when a call reverted: its name by the ABIs of @quorate/common, its selector if they do not know
 * it, `unknown` without one. Null when the question itself failed, which says nothing about the call.
 */
export function revertOf(error: unknown): string | null {
  const data = revertDataIn(innermost(error));
  if (data !== null) return parseRevert(data)?.name ?? (data.length < 10 ? "unknown" : data.slice(0, 10));
  return /revert|out of gas|invalid opcode|gas required exceeds/i.test(wordsOf(error)) ? "unknown" : null;
}

interface RpcError {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly data?: unknown;
  readonly cause?: unknown;
  readonly error?: unknown;
  readonly info?: unknown;
}

/** What the provider said, without ethers' words around it, which hold the whole request. */
function innermost(error: unknown): RpcError {
  let at = (error ?? {}) as RpcError;
  for (let depth = 0; depth < 6; depth++) {
    const inner = at.error ?? (at.info as RpcError | undefined)?.error ?? at.cause;
    if (typeof inner !== "object" || inner === null) return at;
    at = inner as RpcError;
  }
  return at;
}

function wordsOf(error: unknown): string {
  const { message, data } = innermost(error);
  const more = typeof data === "object" && data !== null ? (data as RpcError).message : undefined;
  return `${message ?? ""} ${more ?? ""}`;
}
