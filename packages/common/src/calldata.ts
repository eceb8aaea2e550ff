/**
 * Calls to ServiceNodeRewards as calldata. In: a message, its aggregate signature, the id lists. Out: hex, ready to send.
 */

import { Interface } from "ethers";
import { serviceNodeRewardsAbi } from "./abi/index.ts";
import type { RewardClaim } from "./messages.ts";
import { g2Struct } from "./points.ts";
import type { IdLists } from "./quorum.ts";
import type { Hex } from "./types.ts";

const rewards = new Interface(serviceNodeRewardsAbi);

/**
 * `updateRewardsBalance(recipient, amount, signature, nonSigners, extraSigners)` (P-24, P-25).
 * @throws as checkSignatureEncoding
 */
export function rewardClaimCalldata(message: RewardClaim, signature: Uint8Array, lists: IdLists): Hex {
  return rewards.encodeFunctionData("updateRewardsBalance", [
    message.recipient,
    message.amount,
    g2Struct(signature),
    [...lists.nonSigners],
    [...lists.extraSigners],
  ]) as Hex;
}
