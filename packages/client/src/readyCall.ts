/** Calls of the contracts that are ready to send: where to, what with, and who has to. */
import {
  type Address,
  g2Struct,
  type IdLists,
  type ProofContent,
  proofCalldata,
  type RewardClaim,
  rewardsDistributorAbi,
  serviceNodeRewardsAbi,
} from "@quorate/common";
import { type Call, callOf } from "./calls.ts";

export interface ReadyCall extends Call {
  /** Who has to send it; null where anybody may. */
  readonly from: Address | null;
}

/** Raises the recipient's lifetime amount by a proof, and pays all that is owed (P-41). */
export function proofCall(distributor: Address, content: ProofContent): ReadyCall {
  const { recipient } = content;
  return { what: "claimWithProof", from: recipient, to: distributor, data: proofCalldata(content) };
}

/** Raises the recipient's lifetime amount by a signed claim, and pays all that is owed, in one call (P-24 to P-26). */
export function updateAndClaimCall(
  contract: Address,
  { recipient, amount }: RewardClaim,
  signature: Uint8Array,
  { nonSigners, extraSigners }: IdLists,
): ReadyCall {
  const args = [amount, g2Struct(signature), [...nonSigners], [...extraSigners]];
  return { ...callOf(contract, serviceNodeRewardsAbi, "updateAndClaim", args), from: recipient };
}

/** Pays what the chain has for the recipient already (P-26). */
export function claimRewardsCall(distributor: Address, recipient: Address): ReadyCall {
  return { ...callOf(distributor, rewardsDistributorAbi, "claimRewards()", []), from: recipient };
}
