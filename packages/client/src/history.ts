/**
 * What a recipient was paid, from the chain's events (P-26). Enters: a contract. Leaves: every payment, which add up to
 * what the contract has paid: that says when all were found, so nobody has to know where to begin.
 */
import { type Address, distributorInterface, parseAddress, quorateError } from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { type Log, zeroPadValue } from "ethers";
import { LOG_BLOCKS_MAX, LOG_BLOCKS_MIN } from "./limits.ts";
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
  for await (const logs of logsBackFrom(contract, distributor, recipient, latest)) {
    for (const log of [...logs].sort((a, b) => b.blockNumber - a.blockNumber || b.index - a.index)) {
      const payment = await paymentIn(contract, log);
      sum += payment.amount;
      payments.push(payment);
    }
    if (sum >= claimed) break;
  }
  if (sum !== claimed) throw quorateError("PAYMENTS_INCOMPLETE", { recipient, found: sum, paid: claimed });
  return payments.reverse();
}

async function* logsBackFrom(
  { chain }: RewardsContract,
  address: Address,
  recipient: Address,
  latest: number,
): AsyncGenerator<readonly Log[]> {
  const topics = [claimedTopic(), zeroPadValue(recipient, 32)];
  let blocks = LOG_BLOCKS_MAX;
  for (let toBlock = latest; toBlock >= 0; ) {
    const fromBlock = Math.max(0, toBlock - blocks + 1);
    try {
      yield await coded(() => chain.getLogs({ address, topics, fromBlock, toBlock }), "eth_getLogs");
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
