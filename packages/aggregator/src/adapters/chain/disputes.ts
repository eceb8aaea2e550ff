/**
 * One provider tells of an event that most do not have: it invented it, or they left it out (P-57). Enters: the log,
 * and who does not have it. Leaves: whether it was invented, and what decided that. Not its job: what follows from
 * it.
 *
 * Each of them is asked for its own header of the block, and, where the header's bloom filter may hold the log, for the
 * block's receipts. Who keeps no old logs still has headers, and has no receipts either.
 */
import { setImmediate } from "node:timers/promises";
import { type Address, isQuorateError } from "@quorate/common";
import { z } from "zod";
import { bitsOf, lackedBy } from "./bloom.ts";
import { EVENT_TOPICS } from "./events.ts";
import { gather } from "./gather.ts";
import { CAUGHT_MS, LOGS_AT_ONCE, LOGS_MAX, RECEIPTS_AGAIN_MS } from "./limits.ts";
import type { Provider } from "./provider.ts";
import { hash, hex, type RawLog } from "./rpc.ts";
import { RpcError } from "./transport.ts";

export interface DisputeOptions {
  readonly rewards: Address;
  readonly pool: Address;
  /** Providers that must say the same. */
  readonly required: number;
  readonly signal: AbortSignal;
}

/** Who does not have the log, and what all of them told of the range. */
export interface Others {
  readonly providers: readonly Provider[];
  readonly logs: readonly RawLog[];
}

export interface Verdict {
  /** False: most of them left it out, or nobody can tell. */
  readonly isInvented: boolean;
  /** What decided it, or why nothing did. */
  readonly reason: string;
  /** Those whose own receipts hold what they left out. */
  readonly atFault: readonly Provider[];
  /** A line for each that was asked. */
  readonly said: readonly string[];
}

/** What one of them shows: that there is no such log, that there is one, or neither. */
interface Statement {
  readonly shows: "none" | "one" | "nothing";
  readonly by: "block" | "bloom" | "receipts" | "silence";
  readonly words: string;
}

interface Said {
  readonly provider: Provider;
  readonly answer: Statement;
}

const receiptSchema = z.object({ blockHash: hash, logs: z.array(z.unknown()) });
const receiptLogSchema = z.object({ address: hex, topics: z.array(hash).max(4), data: hex });

export class Disputes {
  readonly #options: DisputeOptions;
  /** Who was found to have invented an event, and until when nothing of that kind is asked about again. */
  readonly #caught = new Map<Provider, { readonly reason: string; readonly untilMs: number }>();
  /** What came of the last receipts that a provider was asked for. */
  readonly #receipts = new Map<
    Provider,
    { readonly log: string; readonly statement: Statement; readonly atMs: number }
  >();

  constructor(options: DisputeOptions) {
    this.#options = options;
  }

