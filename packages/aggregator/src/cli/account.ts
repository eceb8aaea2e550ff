/**
 * The options of commands that send transactions, and the account they name. A private key comes from a file, never
 * from a flag.
 */
import type { RewardsContract } from "@quorate/client";
import { quorateError } from "@quorate/common";
import { type Account, WAIT_MS, type WaitOptions } from "@quorate/common/chain";
import type { Command } from "commander";
import { readAccountKey } from "../adapters/keys/keys.ts";
import { secondsAsMs } from "./flags.ts";
import { printProgress } from "./print.ts";
import { commandLine } from "./process.ts";

export function addAccountOptions(command: Command, what: string): Command {
  return command
    .requiredOption("--account-key-file <file>", what)
    .option("--wait <seconds>", "how long to wait for each transaction to be mined", String(WAIT_MS / 1_000));
}

/** How long, and what the error says when the wait is over: the command that goes on. */
export function waitOptions(seconds: string, howToGoOn: (hash: string) => string): WaitOptions {
  return { waitMs: secondsAsMs("--wait", seconds), howToGoOn };
}

/**
 * An account whose transactions are named on standard error as they are sent (P-106). @throws KEYS_NOT_FOUND,
 * KEYS_MALFORMED
 */
export function openAccount(contract: RewardsContract, path: string, wait: WaitOptions): Account {
  const key = readAccountKey(path);
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(key))
    throw quorateError("KEYS_MALFORMED", { path, reason: "not a private key of 32 bytes of hex" });
  return contract.account(key, {
    ...wait,
    onTransaction: (transaction) => {
      const { hash, what, nonce } = transaction;
      printProgress(`sending ${what}: transaction ${hash}, nonce ${nonce}; waiting until it is mined`);
      commandLine.opened(transaction);
    },
    onOutcome: (transaction) => commandLine.closed(transaction),
  });
}
