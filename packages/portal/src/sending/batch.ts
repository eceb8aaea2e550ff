/**
 * Several calls as one, where the wallet can (EIP-5792). Enters: what a wallet says of itself, calls. Leaves: one
 * question to the wallet, and what became of it. Not its job: believing the wallet; hashes are looked up on the chain.
 */
import type { Eip1193Provider, ReadyCall } from "@quorate/client";
import { type Address, quorateError } from "@quorate/common";
import { z } from "zod";
import { isDeclined } from "../wallet/declined.ts";

/** Milliseconds between two questions about a batch. */
const POLL_MS = 1_000;
/** Milliseconds that a batch may take to be mined: 25 slots of Ethereum. Then it is said how to go on. */
const BATCH_WAIT_MS = 300_000;
/** Milliseconds for a wallet to say what it can do; one that does not answer cannot do it. */
const CAPABILITIES_MS = 3_000;

const atomic = z.object({ status: z.string() });
const capabilitiesSchema = z.record(z.string(), z.object({ atomic: atomic.optional() }));
const sentSchema = z.union([z.string().transform((id) => ({ id })), z.object({ id: z.string() })]);
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const statusSchema = z.object({
  status: z.number(),
  receipts: z.array(z.object({ transactionHash: hash })).optional(),
});

/** Whether the wallet runs several calls as one, all or nothing, on this chain. A single call needs no batch. */
export function batches(capabilities: unknown, chainId: bigint, callCount: number): boolean {
  const known = capabilitiesSchema.safeParse(capabilities);
  if (!known.success || callCount < 2) return false;
  // 0x0 is every chain.
  return [hexOf(chainId), "0x0"].some((id) => ["supported", "ready"].includes(known.data[id]?.atomic?.status ?? ""));
}

/** False too where the wallet knows no such question. */
export async function canBatch(
  wallet: Eip1193Provider,
  account: Address,
  chainId: bigint,
  callCount: number,
): Promise<boolean> {
  if (callCount < 2) return false;
  const asked = wallet.request({ method: "wallet_getCapabilities", params: [account, [hexOf(chainId)]] });
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), CAPABILITIES_MS));
  return batches(await Promise.race([asked.catch(() => null), late]), chainId, callCount);
}

export function batchQuestion(from: Address, chainId: bigint, calls: readonly ReadyCall[]) {
  const parts = calls.map(({ to, data }) => ({ to, data, value: "0x0" }));
  return { version: "2.0.0", from, chainId: hexOf(chainId), atomicRequired: true, calls: parts };
}

/** Has the wallet sign and send. Leaves the wallet's own name of the batch. @throws WALLET_REFUSED, BATCH_FAILED */
export async function sendBatch(
  wallet: Eip1193Provider,
  from: Address,
  chainId: bigint,
  calls: readonly ReadyCall[],
): Promise<string> {
  const params = [batchQuestion(from, chainId, calls)];
  const said = sentSchema.safeParse(await declinable(wallet.request({ method: "wallet_sendCalls", params })));
  if (said.success) return said.data.id;
  throw quorateError("BATCH_FAILED", { reason: "the wallet gave the batch no name" });
}

export type BatchState =
  | { readonly step: "pending" }
  | { readonly step: "mined"; readonly hashes: readonly string[] }
  | { readonly step: "failed"; readonly status: number; readonly hashes: readonly string[] };

/** EIP-5792: 1xx waits, 200 is mined, 4xx was never sent, 5xx and 6xx are reverted. */
export function batchState(answer: unknown): BatchState {
  const said = statusSchema.safeParse(answer);
  if (!said.success) return { step: "pending" };
  const { status, receipts = [] } = said.data;
  const hashes = [...new Set(receipts.map(({ transactionHash }) => transactionHash))];
  if (status >= 100 && status < 200) return { step: "pending" };
  return status === 200 && hashes.length > 0 ? { step: "mined", hashes } : { step: "failed", status, hashes };
}

/** The hashes of a batch when it is mined. @throws BATCH_FAILED, TRANSACTION_PENDING */
export async function untilBatchMined(wallet: Eip1193Provider, id: string): Promise<readonly string[]> {
  const endsAtMs = performance.now() + BATCH_WAIT_MS;
  for (;;) {
    const answer = await wallet.request({ method: "wallet_getCallsStatus", params: [id] }).catch(() => null);
    const state = batchState(answer);
    if (state.step === "mined") return state.hashes;
    if (state.step === "failed") {
      const { status, hashes } = state;
      throw quorateError("BATCH_FAILED", { batch: id, status, transactions: hashes.join(", ") });
    }
    if (performance.now() > endsAtMs) throw quorateError("TRANSACTION_PENDING", { batch: id });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function declinable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (isDeclined(cause)) throw quorateError("WALLET_REFUSED", { what: "wallet_sendCalls" }, { cause });
    const { message } = cause as { message?: unknown };
    throw quorateError("BATCH_FAILED", { reason: String(message ?? cause).slice(0, 300) }, { cause });
  }
}

function hexOf(chainId: bigint): string {
  return `0x${chainId.toString(16)}`;
}
