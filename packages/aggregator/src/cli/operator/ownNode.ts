/**
 * Which node a command of an operator is about. Enters: `--node`, or the agent's file, or the account. Leaves: the node
 * as the chain has it. Without an id it is the one with the file's key, or the only one the account has a stake in.
 */
import { type NodeDetails, nodeIdOfKey, nodeIdsOf, type RewardsContract, readNode } from "@quorate/client";
import { type Address, type NodeId, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Command } from "commander";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { readConfig } from "../commands/run.ts";
import { wholeNumber } from "../flags.ts";

export interface NodeFlags {
  readonly node?: string;
  readonly config?: string;
}

export function addNodeOption(command: Command): Command {
  return command.option(
    "--node <id>",
    "the node's id (default: the one with the file's key, or the only one of the account)",
  );
}

/** @throws NODE_UNKNOWN, NODE_NOT_NAMED, FLAG_INVALID, and the errors of keys and chain */
export async function ownNode(
  contract: RewardsContract,
  { node, config }: NodeFlags,
  account: () => Promise<Address>,
): Promise<NodeDetails> {
  if (node !== undefined) return readNode(contract, wholeNumber("--node", node, 1));
  if (config !== undefined) return readNode(contract, await nodeOfFile(contract, config));
  const owner = await account();
  const ids = await nodeIdsOf(contract, owner);
  const [only] = ids;
  if (only === undefined) throw quorateError("NODE_UNKNOWN", { account: owner });
  if (ids.length > 1) throw quorateError("NODE_NOT_NAMED", { account: owner, nodes: ids });
  return readNode(contract, only);
}

async function nodeOfFile(contract: RewardsContract, config: string): Promise<NodeId> {
  const { keys } = readConfig({ config });
  const scheme = await loadNativeScheme();
  const password = readPassword(keys.passwordFile);
  const { blsKey } = await loadKeys({ directory: keys.directory, password, scheme });
  const id = await nodeIdOfKey(contract, blsKey);
  if (id !== null) return id;
  throw quorateError("NODE_UNKNOWN", { directory: keys.directory, contract: contract.domain.verifyingContract });
}
