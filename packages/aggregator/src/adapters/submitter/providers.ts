/**
 * Several chain providers as the submitter needs them. Enters: questions about one account and its transactions.
 * Leaves: one answer each, or CHAIN_PROVIDER_FAILED. Not its job: deciding what to send.
 *
 * Gas and fees, which have bounds of their own, are read from the first provider that answers. What decides what is
 * sent again (the nonce, whether a transaction is in a block) is asked of all, and the answer of most counts; a
 * refusal, which would keep a report from being sent, needs a second voice. So one liar among several costs time, and
 * little else. Transactions go to all.
 */
import { type Address, type Hex, isQuorateError, quorateError } from "@quorate/common";
import { z } from "zod";
import type { Logger } from "../../driver/ports.ts";
import { blockSchema, hash, hex, quantity, type Rpc, toQuantity } from "../chain/rpc.ts";
import type { MarketFees } from "./fees.ts";
import type { Clock, SubmitCall } from "./interface.ts";
import { MIN_PRIORITY_FEE_WEI, PROVIDER_REST_MS } from "./limits.ts";
import { meaningOf, revertOf, type SendRefusal } from "./refusals.ts";

const wei = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform(BigInt);

const receiptSchema = z
  .object({
    transactionHash: hash,
    blockNumber: quantity,
    blockHash: hash,
    status: quantity,
    gasUsed: wei,
    effectiveGasPrice: wei,
  })
  .nullable();

export interface Head {
  readonly number: number;
  readonly hash: Hex;
  /** Seconds. */
  readonly timestamp: number;
}

/** Where a transaction is in a block, and what it did there. */
export interface Landing {
  readonly txHash: Hex;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly feeAtomicWei: bigint;
}

/** What became of a broadcast: taken by at least one provider, or why not, in the words of each. */
export interface Broadcast {
  readonly taken: boolean;
  readonly refusals: readonly { readonly provider: string; readonly meaning: SendRefusal; readonly said: string }[];
}

export interface ProvidersTools {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for one answer. */
  readonly timeoutMs: number;
  /** Ends every wait for an answer. */
  readonly signal: AbortSignal;
}

type Reply<T> = { readonly rpc: Rpc; readonly value: T } | { readonly rpc: Rpc; readonly error: unknown };

export class SubmissionProviders {
  readonly #rpcs: readonly Rpc[];
  readonly #tools: ProvidersTools;
  readonly #restsUntilMs = new Map<Rpc, number>();

  constructor(rpcs: readonly Rpc[], tools: ProvidersTools) {
    this.#rpcs = rpcs;
    this.#tools = tools;
  }

  /**
   * The latest block; of several answers the (lower) middle one in time, so that no single clock lets everything
   * expire.
   */
  async head(): Promise<Head> {
    const heads = await this.#all((rpc) => rpc.ask("eth_getBlockByNumber", ["latest", false], blockSchema));
    const inTime = heads.map(({ value }) => value).sort((a, b) => a.timestamp - b.timestamp);
    return inTime[Math.floor((inTime.length - 1) / 2)] as Head;
  }

  /** The highest answer: a balance that is not there shows when the transaction is sent. */
  async balance(account: Address): Promise<bigint> {
    const balances = await this.#all((rpc) => rpc.ask("eth_getBalance", [account, "latest"], wei));
    return balances.map(({ value }) => value).sort((a, b) => (a < b ? 1 : -1))[0] as bigint;
  }

  /**
   * The account's next nonce, as most say; of answers that are equally many the lowest: too low is refused, too high
   * leaves a gap.
   */
  async nonce(account: Address): Promise<number> {
    const groups = await this.#vote((rpc) => rpc.ask("eth_getTransactionCount", [account, "latest"], quantity), String);
    const most = Math.max(...groups.map(({ voices }) => voices));
    return Math.min(...groups.filter(({ voices }) => voices === most).map(({ value }) => value));
  }

