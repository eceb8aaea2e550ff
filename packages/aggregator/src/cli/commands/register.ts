/** `quorate register`: a node enters the set, pending, with its proof of possession and its stake. */
import { type Registered, type RewardsContract, registeredIn } from "@quorate/client";
import { type Address, isQuorateError, parseAddress, provePossession, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { resumeWaiting, type WaitOptions } from "@quorate/common/chain";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { openAccount, waitOptions } from "../account.ts";
import { transactionHash } from "../flags.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addSendingOptions, type SendingFlags } from "../sending.ts";
import { readConfig } from "./run.ts";

interface RegisterOptions extends SendingFlags {
  readonly config: string;
  readonly beneficiary?: string;
  readonly feeBps: string;
  readonly resume?: string;
}

export function registerCommand(): Command {
  const command = new Command("register")
    .summary("enter the set: proof of possession and stake")
    .description(
      "Register this node against its stake, with a proof of possession of its BLS key signed by its identity key too.\n" +
        "The account is the operator: it pays the stake and is the only contributor. The node is pending until a report activates it.\n" +
        "Tokens, ether and the registration are checked first. Each transaction's hash is printed before it is sent; when the wait\n" +
        "for it ends, run the same command with --resume and that hash.",
    )
    .requiredOption("--config <file>", "the node's YAML file")
    .option("--beneficiary <address>", "who receives the rewards (default: the operator)", parseAddress)
    .option("--fee-bps <number>", "the operator's fee, in 1/10000 of the node's reward", "0")
    .option("--resume <hash>", "go on with a transaction that was sent before");
  return addSendingOptions(command, "the operator's account").action(register);
}

/** @throws ACCOUNT_*, TRANSACTION_*, CHAIN_*, and the errors of keys and configuration */
async function register(options: RegisterOptions): Promise<void> {
  const feeBps = parseFee(options.feeBps);
  const wait = waitOptions(options.wait, (hash) => `Run the same command with --resume ${hash}: it waits on.`);
  const resumed = options.resume === undefined ? undefined : transactionHash("--resume", options.resume);
  const { chain, keys } = readConfig({ config: options.config });
  const scheme = await loadNativeScheme();
  const secrets = await loadKeys({ directory: keys.directory, password: readPassword(keys.passwordFile), scheme });
  const { chainId, timeoutMs } = chain;
  const connection = { chainId: BigInt(chainId), timeoutMs, onTrouble: printProgress };
  const contract = await connectRewards(chain.providers, chain.rewards, connection);
  try {
    const account = await openAccount(contract.chain, options, wait);
    const operator = parseAddress(await account.getAddress());
    const beneficiary = options.beneficiary === undefined ? operator : parseAddress(options.beneficiary);
    const possession = provePossession(scheme, contract.domain, { ...secrets, operator });
    const done = resumed === undefined ? null : await resume(contract, resumed, secrets.blsKey, wait);
    if (done === null) printProgress(`registering as operator ${operator} at ${chain.rewards} on chain ${chainId}`);
    print(
      done ?? (await contract.register(account, { possession, beneficiary, feeBps })),
      operator,
      beneficiary,
      options,
    );
  } finally {
    contract.close();
  }
}

/**
 * What came of a transaction of an earlier run; null when it was the approval, and the registration is still to come.
 */
async function resume(
  contract: RewardsContract,
  hash: string,
  blsKey: Uint8Array,
  wait: WaitOptions,
): Promise<Registered | null> {
  printProgress(`waiting until transaction ${hash} is mined`);
  const receipt = await resumeWaiting(contract.chain, hash, "resumed", wait);
  try {
    return { id: registeredIn(contract, receipt, blsKey), receipt };
  } catch (error) {
    if (!isQuorateError(error, "TRANSACTION_WITHOUT_EVENT")) throw error;
    printProgress(`transaction ${hash} is mined and registers nothing: going on`);
    return null;
  }
}

function print({ id, receipt }: Registered, operator: Address, beneficiary: Address, { json }: RegisterOptions): void {
  const { hash, blockNumber, gasUsed } = receipt;
  if (json)
    return printJson({ node: id, state: "pending", operator, beneficiary, transaction: hash, blockNumber, gasUsed });
  printFields({
    node: id,
    state: "pending",
    operator,
    beneficiary,
    transaction: hash,
    "gas used": gasUsed.toString(),
  });
}

function parseFee(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 10_000) {
    throw quorateError("FLAG_INVALID", { flag: "--fee-bps", value: text, allowed: "0 to 10000" });
  }
  return Number(text);
}
