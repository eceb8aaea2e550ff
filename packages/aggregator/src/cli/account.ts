/**
 * The account that a command sends from, and the options that name it. A private key comes from a file, from a
 * keystore with its password, from the environment, or stays at an external signer; never from a flag.
 */
import { type Address, parseAddress, quorateError } from "@quorate/common";
import {
  Account,
  type AccountOptions,
  type ChainProviders,
  parseHttpUrl,
  RemoteSigner,
  WAIT_MS,
  type WaitOptions,
} from "@quorate/common/chain";
import type { Command } from "commander";
import { VoidSigner, Wallet } from "ethers";
import { transportLine } from "../adapters/chain/transportLine.ts";
import { readPassword } from "../adapters/keys/keys.ts";
import { openWallet } from "../adapters/submitter/account.ts";
import { askSecret, isThere } from "./ask.ts";
import { secondsAsMs } from "./flags.ts";
import { printProgress } from "./print.ts";
import { commandLine } from "./process.ts";

/** Environment variables that commands read; an agent reads none of them. */
export const ACCOUNT_KEY_VARIABLE = "QUORATE_ACCOUNT_KEY";
const ACCOUNT_FILE_VARIABLE = "QUORATE_ACCOUNT_KEY_FILE";
const ACCOUNT_PASSWORD_VARIABLE = "QUORATE_ACCOUNT_PASSWORD_FILE";

/** What `addAccountOptions` and `addSendingOptions` bring. */
export interface AccountFlags {
  readonly accountKeyFile?: string;
  readonly accountPasswordFile?: string;
  readonly signerUrl?: string;
  readonly from?: string;
  readonly wait: string;
  readonly dryRun?: true;
}

/** @param who Whose account it is, such as "the operator's account". */
export function addAccountOptions(command: Command, who: string): Command {
  const { env } = process;
  return command
    .option(
      "--account-key-file <file>",
      `${who}: a file with an Ethereum keystore (version 3) or with 32 bytes of hex; the environment may hold the ` +
        `hex itself in ${ACCOUNT_KEY_VARIABLE}`,
      env[ACCOUNT_FILE_VARIABLE],
    )
    .option(
      "--account-password-file <file>",
      "the keystore's password; without it the command asks for it",
      env[ACCOUNT_PASSWORD_VARIABLE],
    )
    .option(
      "--signer-url <url>",
      "an external signer in place of a key: a node that holds the account, or clef",
      (text: string) => parseHttpUrl("--signer-url", text),
    )
    .option(
      "--from <address>",
      "the external signer's account; with --dry-run any account, without its key",
      parseAddress,
    )
    .option("--wait <seconds>", "how long to wait for each transaction to be mined", String(WAIT_MS / 1_000));
}

/** How long, and what the error says when the wait is over: the command that goes on. */
export function waitOptions(seconds: string, howToGoOn?: (hash: string) => string): WaitOptions {
  return { waitMs: secondsAsMs("--wait", seconds), howToGoOn };
}

/**
 * An account whose transactions are named on standard error as they are sent (P-106).
 * @throws ACCOUNT_NOT_GIVEN, FLAG_INVALID, KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRONG_PASSWORD, PASSWORD_*
 */
export async function openAccount(chain: ChainProviders, flags: AccountFlags, wait?: WaitOptions): Promise<Account> {
  const options: AccountOptions = {
    ...(wait ?? waitOptions(flags.wait)),
    onTransaction: (transaction) => {
      const { hash, what, nonce } = transaction;
      printProgress(`sending ${what}: transaction ${hash}, nonce ${nonce}; waiting until it is mined`);
      commandLine.opened(transaction);
    },
    onOutcome: (transaction) => commandLine.closed(transaction),
  };
  return new Account(chain, await signerOf(chain, flags), options);
}

async function signerOf(chain: ChainProviders, flags: AccountFlags) {
  const from = flags.from === undefined ? null : parseAddress(flags.from);
  // A dry run signs nothing: it asks for no password and for no button at a signer.
  if (flags.dryRun === true && from !== null) return new VoidSigner(from, chain);
  if (flags.signerUrl !== undefined) {
    if (from === null) throw flagError("--signer-url", "needs --from, the account that signs there");
    return new RemoteSigner(flags.signerUrl, from, chain, { openLine: transportLine });
  }
  const wallet = await walletOf(flags);
  if (wallet === null) throw quorateError("ACCOUNT_NOT_GIVEN", {});
  requireOwn(wallet, from);
  return wallet.connect(chain);
}

/** The file given by a flag comes before the environment's key. */
async function walletOf({ accountKeyFile, accountPasswordFile }: AccountFlags): Promise<Wallet | null> {
  const key = process.env[ACCOUNT_KEY_VARIABLE];
  const isFromEnvironment = accountKeyFile === process.env[ACCOUNT_FILE_VARIABLE];
  if (key !== undefined && key !== "" && (accountKeyFile === undefined || isFromEnvironment)) return walletOfKey(key);
  if (accountKeyFile === undefined) return null;
  const typed = isThere() ? () => askSecret(`Password of ${accountKeyFile}:`) : null;
  return openWallet(
    accountKeyFile,
    accountPasswordFile === undefined ? typed : () => readPassword(accountPasswordFile),
  );
}

function walletOfKey(key: string): Wallet {
  try {
    if (/^(0x)?[0-9a-fA-F]{64}$/.test(key)) return new Wallet(key);
  } catch {
    // The cause would hold the key.
  }
  throw quorateError("KEYS_MALFORMED", { path: ACCOUNT_KEY_VARIABLE, reason: "not a private key of 32 bytes of hex" });
}

/** `--from` beside a key is a promise, which is held. */
function requireOwn(wallet: Wallet, from: Address | null): void {
  const own = parseAddress(wallet.address);
  if (from !== null && from !== own) throw flagError("--from", `the key given is of ${own}`, from);
}

function flagError(flag: string, reason: string, value?: string): Error {
  return quorateError("FLAG_INVALID", { flag, reason, ...(value === undefined ? {} : { value }) });
}
