/**
 * How every command that sends goes about it (P-106). Enters: an account, what will happen in words, and the calls that
 * make it happen. Leaves: receipts; nothing but a printed plan for `--dry-run`. What it costs at most is known, and a
 * call that would be refused has been refused, before the person is asked. Not its job: what the calls are.
 */
import { type Call, sendCall } from "@quorate/client";
import { parseAddress, quorateError } from "@quorate/common";
import type { Account } from "@quorate/common/chain";
import type { Command } from "commander";
import { formatEther, formatUnits, type TransactionReceipt } from "ethers";
import { type AccountFlags, addAccountOptions } from "./account.ts";
import { confirm, isThere, PERSON, type Person } from "./ask.ts";
import { printFields, printJson, printProgress } from "./print.ts";

/** What `addSendingOptions` brings. */
export interface SendingFlags extends AccountFlags {
  readonly yes?: true;
  readonly json?: true;
}

/** Those of the account, `--dry-run`, `--yes` and `--json`. */
export function addSendingOptions(command: Command, who: string): Command {
  return addAccountOptions(command, who)
    .option("--dry-run", "say what would happen and what it would cost; sign and send nothing")
    .option("--yes", "do not ask before sending; needed where standard input is no terminal")
    .option("--json", "the result as one line of JSON");
}

/** What a person is asked to agree to. */
export interface Intent {
  /** Sentences: what will happen, to what amounts, and what follows from it. */
  readonly effects: readonly string[];
  /** Sent in this order. */
  readonly calls: readonly Call[];
}

interface Planned extends Call {
  readonly gasLimit: bigint;
  readonly maxFeePerGasWei: bigint;
  readonly maxCostWei: bigint;
}

/**
 * Null after a dry run, whose plan is printed then. An intent without calls resolves to no receipts, unasked.
 * @throws CONFIRMATION_*, TRANSACTION_*, ACCOUNT_*, SIGNER_FAILED, CHAIN_PROVIDER_FAILED
 */
export async function carryOut(
  account: Account,
  intent: Intent,
  flags: SendingFlags,
  person: Person = PERSON,
): Promise<readonly TransactionReceipt[] | null> {
  if (!(await agreed(account, intent, flags, person))) return null;
  const receipts: TransactionReceipt[] = [];
  for (const call of intent.calls) receipts.push(await sendCall(account, call));
  return receipts;
}

/**
 * Whether to send now: false after a dry run. For commands that send in a way of their own.
 * @throws as `carryOut`
 */
export async function agreed(
  account: Account,
  intent: Intent,
  flags: SendingFlags,
  person: Person = PERSON,
): Promise<boolean> {
  if (intent.calls.length === 0 && flags.dryRun !== true) return true;
  // Before anything is asked of the chain: what could not be answered is not planned.
  if (flags.dryRun !== true && flags.yes !== true && !isThere(person)) throw quorateError("CONFIRMATION_MISSING", {});
  const planned = await plan(account, intent.calls);
  if (flags.dryRun === true) {
    await printDryRun(account, intent, planned, flags);
    return false;
  }
  await account.requireIdle();
  for (const line of [...intent.effects, ...(await costLines(account, planned))]) printProgress(line);
  if (flags.yes === true) return true;
  if (await confirm(planned.length === 1 ? "Send it?" : `Send these ${planned.length} transactions?`, person))
    return true;
  throw quorateError("CONFIRMATION_DECLINED", {});
}

/** @throws TRANSACTION_REVERTED for a call that would be refused, ACCOUNT_LACKS_ETHER for all of them together */
async function plan(account: Account, calls: readonly Call[]): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const call of calls) {
    const { to, data, what, gas } = call;
    const found = await account.plan({
      to,
      data,
      customData: { what },
      ...(gas === undefined ? {} : { gasLimit: gas }),
    });
    const { gas: gasLimit, maxFeePerGasWei, maxCostWei } = found;
    planned.push({ ...call, gasLimit, maxFeePerGasWei, maxCostWei });
  }
  if (planned.length > 1) await account.requireEther(planned.reduce((sum, { gasLimit }) => sum + gasLimit, 0n));
  return planned;
}

async function costLines(account: Account, planned: readonly Planned[]): Promise<string[]> {
  const [first] = planned;
  if (first === undefined) return [];
  const total = planned.reduce((sum, { maxCostWei }) => sum + maxCostWei, 0n);
  const gas = planned.reduce((sum, { gasLimit }) => sum + gasLimit, 0n);
  const price = `${formatUnits(first.maxFeePerGasWei, "gwei")} gwei`;
  const from = `${parseAddress(await account.getAddress())} on chain ${account.provider.chainId}`;
  return [
    ...planned.map(({ what, to, gasLimit }) => `  ${what} at ${to}, at most ${gasLimit} gas`),
    `It costs ${from} at most ${formatEther(total)} ether (${gas} gas at up to ${price}).`,
  ];
}

async function printDryRun(account: Account, intent: Intent, planned: readonly Planned[], { json }: SendingFlags) {
  if (json) {
    return printJson({
      dryRun: true,
      from: (await account.getAddress()).toLowerCase(),
      chainId: account.provider.chainId,
      effects: intent.effects,
      transactions: planned.map(({ to, data, what, gasLimit, maxCostWei }) => ({
        what,
        to,
        data,
        gasLimit,
        maxCostWei,
      })),
    });
  }
  for (const line of [...intent.effects, ...(await costLines(account, planned))]) process.stdout.write(`${line}\n`);
  for (const { what, data } of planned) process.stdout.write(`${what}: ${data}\n`);
  process.stdout.write("Nothing was sent: this was a dry run.\n");
}

/** What was sent, for people or as one line of JSON with `facts`' values as they are. */
export function printSent(
  receipts: readonly TransactionReceipt[],
  facts: Readonly<Record<string, unknown>>,
  shown: Readonly<Record<string, string | number | null>>,
  { json }: SendingFlags,
): void {
  const hashes = receipts.map(({ hash }) => hash);
  const gasUsed = receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0n);
  const costWei = receipts.reduce((sum, receipt) => sum + receipt.gasUsed * receipt.gasPrice, 0n);
  const blockNumber = receipts.at(-1)?.blockNumber ?? null;
  if (json) return printJson({ ...facts, transactions: hashes, blockNumber, gasUsed, costWei });
  printFields({
    ...shown,
    ...(hashes.length === 0 ? {} : { transaction: hashes.join(", "), cost: `${formatEther(costWei)} ether` }),
  });
}
