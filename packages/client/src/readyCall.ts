/** Calls of the contracts that are ready to send: where to, what with, and who has to. */
import {
  type Address,
  g2Struct,
  type Hex,
  type IdLists,
  type ProofContent,
  proofCalldata,
  type RewardClaim,
  rewardsDistributorAbi,
  serviceNodeRewardsAbi,
} from "@quorate/common";
import { Interface } from "ethers";

export interface ReadyCall {
  /** The function, for people. */
  readonly what: string;
  /** Who has to send it; null where anybody may. */
  readonly from: Address | null;
  readonly to: Address;
  readonly data: Hex;
}

const rewards = new Interface(serviceNodeRewardsAbi);
const distributorInterface = new Interface(rewardsDistributorAbi);

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
  const data = rewards.encodeFunctionData("updateAndClaim", args) as Hex;
  return { what: "updateAndClaim", from: recipient, to: contract, data };
}

/** Pays what the chain has for the recipient already (P-26). */
export function claimRewardsCall(distributor: Address, recipient: Address): ReadyCall {
  const data = distributorInterface.encodeFunctionData("claimRewards()") as Hex;
  return { what: "claimRewards", from: recipient, to: distributor, data };
}