  /**
   * How many of the account's transactions are finalised: the lowest answer, as too low only means watching for longer.
   */
  async finalisedNonce(account: Address): Promise<number> {
    // A young chain may have no finalised block: then nothing is.
    const ask = (rpc: Rpc) => rpc.ask("eth_getTransactionCount", [account, "finalized"], quantity).catch(() => 0);
    return Math.min(...(await this.#all(ask)).map(({ value }) => value));
  }

  /**
   * Where one of these transactions (versions with one nonce) is, as most say. Null when all say nowhere; `disputed`
   * while some say that it is in a block and as many or more say otherwise.
   */
  async landing(hashes: readonly Hex[]): Promise<Landing | "disputed" | null> {
    const ask = async (rpc: Rpc): Promise<Landing | null> => {
      for (const txHash of hashes) {
        const landing = await landingAt(rpc, txHash);
        if (landing !== null) return landing;
      }
      return null;
    };
    const groups = await this.#vote(ask, (landing) => `${landing?.txHash}@${landing?.blockHash}:${landing?.succeeded}`);
    const most = Math.max(...groups.map(({ voices }) => voices));
    const [winner, rival] = groups.filter(({ voices }) => voices === most);
    if (winner !== undefined && rival === undefined && winner.value !== null) return winner.value;
    return groups.length === 1 ? null : "disputed";
  }

  /**
   * The contract's error if the call would be refused at the latest block, null if not. One provider alone refuses
   * nothing, if others answer.
   */
  async simulate(from: Address, call: SubmitCall): Promise<string | null> {
    const refusals: string[] = [];
    let failure: unknown;
    for (const rpc of this.#inOrder()) {
      const reply = await this.#ask(rpc, () => simulateAt(rpc, from, call, "latest"));
      if ("error" in reply) failure = reply.error;
      else if (reply.value === null) return null;
      else refusals.push(reply.value);
      if (refusals.length === 2) break;
    }
    if (refusals[0] !== undefined) return refusals[0];
    throw failure;
  }

  /** Gas for the call at the latest block, or the contract's error. */
  estimate(from: Address, { to, data }: SubmitCall): Promise<bigint | string> {
    return this.#first(async (rpc) => {
      try {
        return await rpc.ask("eth_estimateGas", [{ from, to, data }], wei);
      } catch (error) {
        const refusal = revertOf(error);
        if (refusal !== null) return refusal;
        throw error;
      }
    });
  }

  /**
   * Why a call that is in a block did nothing. On the state after the block it is usually refused for the same reason
   * (somebody else's was first); if not, on the state before it; `unknown` if neither refuses.
   */
  async replay(from: Address, call: SubmitCall, blockNumber: number): Promise<string> {
    for (const at of [blockNumber, Math.max(blockNumber - 1, 0)]) {
      const refusal = await this.#first((rpc) => simulateAt(rpc, from, call, toQuantity(at))).catch(() => null);
      if (refusal !== null) return refusal;
    }
    return "unknown";
  }

