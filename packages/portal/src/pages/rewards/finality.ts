/**
 * Follows a transaction that is in a block until the block is final. Enters: its receipt. Leaves: when no
 * reorganisation can take it back any more; a block that is taken back is noticed, and the one that holds it then is
 * followed.
 */
import { quorateError } from "@quorate/common";
import { type ChainProviders, coded } from "@quorate/common/chain";
import type { TransactionReceipt } from "ethers";

/** Milliseconds between two looks at the finalised block: Ethereum's moves every 6 minutes, a local chain's at once. */
const LOOK_MS = 1_500;
/** Looks in a row at which the transaction is in no block before it is called lost: three minutes. */
const GONE_LOOKS = 120;

export interface Finality {
  readonly block: number;
  /** The chain's finalised height; null before it was told. */
  readonly finalised: number | null;
  readonly isFinal: boolean;
}

type Placed = Pick<TransactionReceipt, "hash" | "blockNumber">;

/** @throws TRANSACTION_DROPPED when it is in no block any more; the signal's reason */
export async function followToFinality(
  chain: ChainProviders,
  { hash, blockNumber }: Placed,
  tell: (finality: Finality) => void,
  signal: AbortSignal,
): Promise<void> {
  let block = blockNumber;
  for (let gone = 0; ; ) {
    signal.throwIfAborted();
    const [finalised, place] = await look(chain, hash).catch(() => [null, undefined] as const);
    if (place === null) gone += 1;
    else if (place !== undefined) [gone, block] = [0, place];
    const isFinal = typeof place === "number" && finalised !== null && finalised >= place;
    tell({ block, finalised, isFinal });
    if (isFinal) return;
    if (gone >= GONE_LOOKS) throw quorateError("TRANSACTION_DROPPED", { transaction: hash, what: "claim", block });
    await pause(LOOK_MS, signal);
  }
}

/** The finalised height, and the height that the transaction is at; null where it is in no block. */
async function look(chain: ChainProviders, hash: string): Promise<readonly [number | null, number | null]> {
  const [finalised, receipt] = await Promise.all([
    coded(() => chain.getBlock("finalized"), "eth_getBlockByNumber").catch(() => null),
    // Asked anew each time: a receipt that was kept would not notice a reorganisation.
    chain.findAnywhere("eth_getTransactionReceipt", [hash]),
  ]);
  const place = (receipt as { blockNumber?: string } | null)?.blockNumber;
  return [finalised?.number ?? null, place === undefined ? null : Number(place)];
}

function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, pauseMs);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
