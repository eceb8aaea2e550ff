/**
 * Sends calls by the wallet and remembers them. Enters: calls that were planned, a connection, a wallet. Leaves:
 * receipts from the chain; each hash is kept in this browser before it is waited for, and followed after a reload.
 */
import { signal } from "@preact/signals";
import type { Eip1193Provider, ReadyCall } from "@quorate/client";
import { isQuorateError, quorateError } from "@quorate/common";
import { coded, resumeWaiting } from "@quorate/common/chain";
import type { TransactionReceipt } from "ethers";
import type { Connection } from "../network/connection.ts";
import type { ConnectedWallet } from "../wallet/wallet.ts";
import { canBatch, sendBatch, untilBatchMined } from "./batch.ts";
import { parseKept, type Sent, withSent } from "./kept.ts";

const KEY = "quorate.sent";

export const sent = signal<readonly Sent[]>(parseKept(localStorage.getItem(KEY)));

export function keep(entry: Sent): void {
  sent.value = withSent(sent.value, entry);
  localStorage.setItem(KEY, JSON.stringify(sent.value));
}

export function forget(id: string): void {
  sent.value = sent.value.filter((one) => one.id !== id);
  localStorage.setItem(KEY, JSON.stringify(sent.value));
}

export interface SendRequest {
  readonly connection: Connection;
  readonly wallet: ConnectedWallet;
  readonly topic: string;
  readonly calls: readonly ReadyCall[];
  /** As one batch of the wallet (EIP-5792) rather than one after the other. */
  readonly asBatch: boolean;
  /** Told what is waited for: the wallet, or the chain. */
  readonly onStep: (step: SendStep) => void;
  /** Told of each call that is mined: what comes after it may fail or be declined. */
  readonly onMined?: (receipt: TransactionReceipt) => void;
}

export type SendStep =
  | { readonly step: "signing"; readonly index: number; readonly count: number }
  | { readonly step: "mining"; readonly index: number; readonly count: number; readonly id: string };

/** @throws WALLET_REFUSED, TRANSACTION_*, BATCH_FAILED, CHAIN_* */
export function sendCalls(request: SendRequest): Promise<readonly TransactionReceipt[]> {
  return request.asBatch ? asBatch(request) : oneByOne(request);
}

/** Whether the connected wallet can run them as one. */
export function walletBatches({ provider, account, chainId }: ConnectedWallet, callCount: number): Promise<boolean> {
  return canBatch(provider, account, chainId, callCount);
}

async function oneByOne(request: SendRequest): Promise<readonly TransactionReceipt[]> {
  const { connection, wallet, calls, onStep, onMined } = request;
  const receipts: TransactionReceipt[] = [];
  for (const [index, call] of calls.entries()) {
    onStep({ step: "signing", index, count: calls.length });
    const now: { entry: Sent | null } = { entry: null };
    const onSent = ({ hash }: { readonly hash: string }) => {
      now.entry = entryOf(request, "transaction", hash, [call.what]);
      keep(now.entry);
      onStep({ step: "mining", index, count: calls.length, id: hash });
    };
    try {
      // The client tries the call on its own chain before the wallet is asked (P-106).
      const [receipt] = await connection.client.send({ transactions: [call] }, wallet.provider, { onSent });
      receipts.push(receipt as TransactionReceipt);
      onMined?.(receipt as TransactionReceipt);
      if (now.entry !== null) keep({ ...now.entry, state: "mined", block: receipt?.blockNumber ?? null });
    } catch (error) {
      if (now.entry !== null) keep(failed(now.entry, error));
      throw error;
    }
  }
  return receipts;
}

async function asBatch(request: SendRequest): Promise<readonly TransactionReceipt[]> {
  const { connection, wallet, calls, onStep } = request;
  const { chain } = await connection.client.contract();
  requireSameChain(wallet, chain.chainId);
  const [first] = calls as [ReadyCall];
  await coded(() => chain.call({ from: wallet.account, to: first.to, data: first.data }), first.what);
  onStep({ step: "signing", index: 0, count: 1 });
  const id = await sendBatch(wallet.provider, wallet.account, wallet.chainId, calls);
  const entry = entryOf(
    request,
    "batch",
    id,
    calls.map(({ what }) => what),
  );
  keep(entry);
  onStep({ step: "mining", index: 0, count: 1, id });
  return followed(connection, wallet.provider, entry);
}

/** Those that a reload has interrupted; each is looked up once more. Errors are kept with their entry. */
export async function followKept(connection: Connection, wallet: ConnectedWallet | null): Promise<void> {
  const { chainId } = connection.facts;
  const waiting = sent.value.filter((one) => one.state === "waiting" && one.chainId === chainId);
  await Promise.all(waiting.map((one) => followed(connection, wallet?.provider ?? null, one).catch(() => [])));
}

const following = new Map<string, Promise<readonly TransactionReceipt[]>>();

/** At most one look at a time for each. */
function followed(connection: Connection, wallet: Eip1193Provider | null, entry: Sent) {
  const running = following.get(entry.id);
  if (running !== undefined) return running;
  const begun = follow(connection, wallet, entry).finally(() => following.delete(entry.id));
  following.set(entry.id, begun);
  return begun;
}

async function follow(
  { client }: Connection,
  wallet: Eip1193Provider | null,
  entry: Sent,
): Promise<readonly TransactionReceipt[]> {
  // Only the wallet that was asked knows what its batch has become.
  if (entry.kind === "batch" && wallet === null) return [];
  try {
    const hashes = entry.kind === "batch" ? await untilBatchMined(wallet as Eip1193Provider, entry.id) : [entry.id];
    const { chain } = await client.contract();
    const receipts: TransactionReceipt[] = [];
    for (const hash of hashes) receipts.push(await resumeWaiting(chain, hash, entry.what.join(", ")));
    keep({ ...entry, state: "mined", block: receipts.at(-1)?.blockNumber ?? null });
    return receipts;
  } catch (error) {
    keep(failed(entry, error));
    throw error;
  }
}

/** What may still be mined goes on waiting; the rest has failed for good. */
function failed(entry: Sent, error: unknown): Sent {
  const isOver =
    isQuorateError(error, "TRANSACTION_FAILED_IN_BLOCK") ||
    isQuorateError(error, "TRANSACTION_REPLACED") ||
    isQuorateError(error, "BATCH_FAILED");
  const trouble = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
  return { ...entry, state: isOver ? "failed" : "waiting", trouble };
}

function entryOf(request: SendRequest, kind: Sent["kind"], id: string, what: string[]): Sent {
  const { topic, wallet } = request;
  const { account, chainId } = wallet;
  const sentAtMs = Date.now();
  const fresh = { state: "waiting", block: null, trouble: null } as const;
  return { id, kind, topic, what, chainId: String(chainId), account, sentAtMs, ...fresh };
}

function requireSameChain({ chainId }: ConnectedWallet, expected: bigint): void {
  if (chainId === expected) return;
  throw quorateError("CHAIN_WRONG_ID", { provider: "wallet", found: chainId, expected });
}
