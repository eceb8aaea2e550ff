/**
 * Logs from the newest block back. Enters: an address and topics. Leaves: logs, a range of blocks at a time; whoever
 * asks says when there are enough. A provider that refuses a range is asked for half of it.
 */
import type { Address } from "@quorate/common";
import { type ChainProviders, coded } from "@quorate/common/chain";
import type { Log, TopicFilter } from "ethers";
import { LOG_BLOCKS_MAX, LOG_BLOCKS_MIN } from "./limits.ts";

export interface LogsWanted {
  readonly address: Address;
  readonly topics: TopicFilter;
  /** The newest block. */
  readonly latest: number;
  /** Blocks in the first question; as many as there are by default. */
  readonly blocks?: number | undefined;
}

/** @throws CHAIN_PROVIDER_FAILED */
export async function* logsBackFrom(
  chain: Pick<ChainProviders, "getLogs">,
  { address, topics, latest, blocks: first = LOG_BLOCKS_MAX }: LogsWanted,
): AsyncGenerator<readonly Log[]> {
  let blocks = first;
  for (let toBlock = latest; toBlock >= 0; ) {
    const fromBlock = Math.max(0, toBlock - blocks + 1);
    try {
      yield newestFirst(await coded(() => chain.getLogs({ address, topics, fromBlock, toBlock }), "eth_getLogs"));
    } catch (error) {
      // Public providers bound the range, each in words of its own.
      const asked = toBlock - fromBlock + 1;
      if (asked <= LOG_BLOCKS_MIN) throw error;
      blocks = Math.max(LOG_BLOCKS_MIN, Math.floor(asked / 2));
      continue;
    }
    toBlock = fromBlock - 1;
    blocks = Math.min(LOG_BLOCKS_MAX, blocks * 2);
  }
}

function newestFirst(logs: readonly Log[]): readonly Log[] {
  return [...logs].sort((a, b) => b.blockNumber - a.blockNumber || b.index - a.index);
}
