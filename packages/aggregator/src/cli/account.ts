/** The options of commands that send transactions, and the account they name. A private key comes from a file, never from a flag. */
import { quorateError } from "@quorate/common";
import type { Command } from "commander";
import type { Signer } from "ethers";
import type { RewardsContract } from "../adapters/chain/contracts.ts";
import { readAccountKey } from "../adapters/keys/keys.ts";

export function addAccountOption(command: Command, what: string): Command {
  return command.requiredOption("--account-key-file <file>", what);
}

/** @throws KEYS_NOT_FOUND, KEYS_MALFORMED */
export function openAccount(contract: RewardsContract, path: string): Signer {
  const key = readAccountKey(path);
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(key))
    throw quorateError("KEYS_MALFORMED", { path, reason: "not a private key of 32 bytes of hex" });
  return contract.account(key);
}
