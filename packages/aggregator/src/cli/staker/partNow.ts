/**
 * What works now where a claim is above what the cycle leaves (P-29, P-147). Enters: a claim's flags, a payment that
 * the limit refuses. Leaves: an error that names the command which is paid now, and when the next cycle begins.
 */
import { aboveLimit, type ClaimLimit, type Payment, type QuorateClient } from "@quorate/client";
import { formatAmount, formatPlainAmount, isQuorateError, type QuorateError } from "@quorate/common";
import { dateText } from "../print.ts";
import type { SendingFlags } from "../sending.ts";
import type { AskingFlags } from "./asking.ts";

/** Those of a claim that say how it is made; its command repeats them. */
export interface ClaimFlags extends AskingFlags, SendingFlags {
  readonly epoch?: string;
  readonly signed?: true;
  readonly amount?: string;
  readonly out?: string;
  readonly force?: true;
}

/** Null where the limit does not stand in the way of it. */
export async function partNow(
  client: QuorateClient,
  { pays, refusal }: Payment,
  flags: ClaimFlags,
): Promise<QuorateError | null> {
  if (refusal === null || !refusal.error.startsWith("ClaimLimitExceeded")) return null;
  const limit = await (await client.contract()).claimLimit();
  return pays > limit.left ? aboveLimit(pays, limit, remedyOf(limit, flags)) : null;
}

/** As `ask`, whose CLAIM_ABOVE_LIMIT then names the command. @throws what `ask` throws */
export async function saysPart<T>(client: QuorateClient, flags: ClaimFlags, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { amount } = isQuorateError(error, "CLAIM_ABOVE_LIMIT") ? error.values : {};
    if (typeof amount !== "bigint") throw error;
    const limit = await (await client.contract()).claimLimit();
    throw aboveLimit(amount, limit, remedyOf(limit, flags));
  }
}

function remedyOf({ left, limit, resetsAt }: ClaimLimit, flags: ClaimFlags): string {
  const when = `the next cycle begins at ${dateText(resetsAt)}, with ${formatAmount(limit)} for all claims together`;
  if (left === 0n) return `Nothing is left in this cycle; ${when}. What is owed stays owed.`;
  const amount = formatPlainAmount(left);
  const command = `quorate claim ${whereText(flags)} --submit ${accountText(flags)} --amount ${amount}`;
  return `Run \`${command}\` to be paid what is left now; ${when}. What is owed stays owed.`;
}

/** The same flags again, so that the command can be copied. */
export function whereText({ network, rpc, contract, agent, signed, epoch }: ClaimFlags): string {
  const parts = [
    ...(network === undefined ? [] : [`--network ${network}`]),
    ...agent.map((url) => `--agent ${url}`),
    ...rpc.map((url) => `--rpc ${url}`),
    ...(contract === undefined ? [] : [`--contract ${contract}`]),
    ...(signed === undefined ? [] : ["--signed"]),
    ...(epoch === undefined ? [] : [`--epoch ${epoch}`]),
  ];
  return parts.join(" ");
}

function accountText({ accountKeyFile, accountPasswordFile, signerUrl, from }: ClaimFlags): string {
  const password = accountPasswordFile === undefined ? "" : ` --account-password-file ${accountPasswordFile}`;
  if (accountKeyFile !== undefined) return `--account-key-file ${accountKeyFile}${password}`;
  if (signerUrl !== undefined && from !== undefined) return `--signer-url ${signerUrl} --from ${from}`;
  return "--account-key-file <file>";
}
