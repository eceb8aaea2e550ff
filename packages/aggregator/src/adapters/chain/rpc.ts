/**
 * One chain provider: the questions the follower asks, and any other by `ask`. Enters: an answer of unknown quality.
 * Leaves: a checked value, or CHAIN_PROVIDER_FAILED with the provider's host. Not its job: believing it; carrying
 * bytes (transport.ts).
 */
import { setImmediate } from "node:timers/promises";
import { type Address, type ChainHead, type Hex, type QuorateError, quorateError } from "@quorate/common";
import { z } from "zod";
import { BLOOM_BYTES } from "./bloom.ts";
import { ANSWER_MAX_BYTES, LOGS_AT_ONCE, LOGS_MAX, RATE_RETRIES } from "./limits.ts";
import { sameProvider } from "./place.ts";
import { Transport, TransportRefusal } from "./transport.ts";

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

/** Without a filter that can be read there is none. */
const headerSchema = blockSchema.extend({
  logsBloom: hex
    .refine((text) => text.length === 2 + 2 * BLOOM_BYTES)
    .optional()
    .catch(undefined),
});
export type Header = z.output<typeof headerSchema>;

export const logSchema = z.object({
  address: hex,
  topics: z.array(hash).min(1).max(4),
  data: hex,
  blockNumber: quantity,
  blockHash: hash,
  logIndex: quantity,
  removed: z.literal(false).optional(),
  /** Seconds; not every provider gives it. */
  blockTimestamp: quantity.optional().catch(undefined),
});
export type RawLog = z.output<typeof logSchema>;

export interface LogFilter {
  readonly addresses: readonly Address[];
  /** Of the first place, any of them. */
  readonly topics: readonly Hex[];
}

export class Rpc {
  readonly host: string;
  readonly #transport: Transport;

  constructor(url: string, timeoutMs: number, name?: string) {
    // One attempt: the follower has its own retries, and a health to report meanwhile.
    this.#transport = new Transport(url, { timeoutMs, name });
    this.host = this.#transport.host;
  }

  chainId(signal?: AbortSignal): Promise<number> {
    return this.ask("eth_chainId", [], quantity, signal);
  }

  /** Whether there is code at an address, after a block or now. */
  async hasCode(address: Address, at: number | "latest", signal?: AbortSignal): Promise<boolean> {
    const tag = at === "latest" ? at : toQuantity(at);
    return (await this.ask("eth_getCode", [address, tag], hex, signal)).length > 2;
  }

  /** What a contract answers to a call with these data, after a block or now; "0x" where nothing answers. */
  call(to: Address, data: Hex, at: number | "latest", signal?: AbortSignal): Promise<Hex> {
    return this.ask("eth_call", [{ to, data }, at === "latest" ? at : toQuantity(at)], hex, signal);
  }

  /** The finalised block; null before there is one. */
  finalised(signal?: AbortSignal): Promise<ChainHead | null> {
    return this.ask("eth_getBlockByNumber", ["finalized", false], blockSchema.nullable(), signal);
  }

  /** The newest block, which may still be reorganised away. */
  latest(): Promise<ChainHead> {
    return this.ask("eth_getBlockByNumber", ["latest", false], blockSchema);
  }

  /** The block at a height; null beyond the provider's head. */
  block(number: number, signal?: AbortSignal): Promise<ChainHead | null> {
    return this.#at(number, blockSchema, signal);
  }

  /** The same with the bloom filter of its logs, where the provider tells it. */
  header(number: number, signal?: AbortSignal): Promise<Header | null> {
    return this.#at(number, headerSchema, signal);
  }

  /** The receipts of a block, as large as an answer with logs may be; nothing of them is checked. */
  receipts(number: number, signal?: AbortSignal): Promise<unknown> {
    const options = { maxBytes: ANSWER_MAX_BYTES, rateRetries: RATE_RETRIES, signal };
    return this.#transport.ask("eth_getBlockReceipts", [toQuantity(number)], options);
  }

  async #at<B extends ChainHead>(number: number, schema: z.ZodType<B>, signal?: AbortSignal): Promise<B | null> {
    const method = "eth_getBlockByNumber";
    const block = await this.ask(method, [toQuantity(number), false], schema.nullable(), signal);
    if (block !== null && block.number !== number) {
      throw this.#failed(method, `asked for block ${number}, got ${block.number}`);
    }
    return block;
  }

  /** All logs of these contracts with one of these first topics, both ends of the range included. */
  async logs(filter: LogFilter, fromBlock: number, toBlock: number, signal?: AbortSignal): Promise<RawLog[]> {
    const asked = {
      address: filter.addresses,
      topics: [filter.topics],
      fromBlock: toQuantity(fromBlock),
      toBlock: toQuantity(toBlock),
    };
    const options = { maxBytes: ANSWER_MAX_BYTES, rateRetries: RATE_RETRIES, signal };
    const answer = await this.#transport.ask("eth_getLogs", [asked], options);
    if (!Array.isArray(answer)) throw this.#failed("eth_getLogs", "answer: not a list");
    if (answer.length > LOGS_MAX) {
      const reason = `answer too large: ${answer.length} logs, above ${LOGS_MAX}`;
      throw this.#failed("eth_getLogs", reason, new TransportRefusal(reason, null));
    }
    const logs: RawLog[] = [];
    // One after the other, so that the first wrong one ends it: a list of all that is wrong could be a hundred times
    // larger.
    for (const [i, log] of answer.entries()) {
      if (i % LOGS_AT_ONCE === LOGS_AT_ONCE - 1) await setImmediate();
      logs.push(this.#checked("eth_getLogs", log, logSchema));
    }
    return logs;
  }

  close(): void {
    this.#transport.close();
  }

  /**
   * One question, one request. @throws CHAIN_PROVIDER_FAILED; its cause is an RpcError with what the provider said,
   * if it did
   */
  async ask<S extends z.ZodType>(
    method: string,
    parameters: unknown[],
    schema: S,
    signal?: AbortSignal,
  ): Promise<z.output<S>> {
    const answer = await this.#transport.ask(method, parameters, { signal, rateRetries: RATE_RETRIES });
    return this.#checked(method, answer, schema);
  }

  #checked<S extends z.ZodType>(method: string, answer: unknown, schema: S): z.output<S> {
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw this.#failed(method, `${issue?.path.join(".") || "answer"}: ${issue?.message}`);
  }

  #failed(method: string, reason: string, cause?: unknown): QuorateError {
    return quorateError("CHAIN_PROVIDER_FAILED", { provider: this.host, method, reason }, { cause });
  }
}

/** One for each URL, called by its host; where one host serves several, they are counted. @throws CONFIG_INVALID */
export function openRpcs(urls: readonly string[], timeoutMs: number): Rpc[] {
  const same = sameProvider(urls);
  if (same !== null) throw quorateError("CONFIG_INVALID", { faults: [same] });
  const hosts = urls.map((url) => new URL(url).host);
  return urls.map((url, i) => {
    const host = hosts[i] as string;
    const isAlone = hosts.filter((other) => other === host).length === 1;
    const place = hosts.slice(0, i + 1).filter((other) => other === host).length;
    return new Rpc(url, timeoutMs, isAlone ? host : `${host} #${place}`);
  });
}

export function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
