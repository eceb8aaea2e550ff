/** `quorate init`: everything an agent needs on this machine, from a few answers or from flags. */
import { homedir } from "node:os";
import { join } from "node:path";
import { parseAddress, quorateError, toHex } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { parseAnnounced, parseBootstrap } from "../../adapters/libp2p/addresses.ts";
import { peerIdOf } from "../../adapters/libp2p/peers.ts";
import { ask, isThere } from "../ask.ts";
import { wholeNumber } from "../flags.ts";
import { contractsOf, networkNames, readNetwork } from "../networks.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addTargetOptions, type TargetFlags } from "../target.ts";
import { type Answers, requireFit, writeNode } from "./initFiles.ts";

interface InitFlags extends TargetFlags {
  readonly directory?: string;
  readonly p2pPort: string;
  readonly httpPort: string;
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly operator?: string;
  readonly devnet?: true;
  readonly yes?: true;
  readonly json?: true;
}

const collect = (text: string, all: readonly string[]): readonly string[] => [...all, text];

export function initCommand(): Command {
  const command = new Command("init")
    .summary("set up a node on this machine: configuration, password, keys")
    .description(
      "Write a node's directory: an annotated agent.yaml, a password file that only you can read, and new keys. It " +
        "asks what it\n" +
        "is not told, and asks nothing with --yes or where standard input is no terminal. Nothing that exists is " +
        "replaced,\n" +
        "and a directory inside a repository is refused.",
    )
    .option("--directory <directory>", "where it all goes (default: .quorate/<network> in your home directory)");
  addTargetOptions(command);
  return command
    .option("--p2p-port <port>", "the port that other nodes reach", "4001")
    .option("--announce <multiaddr>", "the public address, where it is not the machine's own", collect, [])
    .option("--bootstrap <multiaddr>", "a peer to meet first, beside the network's", collect, [])
    .option("--http-port <port>", "the port that stakers and `quorate status` ask", "8900")
    .option("--operator <address>", "the account that will register this node", parseAddress)
    .option("--devnet", "throw-away keys: opened at once, protected by nothing")
    .option("--yes", "ask nothing")
    .option("--json", "the result as one line of JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  quorate init\n  quorate init --network local --directory node-7 --p2p-port 4007 --http-port " +
        "8907 --yes",
    )
    .action(init);
}

/** @throws INIT_REFUSED, FLAG_INVALID, NETWORK_*, CHAIN_*, NETWORK_ADDRESS_* */
async function init(flags: InitFlags): Promise<void> {
  const isAsking = flags.yes !== true && isThere();
  const network = flags.network ?? (isAsking && flags.contract === undefined ? await askNetwork() : undefined);
  const home = join(homedir(), ".quorate", network === undefined ? "node" : (network.split("/").at(-1) as string));
  const directory = flags.directory ?? (isAsking ? await ask("Directory of the node?", home) : home);
  requireFit(directory);
  const answers = await answersOf({ ...flags, ...(network === undefined ? {} : { network }) }, isAsking);
  if (isAsking) printProgress("making keys, which takes some seconds");
  const { config, passwordFile, keys } = await writeNode(directory, answers, flags.devnet ? "devnet" : "standard");
  const peerId = peerIdOf(toHex(keys.identityKey)).toString();
  if (flags.json) {
    const { blsKey, identityKey } = keys;
    return printJson({
      directory,
      config,
      passwordFile,
      blsKey: toHex(blsKey),
      identityKey: toHex(identityKey),
      peerId,
    });
  }
  printFields({
    configuration: config,
    "password file": passwordFile,
    "BLS key": toHex(keys.blsKey),
    "peer id": peerId,
  });
  process.stdout.write(
    `\nKeep a copy of ${join(directory, "keys")} and of the password in another place: a lost key cannot be ` +
      "replaced.\nNext:\n" +
      `  quorate doctor --config ${config}\n` +
      `  quorate run --config ${config}\n` +
      `  quorate register --config ${config} --account-key-file <your account>   # while it runs\n`,
  );
}

async function askNetwork(): Promise<string> {
  return ask(`Network (${networkNames().join(", ")}, or a file)?`, "mainnet");
}

async function answersOf(flags: InitFlags, isAsking: boolean): Promise<Answers> {
  const base = flags.network === undefined ? await fromChain(flags) : fromNetwork(flags);
  const providers = isAsking
    ? (await ask("Chain providers, best three, with commas between?", base.providers.join(","))).split(/[,\s]+/)
    : base.providers;
  const p2pPort = portOf("--p2p-port", flags.p2pPort);
  const announced =
    isAsking && flags.announce.length === 0
      ? await ask("Public IP address of this machine, if it is another than its own (empty for none)?")
      : "";
  const announce =
    announced === "" ? flags.announce : [`/ip${announced.includes(":") ? 6 : 4}/${announced}/tcp/${p2pPort}`];
  const operator =
    isAsking && flags.operator === undefined ? await ask("Account that will register it (empty if not known)?") : "";
  // Whatever a person may have mistyped is said here, and not at the agent's start.
  parseAnnounced(announce);
  parseBootstrap([...base.bootstrap, ...flags.bootstrap]);
  const named = flags.operator ?? operator;
  return {
    ...base,
    providers: providers.filter((text) => text !== "").map((text) => parseHttpUrl("--rpc", text)),
    p2pPort,
    announce,
    bootstrap: [...base.bootstrap, ...flags.bootstrap],
    httpPort: portOf("--http-port", flags.httpPort),
    operator: named === "" ? null : parseAddress(named),
  };
}

type Base = Pick<Answers, "chainId" | "rewards" | "pool" | "deployBlock" | "providers" | "bootstrap">;

function fromNetwork({ network, rpc, contract }: InitFlags): Base {
  const found = readNetwork(network as string);
  const { rewards, pool, deployBlock } = contractsOf(found);
  if (contract !== undefined && parseAddress(contract) !== rewards) {
    throw quorateError("FLAG_INVALID", { flag: "--contract", value: contract, reason: `the network's is ${rewards}` });
  }
  const { chainId, bootstrap } = found;
  return { chainId, rewards, pool, deployBlock, providers: rpc.length > 0 ? rpc : found.rpc, bootstrap };
}

/** A network without a file: its contract says the rest. */
async function fromChain({ rpc, contract }: InitFlags): Promise<Base> {
  if (contract === undefined || rpc.length === 0) {
    const remedy = "Give --network, or --rpc and --contract.";
    throw quorateError("FLAG_INVALID", { flag: "--network", reason: "is missing", known: networkNames() }, { remedy });
  }
  const connected = await connectRewards(rpc, parseAddress(contract), { onTrouble: printProgress });
  try {
    const { verifyingContract: rewards } = connected.domain;
    const { chainId } = connected.chain;
    return { chainId, rewards, pool: await connected.pool(), deployBlock: 0, providers: rpc, bootstrap: [] };
  } finally {
    connected.close();
  }
}

function portOf(flag: string, text: string): number {
  const port = wholeNumber(flag, text);
  if (port <= 65_535) return port;
  throw quorateError("FLAG_INVALID", { flag, value: text, reason: "not a port" });
}
