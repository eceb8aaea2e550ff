/**
 * The staker's side on chain, by the agent's own library. In: a network, a bundle, an account. Out: receipts and
 * balances. The operator of node i, who is also its staker, has account i.
 */
import type { RewardsContract } from "@quorate/client";
import { type Address, type Bundle, type NodeId, parseBundle } from "@quorate/common";
import type { Account } from "@quorate/common/chain";
import type { TransactionReceipt } from "ethers";
import { connectRewards } from "../../packages/aggregator/src/adapters/chain/connectRewards.ts";
import type { LocalNetwork } from "./network.ts";
import { connect } from "./seed.ts";

/** `updateRewardsBalance`, with id lists derived from the node set of this moment (P-102). */
export function submitBundle(network: LocalNetwork, bundle: Bundle, account: NodeId): Promise<TransactionReceipt> {
  const { message, signature, signers } = parseBundle(bundle);
  return as(network, account, (contract, signer) => contract.updateRewardsBalance(signer, message, signature, signers));
}

/** `claimRewards` at the distributor: all that is owed. */
export function claimRewards(network: LocalNetwork, account: NodeId): Promise<TransactionReceipt> {
  return as(network, account, (contract, signer) => contract.claimRewards(signer));
}

/** Atomic units. */
export async function balanceOf(network: LocalNetwork, address: Address): Promise<bigint> {
  return connect("SessionToken", network.token, network.chain.signer(0)).getFunction("balanceOf")(address);
}

async function as<T>(
  network: LocalNetwork,
  account: NodeId,
  act: (contract: RewardsContract, signer: Account) => Promise<T>,
): Promise<T> {
  const contract = await connectRewards(network.chain.url, network.rewards);
  try {
    return await act(contract, contract.account(network.chain.signer(account).privateKey));
  } finally {
    contract.close();
  }
}