  /** @param log the first that `teller` has and the others do not: one is enough to know it by */
  async decide(teller: Provider, log: RawLog, others: Others): Promise<Verdict> {
    const caught = this.#caught.get(teller);
    if (caught !== undefined && performance.now() < caught.untilMs) {
      return { isInvented: true, reason: `invented events lately: ${caught.reason}`, atFault: [], said: [] };
    }
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, ending.signal]);
    const asked = others.providers.map((provider) => ({
      provider,
      answer: this.#statement(provider, log, others.logs, signal),
    }));
    const answers = await gather("dispute", asked, (all) => this.#isEnough(all, others.providers.length));
    ending.abort();
    this.#options.signal.throwIfAborted();
    const verdict = this.#verdict(answers, log, others);
    if (verdict.isInvented) {
      const { reason } = verdict;
      this.#caught.set(teller, { reason, untilMs: performance.now() + CAUGHT_MS });
    }
    return verdict;
  }

  #isEnough(all: readonly Said[], of: number): boolean {
    const holding = all.filter(({ answer }) => answer.shows === "one").length;
    return of - holding < this.#options.required || this.#isShown(all);
  }

  /**
   * A header is believed of as many as any block; receipts of one, as they also have to say which other logs the filter
   * holds.
   */
  #isShown(all: readonly Said[]): boolean {
    const without = all.filter(({ answer }) => answer.shows === "none");
    return without.length >= this.#options.required || without.some(({ answer }) => answer.by === "receipts");
  }

  #verdict(all: readonly Said[], log: RawLog, { providers, logs }: Others): Verdict {
    const said = all.map(({ provider, answer }) => `${provider.host} ${answer.words}`);
    const atFault = all.filter(({ answer }) => answer.shows === "one").map(({ provider }) => provider);
    if (providers.length - atFault.length < this.#options.required) {
      return { isInvented: false, reason: "their own receipts hold what they left out", atFault, said };
    }
    if (this.#isShown(all)) {
      return {
        isInvented: true,
        reason: said[all.findIndex(({ answer }) => answer.shows === "none")] ?? "",
        atFault,
        said,
      };
    }
    // Who has other logs of ours in that block keeps the logs of that time.
    if (logs.some(({ blockNumber }) => blockNumber === log.blockNumber)) {
      return { isInvented: true, reason: "the others have other events of that block", atFault, said };
    }
    return { isInvented: false, reason: "nobody can tell whether it was invented or left out", atFault, said };
  }

  async #statement(provider: Provider, log: RawLog, told: readonly RawLog[], signal: AbortSignal): Promise<Statement> {
    try {
      const header = await provider.rpc.header(log.blockNumber, signal);
      if (header === null) return nothing("has no such block");
      // Below a block that all have it cannot be both.
      if (header.hash !== log.blockHash) {
        return { shows: "none", by: "block", words: `has block ${log.blockNumber} with hash ${header.hash}` };
      }
      const { logsBloom } = header;
      if (logsBloom === undefined) return nothing("tells no logsBloom");
      const lacked = lackedBy(logsBloom, [log.address, ...log.topics]);
      if (lacked !== undefined) {
        return { shows: "none", by: "bloom", words: `has ${lacked} in no log of block ${log.blockNumber} (logsBloom)` };
      }
      return await this.#byReceipts(provider, log, told, signal);
    } catch (error) {
      return nothing(`does not tell: ${reasonOf(error)}`);
    }
  }

  /** They can have megabytes: what came of them is not asked for again at once. */
  async #byReceipts(provider: Provider, log: RawLog, told: readonly RawLog[], signal: AbortSignal): Promise<Statement> {
    const name = `${log.blockHash} ${log.logIndex} ${log.address} ${log.topics}`;
    const before = this.#receipts.get(provider);
    if (before !== undefined && performance.now() - before.atMs < RECEIPTS_AGAIN_MS) {
      return before.log === name ? before.statement : nothing("gave other receipts a moment ago");
    }
    const keep = (statement: Statement): Statement => {
      this.#receipts.set(provider, { log: name, statement, atMs: performance.now() });
      return statement;
    };
    try {
      const receipts = await provider.rpc.receipts(log.blockNumber, signal);
      if (!Array.isArray(receipts)) return nothing(`has no receipts of block ${log.blockNumber}`);
      return keep(await this.#inReceipts(receipts, log, told, signal));
    } catch (error) {
      signal.throwIfAborted();
      const statement = nothing(`does not tell the receipts of block ${log.blockNumber}: ${reasonOf(error)}`);
      return (error as { cause?: unknown }).cause instanceof RpcError ? statement : keep(statement);
    }
  }

  async #inReceipts(
    receipts: readonly unknown[],
    log: RawLog,
    told: readonly RawLog[],
    signal: AbortSignal,
  ): Promise<Statement> {
    // By what they say and not by their places: some providers count places anew in each receipt.
    const untold = tally(told.filter(({ blockNumber }) => blockNumber === log.blockNumber));
    const unexplained = new Set([log.address, ...log.topics].flatMap(bitsOf));
    const seen = new Set<string>();
    let steps = 0;
    for (const each of receipts) {
      const receipt = receiptSchema.safeParse(each);
      if (!receipt.success || receipt.data.blockHash !== log.blockHash) return nothing("has receipts of another block");
      for (const raw of [null, ...receipt.data.logs]) {
        if (++steps > LOGS_MAX)
          return nothing(`has more than ${LOGS_MAX} receipts and logs in block ${log.blockNumber}`);
        if (steps % LOGS_AT_ONCE === 0) {
          await setImmediate();
          signal.throwIfAborted();
        }
        if (raw === null) continue;
        const parsed = receiptLogSchema.safeParse(raw);
        if (!parsed.success) return nothing("has receipts that cannot be read");
        if (this.#isOurs(parsed.data) && !untold.take(parsed.data)) {
          const words = `left out an event of block ${log.blockNumber}, which its receipts hold`;
          return { shows: "one", by: "receipts", words };
        }
        for (const item of [parsed.data.address, ...parsed.data.topics]) {
          if (unexplained.size === 0 || seen.has(item)) continue;
          seen.add(item);
          for (const bit of bitsOf(item)) unexplained.delete(bit);
        }
      }
    }
    // The filter holds more than these receipts have: they are not all of them.
    if (unexplained.size > 0) return nothing(`has receipts of block ${log.blockNumber} that its logsBloom contradicts`);
    return { shows: "none", by: "receipts", words: `has no such log in the receipts of block ${log.blockNumber}` };
  }

  #isOurs({ address, topics: [topic] }: z.output<typeof receiptLogSchema>): boolean {
    const { rewards, pool } = this.#options;
    return (address === rewards || address === pool) && topic !== undefined && EVENT_TOPICS.includes(topic);
  }
}

type Content = Pick<RawLog, "address" | "topics" | "data">;

/** Logs that can be taken one by one, equal ones as often as there are of them. */
function tally(logs: readonly Content[]): { take(log: Content): boolean } {
  const nameOf = ({ address, topics, data }: Content): string => [address, ...topics, data].join();
  const left = new Map<string, number>();
  for (const log of logs) left.set(nameOf(log), (left.get(nameOf(log)) ?? 0) + 1);
  return {
    take(log) {
      const count = left.get(nameOf(log)) ?? 0;
      left.set(nameOf(log), count - 1);
      return count > 0;
    },
  };
}

function nothing(words: string): Statement {
  return { shows: "nothing", by: "silence", words };
}

function reasonOf(error: unknown): string {
  return isQuorateError(error) ? String(error.values["reason"] ?? error.code) : String(error);
}
