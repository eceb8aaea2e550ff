/**
 * One chain provider: the questions the follower asks, and any other by `ask`. Enters: an answer of unknown quality. Leaves:
 * a checked value, or CHAIN_PROVIDER_FAILED with the provider's host. Not its job: believing it; carrying bytes
 * (transport.ts).
 */
import { type Address, type ChainHead, type Hex, type QuorateError, quorateError } from "@quorate/common";
import { z } from "zod";
import { ANSWER_MAX_BYTES, LOGS_MAX, SMALL_ANSWER_MAX_BYTES } from "./limits.ts";
import { Transport } from "./transport.ts";

export const hex = z
  .string()
  // No group is repeated: a stranger's megabytes are walked once.
  .regex(/^0x[0-9a-fA-F]*$/)
  .refine((text) => text.length % 2 === 0, "half a byte")
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
  readonly #transport: Transport;

  constructor(url: string, timeoutMs: number) {
    // One attempt: the follower has its own retries, and a health to report meanwhile.
    this.#transport = new Transport(url, { timeoutMs });
    this.host = this.#transport.host;
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
  async logs(
    addresses: readonly Address[],
    topics: readonly Hex[],
    fromBlock: number,
    toBlock: number,
  ): Promise<RawLog[]> {
    const filter = {
      address: addresses,
      topics: [topics],
      fromBlock: toQuantity(fromBlock),
      toBlock: toQuantity(toBlock),
    };
    const answer = await this.#transport.ask("eth_getLogs", [filter], ANSWER_MAX_BYTES);
    if (!Array.isArray(answer)) throw this.#failed("eth_getLogs", "answer: not a list");
    if (answer.length > LOGS_MAX) throw this.#failed("eth_getLogs", `${answer.length} logs, above ${LOGS_MAX}`);
    // One after the other, so that the first wrong one ends it: a list of all that is wrong could be a hundred times larger.
    return answer.map((log: unknown) => this.#checked("eth_getLogs", log, logSchema));
  }

  close(): void {
    this.#transport.close();
  }

  /** One question, one request. @throws CHAIN_PROVIDER_FAILED; its cause is an RpcError with what the provider said, if it did */
  async ask<S extends z.ZodType>(method: string, parameters: unknown[], schema: S): Promise<z.output<S>> {
    return this.#checked(method, await this.#transport.ask(method, parameters, SMALL_ANSWER_MAX_BYTES), schema);
  }

  #checked<S extends z.ZodType>(method: string, answer: unknown, schema: S): z.output<S> {
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw this.#failed(method, `${issue?.path.join(".") || "answer"}: ${issue?.message}`);
  }

  #failed(method: string, reason: string): QuorateError {
    return quorateError("CHAIN_PROVIDER_FAILED", { provider: this.host, method, reason });
  }
}

export function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
