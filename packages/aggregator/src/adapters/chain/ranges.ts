/**
 * Finalised blocks in bounded ranges, read from providers and compared (P-57). Enters: where the reader stands. Leaves:
 * the next range's events with the block they are complete up to, or the coded reason why they cannot be had.
 * Not its job: trying again, remembering a place.
 *
 * A range counts as soon as more than half of all providers have told the same of it. Who refuses, is slow or leaves
 * something out is named and does not hold up the others; one that tells *more* than they do may be the only honest
 * one: what they show of the block in question decides (disputes.ts), and if nothing does, nothing counts.
 */
import type { Address, ChainHead, Hex } from "@quorate/common";
import { type QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { Logger } from "../../driver/ports.ts";
import { nextIdAt } from "./deployment.ts";
import { Disputes, type Verdict } from "./disputes.ts";
import { type Answered, gather } from "./gather.ts";
import { RANGES_PER_CHUNK } from "./limits.ts";
import { Provider } from "./provider.ts";
import {
  type Agreed,
  attempt,
  hostsOf,
  largestGroup,
  type Outcome,
  Providers,
  type Source,
  valuesOf,
} from "./providers.ts";
import { Reading, readEvents } from "./reading.ts";
import type { RawLog, Rpc } from "./rpc.ts";

export interface RangeOptions {
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  readonly deployBlock?: number;
  readonly chunkBlocks: number;
  /**
   * Milliseconds for which an agreed block is read up to before the providers are asked for a newer one. Default
   * 5,000.
   */
  readonly pollMs?: number;
}

export interface ReadRange {
  readonly events: readonly ChainEvent[];
  /** The range's last block. */
  readonly head: ChainHead;
  /** The last finalised block that may be read now. */
  readonly target: ChainHead;
  /** Who said it: all of them the same. */
  readonly sources: readonly Source[];
}

export interface RangeModules {
  readonly logger: Logger;
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
  /** Seconds since 1970, of the own clock; default the system's. */
  readonly wallSeconds?: (() => number) | undefined;
  /** Nodes that the ledger knows where the reader stands; null when that is not known. */
  readonly registered?: (() => number | null) | undefined;
}

interface Told {
  readonly events: readonly ChainEvent[];
  readonly logs: readonly RawLog[];
  readonly head: ChainHead;
  /** Of two readings it is equal exactly where they say the same. */
  readonly name: string;
}

export class RangeReader {
  readonly providers: Providers;
  readonly #options: RangeOptions;
  readonly #signal: AbortSignal;
  readonly #registered: () => number | null;
  readonly #disputes: Disputes;
  /** The last range that counted, and what was told of it. */
  #last: { readonly fromBlock: number; readonly head: ChainHead; readonly name: string } | null = null;
  #agreed: { readonly agreed: Agreed; readonly atMs: number; readonly upTo: Hex | null } | null = null;

  constructor(options: RangeOptions, rpcs: readonly Rpc[], modules: RangeModules) {
    const { logger, signal, wallSeconds, registered = () => null } = modules;
    this.#options = options;
    this.#signal = signal;
    this.#registered = registered;
    const all = rpcs.map((rpc) => new Provider(rpc, options.chunkBlocks, logger));
    this.providers = new Providers(options, all, signal, wallSeconds);
    const { rewards, pool } = options;
    this.#disputes = new Disputes({ rewards, pool, required: this.providers.required, signal });
  }

  /** The range just above the cursor; null when there is nothing more to read for now. */
  async next(cursor: ChainHead | null): Promise<ReadRange | null> {
    const agreed = await this.#agree(cursor);
    const { target } = agreed;
    const fromBlock = cursor === null ? (this.#options.deployBlock ?? 0) : cursor.number + 1;
    if (target.number < fromBlock) {
      if (agreed.isHeldBack) this.#retry(agreed.sources);
      return this.#forget();
    }
    const sources = this.#ready(agreed.sources);
    const toBlock = Math.min(target.number, fromBlock + this.#chunkBlocks(sources) - 1);
    try {
      const range = await this.#read(sources, fromBlock, toBlock, target);
      if (toBlock === target.number) await this.#checkCount(range);
      this.#agreed = { agreed, atMs: this.#agreed?.atMs ?? 0, upTo: range.head.hash };
      const { name, ...read } = range;
      this.#last = { fromBlock, head: range.head, name };
      return { ...read, target };
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** The ledger refused what they told (P-58): nothing of it is kept. */
  distrust(sources: readonly Source[], error: QuorateError): void {
    this.#forget();
    for (const { provider } of sources) {
      provider.forget();
      provider.failed("logs", error);
    }
  }

  /** As one provider has them now, which nobody has compared. */
  events(provider: Provider, fromBlock: number, toBlock: number): Promise<ChainEvent[]> {
    return readEvents(provider, this.#options, fromBlock, toBlock, this.#signal);
  }

  /** Reading on to a block that was agreed on a moment ago costs no further questions. */
  async #agree(cursor: ChainHead | null): Promise<Agreed> {
    const before = this.#agreed;
    const nowMs = performance.now();
    const isFresh = before !== null && nowMs - before.atMs < (this.#options.pollMs ?? 5_000);
    if (isFresh && cursor !== null && before.upTo === cursor.hash && cursor.number < before.agreed.target.number) {
      return before.agreed;
    }
    this.#agreed = null;
    const agreed = await this.providers.agree(cursor);
    this.#agreed = { agreed, atMs: nowMs, upTo: null };
    return agreed;
  }

  /**
   * Nobody waits for a provider that gave no logs lately, and while the reader stands nobody asks it either: where
   * only it could confirm what comes next, it tells the last range again.
   */
  #retry(sources: readonly Source[]): void {
    const last = this.#last;
    if (last === null) return;
    for (const { provider } of sources) {
      if (!provider.tellsNoLogs || provider.reading !== null) continue;
      void this.#told(provider, last.fromBlock, last.head.number, last.head).then((told) => {
        if ("value" in told && told.value.name === last.name) provider.succeeded("logs");
      });
    }
  }

  #forget(): null {
    this.#agreed = null;
    return null;
  }

  /** One that still reads a former range is left to it, unless too few would remain: then it begins anew. */
  #ready(sources: readonly Source[]): readonly Source[] {
    const idle = sources.filter(({ provider }) => provider.reading === null);
    if (idle.length >= this.providers.required) return idle;
    for (const { provider } of sources) provider.reading?.abort();
    return sources;
  }

  /** A step is to end soon, at the size that enough of them give. */
  #chunkBlocks(sources: readonly Source[]): number {
    const sizes = sources.map(({ provider }) => provider.pace.size).sort((a, b) => b - a);
    const size = sizes[Math.min(this.providers.required, sizes.length) - 1] ?? 1;
    return Math.min(this.#options.chunkBlocks, size * RANGES_PER_CHUNK);
  }

  async #read(
    sources: readonly Source[],
    fromBlock: number,
    toBlock: number,
    target: ChainHead,
  ): Promise<Omit<ReadRange, "target"> & { readonly name: string }> {
    const asked = sources.map(({ provider }) => ({
      provider,
      answer: this.#told(provider, fromBlock, toBlock, target),
    }));
    const { required } = this.providers;
    const enough = (answers: readonly Answered<Outcome<Told>>[]): readonly Answered<Told>[] =>
      largestGroup(valuesOf(answers), ({ answer }) => answer.name);
    let counted: Told | null = null;
    const answers = await gather(
      "logs",
      asked,
      (all) => enough(all).length >= required,
      ({ provider, answer }) => {
        if (counted === null || !("value" in answer)) return;
        if (answer.value.name === counted.name) provider.succeeded("logs");
        else this.#blame(provider, answer.value, counted);
      },
    );
    const told = valuesOf(answers);
    const agreeing = enough(answers);
    const [first] = agreeing;
    if (first === undefined || agreeing.length < required) throw this.#tooFew(answers, told, fromBlock, toBlock);
    counted = first.answer;
    const agrees = (provider: Provider): boolean => agreeing.some((answer) => answer.provider === provider);
    const others = told.filter(({ provider }) => !agrees(provider));
    const atFault = await this.#settle(told, others, agreeing, counted, fromBlock, toBlock);
    const counting = sources.filter(({ provider }) => agrees(provider) && !atFault.has(provider));
    for (const { provider } of counting) provider.succeeded("logs");
    return { events: counted.events, head: counted.head, sources: counting, name: counted.name };
  }

  /**
   * Those who tell otherwise are named; with more events than most have, only when they are found to have invented one.
   * Leaves those of the agreeing whose own receipts contradict them.
   */
  async #settle(
    told: readonly Answered<Told>[],
    others: readonly Answered<Told>[],
    agreeing: readonly Answered<Told>[],
    counted: Told,
    fromBlock: number,
    toBlock: number,
  ): Promise<ReadonlySet<Provider>> {
    const atFault = new Set<Provider>();
    const most = { providers: agreeing.map(({ provider }) => provider), logs: counted.logs };
    for (const { provider, answer } of others) {
      const log = firstMore(answer, counted);
      if (log === null) {
        this.#blame(provider, answer, counted);
        continue;
      }
      const verdict = await this.#disputes.decide(provider, log, most);
      const { blockNumber: block, logIndex } = log;
      for (const holder of verdict.atFault) {
        const reason = "its receipts hold an event that it left out";
        const values = { provider: holder.host, block, reason };
        atFault.add(holder);
        holder.forget();
        holder.failed("logs", quorateError("CHAIN_PROVIDERS_DISAGREE", values));
      }
      if (!verdict.isInvented) throw this.#dispute(told, fromBlock, toBlock, { log, verdict });
      provider.forget();
      const values = { provider: provider.host, block, logIndex, reason: verdict.reason };
      provider.failed("logs", quorateError("CHAIN_PROVIDERS_DISAGREE", values));
    }
    return atFault;
  }

  /**
   * P-67: the contract counts its nodes; a registration that no event tells of shows there, also when nothing came
   * after it. Only where the state after that block is still to be had.
   */
  async #checkCount({ events, head, sources }: Omit<ReadRange, "target">): Promise<void> {
    const known = this.#registered();
    if (known === null) return;
    const expected = known + 1 + events.filter(({ type }) => type === "node-registered").length;
    const { rewards } = this.#options;
    const asked = sources.map(({ provider }) => ({
      provider,
      answer: nextIdAt(provider.rpc, rewards, head.number, this.#signal),
    }));
    // The first that confirms the events is enough; who is silent about it holds up nobody.
    const answers = await gather("count", asked, (all) => all.some(({ answer }) => answer === expected));
    const told = answers.map(({ answer }) => answer).filter((nextId) => nextId !== null);
    // One that alone can tell could silence all the others.
    if (told.length * 2 <= sources.length || told.includes(expected)) return;
    const values = { block: head.number, nextIdOfContract: told, nextIdByEvents: expected };
    const error = quorateError("CHAIN_EVENTS_MISSING", { providers: hostsOf(sources), ...values });
    for (const { provider } of sources) provider.forget();
    throw error;
  }

  #told(provider: Provider, fromBlock: number, toBlock: number, target: ChainHead): Promise<Outcome<Told>> {
    const ending = new AbortController();
    provider.reading = ending;
    const signal = AbortSignal.any([this.#signal, ending.signal]);
    const verifiesBlocks = this.providers.required === 1;
    const reading = new Reading(provider, { ...this.#options, verifiesBlocks }, signal);
    return attempt(provider, "logs", signal, async () => {
      const { events, logs, blocks, head } = await reading.read(fromBlock, toBlock, target);
      return { events, logs, head, name: nameOf(events, [...blocks, head]) };
    }).finally(() => {
      if (provider.reading === ending) provider.reading = null;
    });
  }

  #blame(provider: Provider, told: Told, most: Told): void {
    const values = { provider: provider.host, toBlock: most.head.number, events: told.events.length };
    const hashes = { found: told.head.hash, others: most.head.hash, othersEvents: most.events.length };
    provider.forget();
    provider.failed("logs", quorateError("CHAIN_PROVIDERS_DISAGREE", { ...values, ...hashes }));
  }

  #dispute(
    told: readonly Answered<Told>[],
    fromBlock: number,
    toBlock: number,
    undecided?: { readonly log: RawLog; readonly verdict: Verdict },
  ): QuorateError {
    const values = {
      ...{ fromBlock, toBlock, providers: hostsOf(told) },
      events: told.map(({ answer }) => answer.events.length),
      hashes: told.map(({ answer }) => answer.head.hash),
    };
    const { log, verdict } = undecided ?? {};
    const { atFault = [] } = verdict ?? {};
    const about = { block: log?.blockNumber, reason: verdict?.reason, said: verdict?.said };
    const dispute = quorateError("CHAIN_PROVIDERS_DISAGREE", log === undefined ? values : { ...values, ...about });
    for (const { provider } of told) {
      provider.forget();
      // Where some are known to be at fault, the others are not.
      if (atFault.length === 0) provider.failed("logs", dispute);
    }
    return dispute;
  }

  /** They do not say the same, or too many of them cannot say anything. */
  #tooFew(
    answers: readonly Answered<Outcome<Told>>[],
    told: readonly Answered<Told>[],
    fromBlock: number,
    toBlock: number,
  ): QuorateError {
    const names = new Set(told.map(({ answer }) => answer.name));
    if (names.size > 1) return this.#dispute(told, fromBlock, toBlock);
    const failures = answers.flatMap(({ answer }) => ("failure" in answer ? [answer.failure] : []));
    const [failure] = failures;
    if (failure === undefined) return quorateError("CHAIN_PROVIDER_SLOW", { fromBlock, toBlock });
    if (failures.length === 1) return failure;
    const said = failures.map(({ code, values }) => `${values["provider"]} ${code}: ${values["reason"] ?? ""}`);
    return quorateError(
      failure.code,
      { ...failure.values, required: this.providers.required, said },
      { cause: failure },
    );
  }
}

/** The log of the first event that it has where the other has none; null when there is no such event. */
function firstMore(told: Told, than: Told): RawLog | null {
  if (told.head.hash !== than.head.hash) return null;
  const places = new Set(than.events.map(placeOf));
  const event = told.events.find((each) => !places.has(placeOf(each)));
  return told.logs.find((log) => event !== undefined && placeOf(log) === placeOf(event)) ?? null;
}

function placeOf({ blockNumber, logIndex }: Pick<RawLog, "blockNumber" | "logIndex">): string {
  return `${blockNumber}:${logIndex}`;
}

function nameOf(events: readonly ChainEvent[], blocks: readonly ChainHead[]): string {
  return JSON.stringify([events, blocks], (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
