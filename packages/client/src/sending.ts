/**
 * How a call of a contract is sent by an account (P-106). Enters: a contract that runs as the account. Leaves: a
 * receipt.
 */
import { type Account, coded } from "@quorate/common/chain";
import type { Contract, TransactionReceipt } from "ethers";

/**
 * Sends a call of the contract's runner and waits for its receipt.
 * @throws TRANSACTION_REVERTED before anything is sent, ACCOUNT_*, TRANSACTION_*, CHAIN_PROVIDER_FAILED
 */
export async function send(contract: Contract, name: string, args: readonly unknown[]): Promise<TransactionReceipt> {
  const what = name.replace(/\(.*$/, "");
  return coded(async () => {
    const transaction = await contract.getFunction(name).populateTransaction(...args);
    const account = contract.runner as Account;
    const response = await account.sendTransaction({ ...transaction, customData: { what } });
    return (await response.wait()) as TransactionReceipt;
  }, what);
}
