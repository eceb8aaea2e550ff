/**
 * What becomes of a transaction that was sent (P-106). Enters: its hash, and its signed bytes where they are here.
 * Leaves: its receipt, or a coded error that tells apart what a person has to do different things about: it failed in a
 * block, another one took its nonce, nobody knows it any more, or it is only slow.
 */
import type { TransactionReceipt } from "ethers";
import { isQuorateError, type QuorateError, quorateError } from "../errors.ts";
import type { ProviderFailure } from "./endpoint.ts";
import { DROPPED_AFTER_LOOKS, FATE_EVERY_POLLS, POLL_MS, WAIT_MS } from "./limits.ts";
import type { ChainProviders } from "./providers.ts";
import { parseRevert, revertText } from "./reverts.ts";

export interface SentTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly from: string;
  /** What it does, for people. */
  readonly what: string;
  /** The newest block when it was sent: it is in none up to there. */
  readonly startBlock: number;
}

export interface WaitOptions {
  /** Milliseconds to wait for a block. */
  readonly waitMs?: number | undefined;
  /** Milliseconds between two looks. */
  readonly pollMs?: number | undefined;
  /** Said in the error when the wait ends: how this command goes on. */
  readonly howToGoOn?: ((hash: string) => string) | undefined;
}

/** What is known of a transaction without a receipt. */
interface Fate {
  /** Whether a provider has it in its pool. */
  isKnown: boolean;
  /** Looks in a row in which nobody knew it and all refused it anew. */
  refusedLooks: number;
  said: string | undefined;
  /** The hash of the transaction that took its nonce. */
  replacedBy: string | null;
}

/**
 * Sends the signed bytes, unless there are none because the provider signed them itself, and waits.
 * @throws TRANSACTION_REFUSED, TRANSACTION_FAILED_IN_BLOCK, TRANSACTION_REPLACED, TRANSACTION_DROPPED,
 * TRANSACTION_PENDING
 */
