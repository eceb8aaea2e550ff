/**
 * `quorate keys prove` and `quorate network possession`: a node's proof of possession (P-8) as text that is carried to
 * whoever enters the node. Enters: the agent's file, an operator. Leaves: JSON; nothing of it is secret.
 */
import { possessionFile } from "@quorate/client";
import { parseAddress, provePossession, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Command } from "commander";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { readConfig } from "../commands/run.ts";
import { feeOption, parseFee } from "../flags.ts";
import { OutFile } from "../outFile.ts";
import { printFields } from "../print.ts";

interface PossessionFlags {
  readonly config?: string;
  readonly operator: string;
  readonly beneficiary?: string;
  readonly feeBps: string;
  readonly out?: string;
}

/** `quorate network possession`: for the founder of a network that has not started. */
export function possessionCommand(): Command {
  return provingCommand("possession", "quorate network possession", "--out node-1.json")
    .summary("a node's proof of possession, for the founder to seed it")
    .description(
      "Prove that this node has its BLS and identity keys, for one operator and one deployment, as a file for the " +
        "founder's\n" +
        "`network seed`. It asks no chain, and nothing in the file is secret.",
    );
}

/** `quorate keys prove`: the same, for whoever registers the node in the portal. */
export function proveCommand(): Command {
  return provingCommand("prove", "quorate keys prove", "")
    .summary("a node's proof of possession, to register it in the portal")
    .description(
      "Prove that this node has its BLS and identity keys, for one operator and one deployment. Paste what it " +
        "prints into the\n" +
        "portal's page \"Run a node\", with the operator's wallet connected. It asks no chain, and nothing of it is " +
        "secret.",
    );
}

function provingCommand(name: string, call: string, more: string): Command {
  const command = new Command(name)
    .option(
      "--config <file>",
      "the agent's YAML file, which names keys, chain and contract",
      process.env["QUORATE_CONFIG"],
    )
    .requiredOption("--operator <address>", "the account whose node it is, and whose stake", parseAddress)
    .option("--beneficiary <address>", "who receives the rewards (default: the operator)", parseAddress);
  return feeOption(command)
    .option("--out <file>", "write it to this file, which must not exist, instead of standard output")
    .addHelpText("after", `\nExample:\n  ${`${call} --config agent.yaml --operator 0xYou ${more}`.trim()}`)
    .action(possession);
}

/** @throws OUTPUT_FILE_*, and the errors of keys and configuration */
async function possession({ config, feeBps, out, ...flags }: PossessionFlags): Promise<void> {
  if (config === undefined) throw quorateError("FLAG_INVALID", { flag: "--config", reason: "is missing" });
  const { keys, chain } = readConfig({ config });
  const scheme = await loadNativeScheme();
  const file = out === undefined ? null : OutFile.reserve(out, false);
  try {
    const secrets = await loadKeys({ directory: keys.directory, password: readPassword(keys.passwordFile), scheme });
    const operator = parseAddress(flags.operator);
    const beneficiary = flags.beneficiary === undefined ? operator : parseAddress(flags.beneficiary);
    const place = { chainId: BigInt(chain.chainId), rewards: chain.rewards, operator };
    const domain = { chainId: place.chainId, verifyingContract: chain.rewards };
    const proof = provePossession(scheme, domain, { ...secrets, operator });
    const made = possessionFile(place, { possession: proof, beneficiary, feeBps: parseFee(feeBps) });
    const text = `${JSON.stringify(made, null, 2)}\n`;
    if (file === null) return void process.stdout.write(text);
    file.finish(text);
    printFields({ operator, for: `${chain.rewards} on chain ${chain.chainId}`, possession: out as string });
  } finally {
    file?.discard();
  }
}
