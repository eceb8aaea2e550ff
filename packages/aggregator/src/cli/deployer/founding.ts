/**
 * `quorate network possession`, `seed`, `start` and `hand-over`: what stands between a deployment and a network that
 * runs (P-30), and its ownership's way to another account.
 */
import {
  acceptCalls,
  handOverCalls,
  parsePossessionFile,
  possessionFile,
  type RewardsContract,
  seedCalls,
  startCalls,
} from "@quorate/client";
import { type Address, formatAmount, parseAddress, provePossession, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Account } from "@quorate/common/chain";
import { Command } from "commander";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { openAccount } from "../account.ts";
import { readConfig } from "../commands/run.ts";
import { feeOption, parseFee, wholeNumber } from "../flags.ts";
import { OutFile } from "../outFile.ts";
import { printFields } from "../print.ts";
import { addSendingOptions, carryOut, type Intent, printSent, type SendingFlags } from "../sending.ts";
import { addTargetOptions, connectTarget, type TargetFlags } from "../target.ts";
import { readFlagged } from "./contracts.ts";

interface PossessionFlags {
  readonly config?: string;
  readonly operator: string;
  readonly beneficiary?: string;
  readonly feeBps: string;
  readonly out?: string;
}

export function possessionCommand(): Command {
  const command = new Command("possession")
    .summary("a node's proof of possession, for the founder to seed it")
    .description(
      "Prove that this node has its BLS and identity keys, for one operator and one deployment, as a file for the founder's\n" +
        "`network seed`. It asks no chain, and nothing in the file is secret.",
    )
    .option(
      "--config <file>",
      "the agent's YAML file, which names keys, chain and contract",
      process.env["QUORATE_CONFIG"],
    )
    .requiredOption("--operator <address>", "the account whose node it is, and whose stake", parseAddress)
    .option("--beneficiary <address>", "who receives the rewards (default: the operator)", parseAddress);
  return feeOption(command)
    .option("--out <file>", "write it to this file, which must not exist, instead of standard output")
    .addHelpText(
      "after",
      "\nExample:\n  quorate network possession --config agent.yaml --operator 0xYou --out node-1.json",
    )
    .action(possession);
}

interface FoundingFlags extends TargetFlags, SendingFlags {
  readonly possession?: readonly string[];
  readonly registeredAt?: string;
  readonly to?: string;
  readonly accept?: true;
}

export function seedCommand(): Command {
  const command = new Command("seed")
    .summary("enter the first nodes, before the start")
    .description(
      "Seed nodes, each with one contributor: its operator, with the whole stake. The founder sends it, before the start. Each\n" +
        "proof is held against the contract first; 40 nodes fit one transaction. The stake itself is paid by `network start`.",
    )
    .requiredOption("--possession <file...>", "the operators' files, of `quorate network possession`")
    .option(
      "--registered-at <seconds>",
      "when they registered, in seconds since 1970 (default: the latest block's time)",
    )
    .addHelpText(
      "after",
      "\nExample:\n  quorate network seed --network own --possession node-*.json --account-key-file founder.json --dry-run",
    );
  addTargetOptions(command);
  return addSendingOptions(command, "the founder's account").action((flags: FoundingFlags) => found(flags, seed));
}

export function startCommand(): Command {
  const command = new Command("start")
    .summary("pay the seeded nodes' principal in, and start the network")
    .description(
      "Pay into the contract what it lacks of the seeded nodes' principal, and start: seeded nodes are active from then on, the\n" +
        "first epoch begins, and the founder's part ends. Two transactions at most. It happens once.",
    )
    .addHelpText("after", "\nExample:\n  quorate network start --network own --account-key-file founder.json");
  addTargetOptions(command);
  return addSendingOptions(command, "the founder's account").action((flags: FoundingFlags) => found(flags, start));
}

export function handOverCommand(): Command {
  const command = new Command("hand-over")
    .summary("give a network without a timelock to another owner")
    .description(
      "Offer rewards contract and pool to another owner, and give it both ProxyAdmins at once: four transactions of the owner's\n" +
        "account. The new owner takes the offer by --accept. A network of a timelock is handed over by `propose`\n" +
        "(docs/contracts/deployment.md). Whoever owns a ProxyAdmin can put other code there: look at the address twice.",
    )
    .option("--to <address>", "the new owner", parseAddress)
    .option("--accept", "as the new owner: take what was offered")
    .addHelpText(
      "after",
      "\nExample:\n  quorate network hand-over --network own --to 0xNew --account-key-file owner.json --dry-run",
    );
  addTargetOptions(command);
  return addSendingOptions(command, "the owner's account").action((flags: FoundingFlags) => found(flags, handOver));
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

type IntentOf = (contract: RewardsContract, account: Account, flags: FoundingFlags) => Promise<Intent>;

async function found(flags: FoundingFlags, intentOf: IntentOf): Promise<void> {
  const contract = await connectTarget(flags);
  try {
    const account = await openAccount(contract.chain, flags);
    const receipts = await carryOut(account, await intentOf(contract, account, flags), flags);
    if (receipts === null) return;
    const [nodes, genesis, owner] = await Promise.all(
      ["nodeCount", "genesis", "owner"].map((name) => contract.read(name)),
    );
    const facts = { nodes: Number(nodes), genesis: Number(genesis), owner: parseAddress(String(owner)) };
    const started = genesis === 0n ? "not yet" : new Date(Number(genesis) * 1_000).toISOString();
    printSent(receipts, facts, { nodes: facts.nodes, started, owner: facts.owner }, flags);
  } finally {
    contract.close();
  }
}

const seed: IntentOf = async (contract, _account, { possession: paths = [], registeredAt }) => {
  const files = paths.map((path) => parsePossessionFile(readFlagged("--possession", path), path));
  const latest = (await contract.chain.getBlock("latest"))?.timestamp as number;
  const when = registeredAt === undefined ? latest : wholeNumber("--registered-at", registeredAt, 1);
  const calls = await seedCalls(contract, files, when);
  const operators = new Set<Address>(files.map(({ operator }) => operator));
  const effects = [
    `${files.length} nodes of ${operators.size} operators enter the set; they are active from the start on.`,
  ];
  return { effects, calls };
};

const start: IntentOf = async (contract, account) => {
  const { calls, missing, principal } = await startCalls(contract, parseAddress(await account.getAddress()));
  const paid = missing === 0n ? "It is all there." : `${formatAmount(missing)} are paid in first.`;
  return {
    effects: [
      `The network starts, with ${formatAmount(principal)} of principal. ${paid}`,
      "Nodes can no longer be seeded, and the founder's powers end.",
    ],
    calls,
  };
};

const handOver: IntentOf = async (contract, _account, { to, accept }) => {
  if ((to === undefined) === (accept === undefined)) {
    throw quorateError("FLAG_INVALID", { flag: "--to", reason: "give --to, or --accept as the new owner" });
  }
  if (to === undefined)
    return { effects: ["The account takes rewards contract and pool."], calls: await acceptCalls(contract) };
  const owner = parseAddress(to);
  return {
    effects: [
      `${owner} becomes the owner of both ProxyAdmins at once, and of rewards contract and pool when it accepts.`,
      "It can then put other code behind them. This cannot be taken back.",
    ],
    calls: await handOverCalls(contract, owner),
  };
};