export async function untilMined(
  chain: ChainProviders,
  sent: SentTransaction,
  signed: string | null,
  options: WaitOptions = {},
): Promise<TransactionReceipt> {
  const { waitMs = WAIT_MS, pollMs = POLL_MS } = options;
  const fate: Fate = { isKnown: true, refusedLooks: 0, said: undefined, replacedBy: null };
  const endsAt = performance.now() + waitMs;
  if (signed !== null) await firstBroadcast(chain, sent, signed, fate);
  for (let poll = 0; ; poll += 1) {
    const receipt = await receiptOf(chain, sent.hash, fate);
    if (receipt !== null) return accepted(chain, sent, receipt);
    if (poll % FATE_EVERY_POLLS === FATE_EVERY_POLLS - 1) await lookAtFate(chain, sent, signed, fate);
    if (fate.replacedBy !== null) throw replaced(sent, fate.replacedBy);
    const leftMs = endsAt - performance.now();
    if (fate.refusedLooks >= DROPPED_AFTER_LOOKS || leftMs <= 0) throw open(sent, fate, waitMs, options);
    // The first looks come early: a local chain mines at once.
    const pauseMs = Math.min(pollMs, leftMs, 50 * 2 ** Math.min(poll, 10));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Blocks back from which a full node still has the state; only there is a replacement looked for. */
const STATE_KEPT_BLOCKS = 120;

/**
 * Goes on waiting for a transaction that another process sent.
 * @throws as `untilMined`
 */
export async function resumeWaiting(
  chain: ChainProviders,
  hash: string,
  what: string,
  options: WaitOptions = {},
): Promise<TransactionReceipt> {
  const found = await chain.getTransaction(hash);
  const startBlock = Math.max(0, (await chain.getBlockNumber()) - STATE_KEPT_BLOCKS);
  // Of a transaction that nobody knows nobody can say which nonce it has.
  const { nonce, from } = found ?? { nonce: Number.MAX_SAFE_INTEGER, from: `0x${"00".repeat(20)}` };
  return untilMined(chain, { hash, what, nonce, from, startBlock }, null, options);
}

/** @throws TRANSACTION_REFUSED when every provider said no, so that nothing of it is anywhere */
async function firstBroadcast(chain: ChainProviders, sent: SentTransaction, signed: string, fate: Fate): Promise<void> {
  const failures = await chain.broadcast(signed);
  if (failures === null) return;
  fate.said = saidBy(failures);
  // Whoever is silent may have it; a nonce that is taken may have been taken by this very transaction.
  if (failures.some(({ kind }) => kind === "silent") || isNonceUsed(failures)) return;
  throw quorateError("TRANSACTION_REFUSED", { ...partsOf(sent), said: fate.said });
}

/** Null while there is none, or nobody can be asked. */
async function receiptOf(chain: ChainProviders, hash: string, fate: Fate): Promise<TransactionReceipt | null> {
  try {
    return await chain.getTransactionReceipt(hash);
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    fate.said = String(error.values["reason"] ?? error.code);
    return null;
  }
}

async function lookAtFate(
  chain: ChainProviders,
  sent: SentTransaction,
  signed: string | null,
  fate: Fate,
): Promise<void> {
  try {
    fate.isKnown = (await chain.findAnywhere("eth_getTransactionByHash", [sent.hash])) !== null;
    fate.replacedBy = await replacementOf(chain, sent);
    if (fate.isKnown || signed === null) {
      fate.refusedLooks = 0;
      return;
    }
    // Dropped from the pools, or they do not tell: the same bytes are offered again.
    const failures = await chain.broadcast(signed);
    if (failures !== null) fate.said = saidBy(failures);
    const isRefused = failures?.every(({ kind }) => kind === "refused") === true && !isNonceUsed(failures);
    fate.refusedLooks = isRefused ? fate.refusedLooks + 1 : 0;
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    fate.said = String(error.values["reason"] ?? error.code);
  }
}

/**
 * The other transaction that used the nonce; null while none is found. Only a block that holds it counts: a count of
 * transactions alone may come from a machine that is ahead of the one asked for the receipt.
 */
async function replacementOf(
  chain: ChainProviders,
  { from, nonce, hash, startBlock }: SentTransaction,
): Promise<string | null> {
  const latest = await chain.getBlockNumber();
  if ((await chain.getTransactionCount(from, latest)) <= nonce) return null;
  let [before, after] = [Math.min(startBlock, latest), latest];
  // Used before the search begins, by what nobody here can find out.
  if ((await chain.getTransactionCount(from, before)) > nonce) return null;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if ((await chain.getTransactionCount(from, middle)) > nonce) after = middle;
    else before = middle;
  }
  const block = await chain.getBlock(after, true);
  const found = block?.prefetchedTransactions.find((other) => other.nonce === nonce && isSame(other.from, from));
  return found === undefined || found.hash === hash ? null : found.hash;
}

async function accepted(
  chain: ChainProviders,
  sent: SentTransaction,
  receipt: TransactionReceipt,
): Promise<TransactionReceipt> {
  if (receipt.status !== 0) return receipt;
  const reason = await whyFailed(chain, sent, receipt);
  const values = { ...partsOf(sent), block: receipt.blockNumber, gasUsed: receipt.gasUsed, error: reason };
  throw quorateError("TRANSACTION_FAILED_IN_BLOCK", values);
}

/** The same call on the state before its block; often enough it is refused for the same reason. */
async function whyFailed(chain: ChainProviders, sent: SentTransaction, receipt: TransactionReceipt): Promise<string> {
  try {
    const transaction = await chain.getTransaction(sent.hash);
    if (transaction === null) return "unknown";
    const { from, to, data, value } = transaction;
    await chain.call({ from, to, data, value, blockTag: receipt.blockNumber - 1 });
    return "unknown; the same call was not refused in the block before";
  } catch (error) {
    const data: unknown = (error as { data?: unknown }).data;
    return typeof data === "string" ? revertText(parseRevert(data)) : "unknown";
  }
}

function replaced(sent: SentTransaction, by: string): QuorateError {
  return quorateError("TRANSACTION_REPLACED", { ...partsOf(sent), by });
}

/** The wait is over, and the outcome is not known. */
function open(sent: SentTransaction, fate: Fate, waitMs: number, { howToGoOn }: WaitOptions): QuorateError {
  const code = fate.isKnown ? "TRANSACTION_PENDING" : "TRANSACTION_DROPPED";
  const values = { ...partsOf(sent), waitedSeconds: waitMs / 1_000, said: fate.said };
  const remedy = howToGoOn?.(sent.hash);
  return quorateError(code, values, remedy === undefined ? {} : { remedy });
}

function partsOf({ hash, from, nonce, what }: SentTransaction) {
  const isKnown = nonce !== Number.MAX_SAFE_INTEGER;
  return { transaction: hash, what, ...(isKnown ? { account: from, nonce } : {}) };
}

function saidBy(failures: readonly ProviderFailure[]): string {
  return failures.map(({ host, message }) => `${host}: ${message}`).join("; ");
}

function isNonceUsed(failures: readonly ProviderFailure[]): boolean {
  return failures.some(({ message }) => /nonce.*(?:too low|used)|OldNonce|NONCE_EXPIRED/i.test(message));
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
