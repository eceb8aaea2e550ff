/** Calls of the contracts that are ready to send: where to, what with, and who has to. */
import {
  type Address,
  distributorInterface,
  g2Struct,
  type Hex,
  type IdLists,
  type ProofContent,
  proofCalldata,
  type RewardClaim,
  rewardClaimCalldata,
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

/** Pays a part of what the chain has for the recipient (P-26). `gas` where a call before it has to be mined first. */
export function claimPartCall(distributor: Address, recipient: Address, amount: bigint, gas?: bigint): ReadyCall {
  const options = gas === undefined ? {} : { gas };
  return { ...callOf(distributor, rewardsDistributorAbi, "claimRewards(uint256)", [amount], options), from: recipient };
}

const RAISE_BY_PROOF = "updateRewardsBalancesWithProofs";
const RAISE_BY_BUNDLE = "updateRewardsBalance";

/** Records the amount of a proof and pays nobody (P-41). Anybody may send it. */
export function raiseByProofCall(distributor: Address, content: ProofContent): ReadyCall {
  const { recipient, amount, rootIndex, proof } = content;
  const claims = [{ recipient, amount, rootIndex, proof: [...proof] }];
  const data = distributorInterface().encodeFunctionData(RAISE_BY_PROOF, [claims]) as Hex;
  return { what: RAISE_BY_PROOF, from: null, to: distributor, data };
}

/** Records the amount of a signed claim and pays nobody (P-25). Anybody may send it. */
export function raiseByBundleCall(
  contract: Address,
  message: RewardClaim,
  signature: Uint8Array,
  lists: IdLists,
): ReadyCall {
  const data = rewardClaimCalldata(message, signature, lists);
  return { what: RAISE_BY_BUNDLE, from: null, to: contract, data };
}

/** Whether a transaction of this name only records what was earned: another one pays. */
export function onlyRecords(what: string): boolean {
  return what === RAISE_BY_PROOF || what === RAISE_BY_BUNDLE;
}
