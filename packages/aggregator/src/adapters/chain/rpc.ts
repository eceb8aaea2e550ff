/**
 * One chain provider over JSON-RPC: the questions the follower asks, and any other by `ask`. Enters: an answer of unknown quality. Leaves: a checked value, or
 * CHAIN_PROVIDER_FAILED with the provider's host (never its full address, which often holds a key). Not its job: believing it.
 *
 * ethers carries the bytes only: its own polling, batching, caching and network detection are off, so that one question is one request
 * to one provider.
 */
import { type Address, type ChainHead, type Hex, isQuorateError, quorateError } from "@quorate/common";
import { FetchRequest, JsonRpcProvider, Network } from "ethers";
import { z } from "zod";

export const hex = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{2})*$/)
  .transform((text) => text.toLowerCase() as Hex);
export const hash = hex.refine((text) => text.length === 66, "not 32 bytes");
/** JSON-RPC quantities; chain heights, times and indices stay below 2^53. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,13}$/)
  .transform(Number);

export const blockSchema = z.object({ number: quantity, hash, timestamp: quantity });

export const logSchema = z.object({
  address: hex,
  topics: z.array(hash).min(1).max(4),
  data: hex,
  blockNumber: quantity,
  blockHash: hash,
  logIndex: quantity,
  removed: z.literal(false).optional(),
});
export type RawLog = z.output<typeof logSchema>;

export class Rpc {
  readonly host: string;
  readonly #provider: JsonRpcProvider;

  constructor(url: string, chainId: number, timeoutMs: number) {
    this.host = new URL(url).host;
    const request = new FetchRequest(url);
    request.timeout = timeoutMs;
    // One attempt: the follower has its own retries, and a health to report meanwhile.
    request.setThrottleParams({ maxAttempts: 1 });
    const network = Network.from(chainId);
    this.#provider = new JsonRpcProvider(request, network, {
      staticNetwork: network,
      batchMaxCount: 1,
      cacheTimeout: -1,
    });
  }

  chainId(): Promise<number> {
    return this.ask("eth_chainId", [], quantity);
  }

  async hasCode(address: Address): Promise<boolean> {
    return (await this.ask("eth_getCode", [address, "latest"], hex)).length > 2;
  }

  /** The finalised block; null before there is one. */
  finalised(): Promise<ChainHead | null> {
    return this.ask("eth_getBlockByNumber", ["finalized", false], blockSchema.nullable());
  }

  /** The newest block, which may still be reorganised away. */
  latest(): Promise<ChainHead> {
    return this.ask("eth_getBlockByNumber", ["latest", false], blockSchema);
  }

  /** The block at a height; null beyond the provider's head. */
  async block(number: number): Promise<ChainHead | null> {
    const block = await this.ask("eth_getBlockByNumber", [toQuantity(number), false], blockSchema.nullable());
    if (block !== null && block.number !== number) {
      throw this.#failed("eth_getBlockByNumber", `asked for block ${number}, got ${block.number}`);
    }
    return block;
  }

  /** All logs of these contracts with one of these first topics, both ends of the range included. */
  logs(addresses: readonly Address[], topics: readonly Hex[], fromBlock: number, toBlock: number): Promise<RawLog[]> {
    const filter = {
      address: addresses,
      topics: [topics],
      fromBlock: toQuantity(fromBlock),
      toBlock: toQuantity(toBlock),
    };
    return this.ask("eth_getLogs", [filter], z.array(logSchema));
  }

  close(): void {
    this.#provider.destroy();
  }

  /** One question, one request. @throws CHAIN_PROVIDER_FAILED; its cause is ethers' error, which holds what the provider said */
  async ask<S extends z.ZodType>(method: string, parameters: unknown[], schema: S): Promise<z.output<S>> {
    let answer: unknown;
    try {
      answer = await this.#provider.send(method, parameters);
    } catch (cause) {
      if (isQuorateError(cause)) throw cause;
      throw this.#failed(method, reasonOf(cause), cause);
    }
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw this.#failed(method, `${issue?.path.join(".") || "answer"}: ${issue?.message}`);
  }

  #failed(method: string, reason: string, cause?: unknown): Error {
    return quorateError("CHAIN_PROVIDER_FAILED", { provider: this.host, method, reason }, { cause });
  }
}

/** ethers wraps the cause several times, with the whole request in its message; the innermost text is the useful one. */
function reasonOf(error: unknown): string {
  const {
    shortMessage,
    message,
    error: inner,
  } = error as {
    shortMessage?: string;
    message?: string;
    error?: { message?: string };
  };
  return (inner?.message ?? shortMessage ?? message ?? String(error)).slice(0, 200);
}

export function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
