// Events of a few contracts since a block. In: addresses and topics. Out: logs in their order. A node that refuses so
// long a range is asked for halves of it.
import type { Address } from "@quorate/common";
import type { Log, Provider } from "ethers";

/** A range of no more blocks than this is not split further: what refuses it refuses all. */
const SMALLEST_RANGE_BLOCKS = 1_000;

/** The logs of `addresses` from a block on; where topics are given, those whose first topic is one of them. */
export async function logsSince(
  provider: Provider,
  addresses: readonly Address[],
  fromBlock: number,
  topics: readonly string[] = [],
): Promise<readonly Log[]> {
  const filter = { address: [...addresses], topics: topics.length === 0 ? [] : [[...topics]] };
  const read = async (from: number, to: number): Promise<readonly Log[]> => {
    if (from > to) return [];
    try {
      return await provider.getLogs({ ...filter, fromBlock: from, toBlock: to });
    } catch (error) {
      if (to - from < SMALLEST_RANGE_BLOCKS) throw error;
      const middle = Math.floor((from + to) / 2);
      return [...(await read(from, middle)), ...(await read(middle + 1, to))];
    }
  };
  return read(fromBlock, await provider.getBlockNumber());
}
