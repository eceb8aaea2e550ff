/** `quorate register`: a node enters the set, pending, with its proof of possession and its stake. */
import {
  planRegistration,
  type Registered,
  type RegistrationPlan,
  type RegistrationRequest,
  type RewardsContract,
  registeredIn,
} from "@quorate/client";
import { type Address, formatAmount, isQuorateError, parseAddress, provePossession } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { resumeWaiting, type WaitOptions } from "@quorate/common/chain";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { exposedSecrets, keyFiles, loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import type { Config } from "../../config.ts";
import { openAccount, waitOptions } from "../account.ts";
import { feeOption, parseFee, transactionHash } from "../flags.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addSendingOptions, agreed, type SendingFlags } from "../sending.ts";
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
      "Register this node against its stake, with a proof of possession of its BLS key signed by its identity key " +
        "too.\n" +
        "The account is the operator: it pays the stake and is the only contributor. The node is pending until a " +
        "report activates it.\n" +
        "Tokens, ether and the registration are checked first, and you are asked. Each transaction's hash is " +
        "printed before it is\n" +
        "sent; when the wait for it ends, run the same command with --resume and that hash.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  quorate register --config agent.yaml --account-key-file operator.json --dry-run",
    )
    .requiredOption("--config <file>", "the node's YAML file")
    .option("--beneficiary <address>", "who receives the rewards (default: the operator)", parseAddress)
    .option("--resume <hash>", "go on with a transaction that was sent before");
  feeOption(command);
  return addSendingOptions(command, "the operator's account").action(register);
}

/** @throws ACCOUNT_*, TRANSACTION_*, CHAIN_*, and the errors of keys and configuration */
async function register(options: RegisterOptions): Promise<void> {
  const feeBps = parseFee(options.feeBps);
  const wait = waitOptions(options.wait, (hash) => `Run the same command with --resume ${hash}: it waits on.`);
  const resumed = options.resume === undefined ? undefined : transactionHash("--resume", options.resume);
  const config = readConfig({ config: options.config });
  const { chain, keys } = config;
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
    if (done !== null) return print(done, operator, beneficiary, options);
    printProgress(`registering as operator ${operator} at ${chain.rewards} on chain ${chainId}`);
    for (const warning of missingBefore(config, operator)) printProgress(`warning: ${warning}`);
    const request = { possession, beneficiary, feeBps };
    const plan = await planRegistration(contract, operator, request, account);
    const intent = { effects: effectsOf(plan, request, operator), calls: plan.calls };
    if (!(await agreed(account, intent, options))) return;
    print(await contract.register(account, request), operator, beneficiary, options);
  } finally {
    contract.close();
  }
}

/** What the operator agrees to. */
function effectsOf(
  { stake, balance }: RegistrationPlan,
  { beneficiary, feeBps }: RegistrationRequest,
  operator: Address,
): string[] {
  return [
    `${formatAmount(stake)} of ${formatAmount(balance)} that ${operator} holds become this node's stake. They come ` +
      "back",
    "by `quorate leave`, `exit` and `withdraw`, 15 days after the request to leave.",
    `Rewards are owed to ${beneficiary}; the operator's fee is ${feeBps / 100}%, which never changes.`,
    "The node is pending until three reports in a row show its signature: run its agent from now on.",
  ];
}

/** What is no reason to refuse, and will be missed. */
function missingBefore({ keys, p2p, chain, submit }: Config, operator: Address): string[] {
  const { operator: meant } = keys;
  const exposed = exposedSecrets([keys.passwordFile, ...keyFiles(keys.directory)]);
  return [
    ...(meant !== undefined && meant !== operator
      ? [`keys.operator in the file is ${meant}: the agent will say that another account registered its node`]
      : []),
    ...(p2p.bootstrap.length === 0 ? ["p2p.bootstrap is empty: the agent finds nobody unless others find it"] : []),
    ...(chain.providers.length < 3
      ? [`chain.providers names ${chain.providers.length}: with three from different people one may fail or lie`]
      : []),
    ...(submit === null
      ? ["submit.accountKeyFile is not given: the agent sends nothing itself, contests of its own node included"]
      : []),
    ...exposed.map(({ path, mode, remedy }) => `${path} can be read by others (mode ${mode}): ${remedy}`),
  ];
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
