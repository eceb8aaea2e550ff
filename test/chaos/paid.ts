/** What the chain has paid and recorded, read from its own events. In: a network. Out: plain facts. */
import { type Address, parseAddress } from "@quorate/common";
import type { EventLog } from "ethers";
import type { LocalNetwork } from "../harness/network.ts";
import { connect } from "../harness/seed.ts";
import { balanceOf } from "../harness/settle.ts";

export interface PaidFacts {
  /** Lifetime amounts in the order in which they were raised, by recipient. */
  readonly raised: ReadonlyMap<Address, readonly bigint[]>;
  /** Everything that was paid, by recipient: payments, and what the account holds. */
  readonly paid: ReadonlyMap<Address, readonly bigint[]>;
  readonly balances: ReadonlyMap<Address, bigint>;
}

export async function paidFacts(network: LocalNetwork, recipients: readonly Address[]): Promise<PaidFacts> {
  const { chain, deployment } = network;
  const distributor = connect("RewardsDistributor", parseAddress(deployment.distributor), chain.signer(0));
  const amounts = async (name: string): Promise<Map<Address, bigint[]>> => {
    const byRecipient = new Map<Address, bigint[]>();
    for (const log of await distributor.queryFilter(name, deployment.fromBlock)) {
      const { recipient, amount } = (log as EventLog).args as unknown as { recipient: string; amount: bigint };
      const address = parseAddress(recipient);
      byRecipient.set(address, [...(byRecipient.get(address) ?? []), amount]);
    }
    return byRecipient;
  };
  const raised = await amounts("RewardsBalanceUpdated");
  const paid = await amounts("RewardsClaimed");
  const balances = new Map<Address, bigint>();
  for (const recipient of recipients) balances.set(recipient, await balanceOf(network, recipient));
  return { raised, paid, balances };
}

/** Epochs with a record on chain, in order. */
export async function recordedEpochs({ rewards, chain, deployment }: LocalNetwork): Promise<number[]> {
  const contract = connect("ServiceNodeRewards", rewards, chain.signer(0));
  const logs = await contract.queryFilter("EpochReportRecorded", deployment.fromBlock);
  const epochs = logs.map((log) => Number(((log as EventLog).args as unknown as { epoch: bigint }).epoch));
  return [...new Set(epochs)].sort((a, b) => a - b);
}
