/**
 * Networks by name, so that nobody types a contract's address. Enters: a name, or the path of a file. Leaves: its
 * chain, contracts and where to ask; NETWORK_UNKNOWN with the names there are. A person's own networks (the devnet's
 * `local` among them) come before those of this package. Not its job: whether the contracts are there (doctor).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isQuorateError, quorateError } from "@quorate/common";
import type { Command } from "commander";
import { z } from "zod";
import mainnet from "../../networks/mainnet.json" with { type: "json" };
import testnet from "../../networks/testnet.json" with { type: "json" };
import { address, url } from "../configValues.ts";

/** Environment variables: a name for `--network`, and where a person's own networks are. */
const NETWORK_VARIABLE = "QUORATE_NETWORK";
const DIRECTORY_VARIABLE = "QUORATE_NETWORKS";

/** Part of the program, so that they are there however it was installed. */
const SHIPPED: Readonly<Record<string, unknown>> = { mainnet, testnet };

/** What is in a network's file. */
export const networkSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "is not a name of small letters, digits and hyphens"),
  /** EIP-155, a decimal string. */
  chainId: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, "is not a decimal string")
    .transform(BigInt),
  /** Null while they are not deployed. */
  contracts: z
    .strictObject({
      rewards: address,
      pool: address,
      contributionFactory: address.optional(),
      /** Block of the deployment: nothing is read before it. */
      deployBlock: z.int().min(0),
    })
    .nullable(),
  /** Chain providers for commands that are given none. */
  rpc: z.array(url).max(8).default([]),
  /** Agents for stakers' commands that are given none. */
  agents: z.array(url).max(32).default([]),
  /** Multiaddrs with /p2p/ of peers that a new agent meets first. */
  bootstrap: z.array(z.string().min(1)).max(32).default([]),
  /** A block explorer that shows a transaction at `/tx/<hash>`. */
  explorer: url.optional(),
});

export type Network = z.output<typeof networkSchema>;
export type NetworkContracts = NonNullable<Network["contracts"]>;

/** `--network <name>`, also from the environment. */
export function addNetworkOption(command: Command): Command {
  return command.option(
    "--network <name>",
    "the network: its file names contracts, providers and agents, so that no address need be typed; " +
      "`quorate network list` shows those there are",
    process.env[NETWORK_VARIABLE],
  );
}

/**
 * The network of a name, or of a file where the text is a path.
 * @throws NETWORK_UNKNOWN, NETWORK_FILE_INVALID
 */
export function readNetwork(nameOrPath: string): Network {
  if (/[/\\]|\.json$/.test(nameOrPath)) return readFile(nameOrPath);
  const path = join(networksDirectory(), `${nameOrPath}.json`);
  if (/^[a-z0-9-]+$/.test(nameOrPath) && existsSync(path)) return readFile(path);
  if (Object.hasOwn(SHIPPED, nameOrPath)) return parse(SHIPPED[nameOrPath], nameOrPath);
  throw quorateError("NETWORK_UNKNOWN", { network: nameOrPath, known: networkNames(), own: networksDirectory() });
}

/** The contracts of a network. @throws NETWORK_NOT_DEPLOYED */
export function contractsOf({ name, chainId, contracts }: Network): NetworkContracts {
  if (contracts !== null) return contracts;
  throw quorateError("NETWORK_NOT_DEPLOYED", { network: name, chainId });
}

/** Every name, a person's own included. */
export function networkNames(): string[] {
  const directory = networksDirectory();
  const files = existsSync(directory) ? readdirSync(directory).filter((file) => file.endsWith(".json")) : [];
  return [...new Set([...Object.keys(SHIPPED), ...files.map((file) => file.slice(0, -".json".length))])].sort();
}

/** Where a person's own networks are; the devnet writes `local.json` there. */
export function networksDirectory(): string {
  const { env } = process;
  return env[DIRECTORY_VARIABLE] ?? join(env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"), "quorate", "networks");
}

/**
 * Writes one of a person's own networks, in place of an older one of its name. Returns the file.
 * @throws NETWORK_FILE_INVALID, OUTPUT_FILE_UNWRITABLE
 */
export function saveNetwork(network: z.input<typeof networkSchema>): string {
  const directory = networksDirectory();
  const path = join(directory, `${network.name}.json`);
  parse(network, path);
  try {
    mkdirSync(directory, { recursive: true });
    const partial = `${path}.${process.pid}.partial`;
    writeFileSync(partial, `${JSON.stringify(network, null, 2)}\n`);
    renameSync(partial, path);
  } catch (cause) {
    throw quorateError("OUTPUT_FILE_UNWRITABLE", { path, reason: (cause as NodeJS.ErrnoException).code }, { cause });
  }
  return path;
}

function readFile(path: string): Network {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw quorateError("NETWORK_UNKNOWN", { network: path, reason, known: networkNames() }, { cause });
  }
  try {
    return parse(JSON.parse(text), path);
  } catch (cause) {
    if (isQuorateError(cause)) throw cause;
    throw quorateError("NETWORK_FILE_INVALID", { path, problems: ["it is not JSON"] }, { cause });
  }
}

function parse(json: unknown, path: string): Network {
  const result = networkSchema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw quorateError("NETWORK_FILE_INVALID", { path, problems });
}
