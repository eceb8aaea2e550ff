/**
 * What a recipient was paid, from the chain's events (P-26). Enters: a contract. Leaves: every payment, which add up to
 * what the contract has paid: that says when all were found, so nobody has to know where to begin.
 */
import { type Address, distributorInterface, parseAddress, quorateError } from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { type Log, zeroPadValue } from "ethers";
import { logsBackFrom } from "./logs.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** One payment. Amounts in atomic units. */
export interface PaymentMade {
  readonly amount: bigint;
  /** The recipient's lifetime amount as the chain had it then. */
  readonly lifetime: bigint;
  readonly transaction: string;
  readonly block: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

const claimedTopic = () => distributorInterface().getEvent("RewardsClaimed")?.topicHash as string;

/**
 * All payments, oldest first. Blocks are asked from the newest back until the payments add up.
 * @throws PAYMENTS_INCOMPLETE, CHAIN_PROVIDER_FAILED
 */
export async function paymentsTo(contract: RewardsContract, recipient: Address): Promise<readonly PaymentMade[]> {
  const distributor = await contract.distributor();
  const latest = await contract.chain.getBlockNumber();
  const { claimed } = await contract.recipient(recipient, latest);
  const payments: PaymentMade[] = [];
  let sum = 0n;
  const topics = [claimedTopic(), zeroPadValue(recipient, 32)];
  for await (const logs of logsBackFrom(contract.chain, { address: distributor, topics, latest })) {
    for (const log of logs) {
      const payment = await paymentIn(contract, log);
      sum += payment.amount;
      payments.push(payment);
    }
    if (sum >= claimed) break;
  }
  if (sum !== claimed) throw quorateError("PAYMENTS_INCOMPLETE", { recipient, found: sum, paid: claimed });
  return payments.reverse();
}

async function paymentIn({ chain }: RewardsContract, log: Log): Promise<PaymentMade> {
  const event = distributorInterface().parseLog(log);
  if (event === null || !parseAddress(event.args["recipient"] as string)) {
    throw quorateError("CHAIN_EVENT_INVALID", { transaction: log.transactionHash, event: "RewardsClaimed" });
  }
  const block = await coded(() => chain.getBlock(log.blockNumber), "eth_getBlockByNumber");
  const { amount, lifetime } = event.args as unknown as { amount: bigint; lifetime: bigint };
  const { transactionHash: transaction, blockNumber } = log;
  return { amount, lifetime, transaction, block: blockNumber, timestamp: block?.timestamp ?? 0 };
}
