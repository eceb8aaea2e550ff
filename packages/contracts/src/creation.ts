// How a contract came to be. Code alone does not say what its constructor stored: other creation code could leave the
// same code with balances or roles of its own choice. In: the transaction that created it. Out: whether that ran the
// compiled constructor.
import type { Address } from "@quorate/common";
import type { Provider } from "ethers";
import type { Artifact } from "./artifacts.ts";
import { linkedBytecode } from "./link.ts";

/**
 * Why the contract at `at` was not created by this transaction, from a block on, with this creation code; undefined if
 * it was.
 */
export async function creationProblem(
  provider: Provider,
  transaction: string | undefined,
  at: Address,
  artifact: Artifact,
  fromBlock: number,
): Promise<string | undefined> {
  if (transaction === undefined) return "its transaction is not known";
  const [sent, receipt] = await Promise.all([
    provider.getTransaction(transaction),
    provider.getTransactionReceipt(transaction),
  ]);
  if (sent === null || receipt === null) return `the node does not have ${transaction}`;
  if (receipt.contractAddress !== at) return `${transaction} created ${receipt.contractAddress ?? "nothing"}`;
  if (receipt.blockNumber < fromBlock) return `${transaction} is in block ${receipt.blockNumber}, before ${fromBlock}`;
  const isOurs = sent.data.toLowerCase().startsWith(linkedBytecode(artifact, {}).toLowerCase());
  return isOurs ? undefined : `${transaction} ran other creation code`;
}
