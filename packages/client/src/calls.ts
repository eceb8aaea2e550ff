/**
 * A call that a person is about to send. Enters: a contract's ABI, a function, its arguments. Leaves: where it goes,
 * its calldata, and what it is called. The same value is shown, tried, printed for another wallet, and sent.
 */
import type { Address, Hex } from "@quorate/common";
import { type Account, coded } from "@quorate/common/chain";
import { Interface, type InterfaceAbi, type TransactionReceipt } from "ethers";

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** The function's name, as errors and progress call the transaction. */
  readonly what: string;
  /** Gas of a call that cannot be tried before one that precedes it in the same list is mined; measured, with room. */
  readonly gas?: bigint;
}

/** `name` may be a signature where the ABI has several of one name. */
export function callOf(
  to: Address,
  abi: InterfaceAbi,
  name: string,
  args: readonly unknown[],
  options: { readonly gas?: bigint } = {},
): Call {
  const data = new Interface(abi).encodeFunctionData(name, args) as Hex;
  return { to, data, what: name.replace(/\(.*$/, ""), ...options };
}

/** Sends it and waits for its receipt. @throws TRANSACTION_*, ACCOUNT_*, SIGNER_FAILED, CHAIN_PROVIDER_FAILED */
export function sendCall(account: Account, { to, data, what }: Call): Promise<TransactionReceipt> {
  return coded(async () => {
    const response = await account.sendTransaction({ to, data, customData: { what } });
    return (await response.wait()) as TransactionReceipt;
  }, what);
}
