/**
 * Both transactions of a part (P-147) as one of the wallet, all or nothing (EIP-5792). Enters: a payment, the wallet of
 * its recipient. Leaves: the wallet's name of the batch, and what that paid, by the chain's receipts. Not its job: what
 * is kept and shown (claimRun.ts).
 */
import { type Eip1193Provider, freshCalls, type Paid, type Payment, paidIn, type QuorateClient } from "@quorate/client";
import { type Address, isQuorateError, quorateError } from "@quorate/common";
import { resumeWaiting } from "@quorate/common/chain";
import { canBatch, sendBatch, untilBatchMined } from "../../sending/batch.ts";

/**
 * The batch's name; null where the wallet runs no batches here, or one call is enough. The calls are made and simulated
 * anew right before.
 * @throws WALLET_REFUSED, BATCH_FAILED, CHAIN_WRONG_ID, TRANSACTION_REVERTED, CLAIM_ABOVE_*, CHAIN_PROVIDER_FAILED
 */
export async function sendTogether(
  client: QuorateClient,
  wallet: Eip1193Provider,
  payment: Payment,
): Promise<string | null> {
  const { recipient, transactions } = payment;
  if (transactions.length < 2) return null;
  const contract = await client.contract();
  const { chainId } = contract.chain;
  if (!(await canBatch(wallet, recipient, chainId, transactions.length))) return null;
  const found = BigInt(String(await wallet.request({ method: "eth_chainId" })));
  if (found !== chainId) throw quorateError("CHAIN_WRONG_ID", { provider: "wallet", found, expected: chainId });
  const calls = await freshCalls(contract, payment);
  return calls.length < 2 ? null : sendBatch(wallet, recipient, chainId, calls);
}

/** Waits for it. @throws BATCH_FAILED, TRANSACTION_*, CHAIN_PROVIDER_FAILED */
export async function paidTogether(
  client: QuorateClient,
  wallet: Eip1193Provider,
  id: string,
  recipient: Address,
): Promise<Paid> {
  const hashes = await untilBatchMined(wallet, id);
  const contract = await client.contract();
  const distributor = await contract.distributor();
  for (const hash of hashes) {
    const receipt = await resumeWaiting(contract.chain, hash, "claim");
    try {
      return paidIn(receipt, distributor, recipient);
    } catch (error) {
      // A wallet may have a transaction for each call: the one that records pays nobody.
      if (!isQuorateError(error, "TRANSACTION_WITHOUT_EVENT")) throw error;
    }
  }
  const values = { transaction: hashes.join(", "), event: "RewardsClaimed", contract: distributor, recipient };
  throw quorateError("TRANSACTION_WITHOUT_EVENT", values);
}
