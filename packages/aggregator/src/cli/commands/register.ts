/** `quorate register`: a node enters the set, pending, with its proof of possession and its stake. */
import { parseAddress, provePossession, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Command } from "commander";
import { RewardsContract } from "../../adapters/chain/contracts.ts";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { addAccountOption, openAccount } from "../account.ts";
import { printFields, printProgress } from "../print.ts";
import { readConfig } from "./run.ts";

interface RegisterOptions {
  readonly config: string;
  readonly accountKeyFile: string;
  readonly beneficiary?: string;
  readonly feeBps: string;
}

export function registerCommand(): Command {
  const command = new Command("register")
    .summary("enter the set: proof of possession and stake")
    .description(
      "Register this node against its stake, with a proof of possession of its BLS key signed by its identity key too.\n" +
        "The account is the operator: it pays the stake and is the only contributor. The node is pending until a report activates it.",
    )
    .requiredOption("--config <file>", "the node's YAML file")
    .option("--beneficiary <address>", "who receives the rewards (default: the operator)")
    .option("--fee-bps <number>", "the operator's fee, in 1/10000 of the node's reward", "0");
  return addAccountOption(command, "file with the operator's private key").action(register);
}

/** @throws TRANSACTION_REVERTED, and the errors of keys, configuration and provider */
async function register(options: RegisterOptions): Promise<void> {
  const { chain, keys } = readConfig({ config: options.config });
  const scheme = await loadNativeScheme();
  const secrets = await loadKeys({ directory: keys.directory, password: readPassword(keys.passwordFile), scheme });
  const contract = await RewardsContract.connect(chain.providers[0] as string, chain.rewards, chain.timeoutMs);
  try {
    const account = openAccount(contract, options.accountKeyFile);
    const operator = parseAddress(await account.getAddress());
    const beneficiary = options.beneficiary === undefined ? operator : parseAddress(options.beneficiary);
    const possession = provePossession(scheme, contract.domain, { ...secrets, operator });
    printProgress(`registering as operator ${operator} at ${chain.rewards}`);
    const { id, receipt } = await contract.register(account, {
      possession,
      beneficiary,
      feeBps: parseFee(options.feeBps),
    });
    printFields({
      node: id,
      state: "pending",
      operator,
      beneficiary,
      transaction: receipt.hash,
      "gas used": receipt.gasUsed.toString(),
    });
  } finally {
    contract.close();
  }
}

function parseFee(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 10_000) {
    throw quorateError("FLAG_INVALID", { flag: "--fee-bps", value: text, allowed: "0 to 10000" });
  }
  return Number(text);
}
