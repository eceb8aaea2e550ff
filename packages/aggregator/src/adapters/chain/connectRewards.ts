/** The contracts as commands and tests read them: the client's way, over this package's bounded transport. */
import { type ConnectOptions, RewardsContract } from "@quorate/client";
import type { Address } from "@quorate/common";
import { transportLine } from "./transportLine.ts";

/** @throws FLAG_INVALID, CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT */
export function connectRewards(
  rpc: string | readonly string[],
  address: Address,
  options: ConnectOptions = {},
): Promise<RewardsContract> {
  return RewardsContract.connect(rpc, address, { openLine: transportLine, ...options });
}
