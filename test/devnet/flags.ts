/**
 * The devnet's command line. In: the arguments. Out: checked options, or a coded error that names the flag, its value
 * and what is allowed. Not its job: printing.
 */
import { quorateError } from "@quorate/common";
import type { EvmKind } from "../harness/chain.ts";
import { readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";

export interface DevnetOptions {
  readonly chain: EvmKind;
  readonly nodes: number;
  /** Where its files are, from the root of the repository. */
  readonly directory: string;
  readonly json: boolean;
  readonly help: boolean;
}

/** With a quarter of the nodes silent the rest still reaches the floor of 75% that payments need (P-24). */
const MIN_NODES = 4;
/** An agent takes about 170 MB with its threads. */
const MAX_NODES = 24;
/** One agent may be killed, and the network goes on without it. */
const DEFAULT_NODES = 6;

/** What `quorate --network local` reads is there. */
export const DEFAULT_DIRECTORY = ".quorate/devnet";

export const HELP = `A Quorate network on this machine that stays up until Ctrl-C: a chain with the
contracts, an agent for each node, funded accounts, epochs of 20 seconds with
reports. It prints what to try next, with commands to copy.

  npx -y pnpm@12 devnet [--chain anvil|hardhat] [--nodes N] [--json]

  --chain KIND     anvil (default) or hardhat
  --nodes N        nodes of equal stake, ${MIN_NODES} to ${MAX_NODES}; default ${DEFAULT_NODES}
  --directory DIR  for its files; default ${DEFAULT_DIRECTORY}. They go at the end
  --json           standard output has one line with a JSON object when the
                   network is up, and one for each command; the rest goes to
                   standard error
  --help           this text

While it runs it reads commands from standard input: help lists them.
It needs no terminal, and goes on when standard input ends.
Exit status: 0 quit, 1 it could not start, 2 a flag is wrong, 130 interrupted.
`;

/** @throws QuorateError `FLAG_INVALID` */
export function parseFlags(argv: readonly string[]): DevnetOptions {
  const flags = { chain: TEXT, nodes: TEXT, directory: TEXT, json: SWITCH, help: { ...SWITCH, short: "h" } };
  const values = readFlags(argv, flags);
  const chain = values.chain ?? "anvil";
  if (chain !== "anvil" && chain !== "hardhat")
    throw quorateError("FLAG_INVALID", { flag: "--chain", value: chain, allowed: "anvil or hardhat" });
  const nodes = wholeNumber("--nodes", values.nodes ?? String(DEFAULT_NODES), { min: MIN_NODES, max: MAX_NODES });
  const { directory = DEFAULT_DIRECTORY, json = false, help = false } = values;
  return { chain, nodes, directory, json, help };
}