  fees(): Promise<MarketFees> {
    return this.#first(async (rpc) => {
      const blocks = blockSchema.extend({ baseFeePerGas: wei });
      const { baseFeePerGas } = await rpc.ask("eth_getBlockByNumber", ["latest", false], blocks);
      // Not every provider has an opinion on tips; the floor is what nobody refuses.
      const suggested = await rpc.ask("eth_maxPriorityFeePerGas", [], wei).catch(() => MIN_PRIORITY_FEE_WEI);
      return { baseFeeWei: baseFeePerGas, suggestedPriorityFeeWei: suggested };
    });
  }

  /** Whether a provider that answers has the transaction, waiting or in a block. */
  async known(txHash: Hex): Promise<boolean> {
    return (await this.#all((rpc) => isKnown(rpc, txHash))).some(({ value }) => value);
  }

  /** Sends the bytes to every provider that does not have them. Never throws: what goes wrong is in the answer. */
  async broadcast(raw: Hex, txHash: Hex): Promise<Broadcast> {
    const send = async (rpc: Rpc): Promise<void> => {
      if (await isKnown(rpc, txHash)) return;
      await rpc.ask("eth_sendRawTransaction", [raw], hash);
    };
    const replies = await Promise.all(this.#awake().map((rpc) => this.#ask(rpc, () => send(rpc))));
    const refusals: Broadcast["refusals"][number][] = [];
    let taken = false;
    for (const reply of replies) {
      const meaning = "error" in reply ? meaningOf(reply.error) : "already-known";
      if (meaning === "already-known") taken = true;
      else if ("error" in reply) refusals.push({ provider: reply.rpc.host, meaning, said: reasonIn(reply.error) });
    }
    for (const refusal of refusals) this.#tools.logger.warn({ txHash, ...refusal }, "SUBMIT_REFUSED");
    return { taken, refusals };
  }

  close(): void {
    for (const rpc of this.#rpcs) rpc.close();
  }

  /** Those that have not failed lately; all of them if too few are left to outvote one that lies. */
  #awake(): readonly Rpc[] {
    const nowMs = this.#tools.clock.nowMs();
    const awake = this.#rpcs.filter((rpc) => (this.#restsUntilMs.get(rpc) ?? 0) <= nowMs);
    return awake.length * 2 > this.#rpcs.length ? awake : this.#rpcs;
  }

  #inOrder(): readonly Rpc[] {
    const awake = this.#awake();
    return [...awake, ...this.#rpcs.filter((rpc) => !awake.includes(rpc))];
  }

  async #first<T>(work: (rpc: Rpc) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const rpc of this.#inOrder()) {
      const reply = await this.#ask(rpc, () => work(rpc));
      if ("value" in reply) return reply.value;
      failure = reply.error;
    }
    throw failure;
  }

  /** What each of them answers. @throws the first failure, if none does */
  async #all<T>(work: (rpc: Rpc) => Promise<T>): Promise<{ readonly rpc: Rpc; readonly value: T }[]> {
    const replies = await Promise.all(this.#awake().map((rpc) => this.#ask(rpc, () => work(rpc))));
    const answers = replies.filter((reply) => "value" in reply);
    if (answers.length === 0) throw (replies[0] as { readonly error: unknown }).error;
    return answers;
  }

  /**
   * The answers with how many gave each; as soon as more than half of all providers say the same, the others are not
   * waited for.
   */
  async #vote<T>(
    work: (rpc: Rpc) => Promise<T>,
    nameOf: (value: T) => string,
  ): Promise<{ readonly value: T; readonly voices: number }[]> {
    const groups = new Map<string, { readonly value: T; voices: number }>();
    const majority = Promise.withResolvers<void>();
    const replies = this.#all(async (rpc) => {
      const value = await work(rpc);
      const group = groups.get(nameOf(value)) ?? { value, voices: 0 };
      group.voices++;
      groups.set(nameOf(value), group);
      if (group.voices * 2 > this.#rpcs.length) majority.resolve();
      return value;
    });
    await Promise.race([replies, majority.promise]);
    return [...groups.values()];
  }

  /** One deadline for all that a provider is asked here, where each question has the transport's (P-64). */
  async #ask<T>(rpc: Rpc, work: () => Promise<T>): Promise<Reply<T>> {
    const { timeoutMs, clock, signal } = this.#tools;
    const { promise, reject } = Promise.withResolvers<never>();
    const late = (reason: string): void =>
      reject(quorateError("CHAIN_PROVIDER_FAILED", { provider: rpc.host, reason, timeoutMs }));
    const timer = setTimeout(() => late("no answer in time"), timeoutMs);
    const onAbort = (): void => late("stopping");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const value = await Promise.race([work(), promise]);
      this.#restsUntilMs.delete(rpc);
      return { rpc, value };
    } catch (error) {
      // A refused transaction is an answer, too.
      if (meaningOf(error) === "other") this.#restsUntilMs.set(rpc, clock.nowMs() + PROVIDER_REST_MS);
      return { rpc, error };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

async function isKnown(rpc: Rpc, txHash: Hex): Promise<boolean> {
  return (await rpc.ask("eth_getTransactionByHash", [txHash], z.object({ hash }).nullable())) !== null;
}

/** A receipt counts only while its block is the provider's own at that height. */
async function landingAt(rpc: Rpc, txHash: Hex): Promise<Landing | null> {
  const receipt = await rpc.ask("eth_getTransactionReceipt", [txHash], receiptSchema);
  if (receipt === null) return null;
  if (receipt.transactionHash !== txHash) {
    const values = { provider: rpc.host, asked: txHash, answered: receipt.transactionHash };
    throw quorateError("CHAIN_PROVIDER_FAILED", values);
  }
  const block = await rpc.block(receipt.blockNumber);
  if (block?.hash !== receipt.blockHash) return null;
  return {
    txHash,
    blockNumber: receipt.blockNumber,
    blockHash: receipt.blockHash,
    succeeded: receipt.status === 1,
    gasUsed: receipt.gasUsed,
    feeAtomicWei: receipt.gasUsed * receipt.effectiveGasPrice,
  };
}

async function simulateAt(rpc: Rpc, from: Address, { to, data }: SubmitCall, at: string): Promise<string | null> {
  try {
    await rpc.ask("eth_call", [{ from, to, data }, at], hex);
    return null;
  } catch (error) {
    const refusal = revertOf(error);
    if (refusal !== null) return refusal;
    throw error;
  }
}

function reasonIn(error: unknown): string {
  const reason = isQuorateError(error) ? error.values["reason"] : error;
  return String(reason ?? error).slice(0, 200);
}
