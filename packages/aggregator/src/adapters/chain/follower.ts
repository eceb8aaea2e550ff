/**
 * Follows finalised blocks (P-50, P-57). Enters: what providers say, and the block after which to begin. Leaves:
 * events in order with the finalised block they are complete up to, and every change of health. Not its job: folding
 * events, deciding what abstaining means.
 *
 * The loop: agree on the finalised block, read a range of logs from all that agree, compare, hand over, move on
 * (ranges.ts). Whatever goes wrong, the cursor stays and the same range is read again soon. A step that lasts too
 * long is told as ill health while it lasts: silence is never health.
 */
import { type Address, type ChainHead, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { ChainFollower, ChainSink, ChainStatus, Logger } from "../../driver/ports.ts";
import { RETRY_POLLS_MAX, STEP_DEADLINES, STEP_POLLS } from "./limits.ts";
import { detailOf, type Provider, sameness } from "./provider.ts";
import { RangeReader, type ReadRange } from "./ranges.ts";
import { openRpcs, type Rpc } from "./rpc.ts";

export interface ChainFollowerOptions {
  /** JSON-RPC URLs, at least one. */
  readonly providers: readonly string[];
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  /** The block of the first contract; nothing before it is read. Default 0. */
  readonly deployBlock?: number;
  /** Milliseconds between looks at the finalised block. */
  readonly pollMs: number;
  /** Blocks in one request for logs. */
  readonly chunkBlocks: number;
  /** Milliseconds for one answer of a provider. */
  readonly timeoutMs: number;
}

export interface ChainFollowerModules {
  readonly logger: Logger;
  /** Seconds since 1970, of the own clock; default the system's. */
  readonly wallSeconds?: () => number;
}

export function createChainFollower(options: ChainFollowerOptions, modules: ChainFollowerModules): ChainFollower {
  return new Follower(options, modules);
}

class Follower implements ChainFollower {
  readonly #options: ChainFollowerOptions;
  readonly #logger: Logger;
  readonly #rpcs: readonly Rpc[];
  readonly #reader: RangeReader;
  readonly #stopping = new AbortController();
  /** Milliseconds that a step may last before it is told. */
  readonly #stepMs: number;
  #loop: Promise<void> = Promise.resolve();
  #sink: ChainSink | null = null;
  #cursor: ChainHead | null = null;
  #failures = 0;
  #looks = 0;
  /** What was told last: "" for health, null before the first look. */
  #told: string | null = null;
  #clockIsWrong = false;

  constructor(options: ChainFollowerOptions, { logger, wallSeconds }: ChainFollowerModules) {
    this.#options = options;
    this.#logger = logger;
    this.#stepMs = Math.max(STEP_POLLS * options.pollMs, STEP_DEADLINES * options.timeoutMs);
    this.#rpcs = openRpcs(options.providers, options.timeoutMs);
    const registered = (): number | null => this.#sink?.registered?.() ?? null;
    this.#reader = new RangeReader(options, this.#rpcs, {
      ...{ logger, wallSeconds, registered },
      signal: this.#stopping.signal,
    });
  }

  status(): ChainStatus {
    const { all, clockOffset } = this.#reader.providers;
    return { providers: all.map((provider) => provider.view()), clockOffsetSeconds: clockOffset };
  }

  /** Resolves once following has begun; what becomes of it is told to the sink. */
  async start(after: ChainHead | null, sink: ChainSink): Promise<void> {
    this.#cursor = after;
    this.#sink = sink;
    this.#loop = this.#run(sink);
  }

  /** From one provider, the next one each time: what it says is used to send less, never to believe more. */
  async lookAhead(): Promise<readonly ChainEvent[]> {
    const { all } = this.#reader.providers;
    const well = all.filter((provider) => provider.fault() === undefined);
    const among = well.length > 0 ? well : all;
    const provider = among[this.#looks++ % among.length] as Provider;
    const fromBlock = this.#cursor === null ? (this.#options.deployBlock ?? 0) : this.#cursor.number + 1;
    const latest = await provider.rpc.latest();
    if (latest.number < fromBlock) return [];
    return this.#reader.events(provider, fromBlock, Math.min(latest.number, fromBlock + provider.pace.size - 1));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const rpc of this.#rpcs) rpc.close();
    await this.#loop;
  }

  async #run(sink: ChainSink): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const startedMs = performance.now();
      let waitMs = this.#options.pollMs;
      try {
        const caughtUp = await this.#step(sink);
        this.#failures = 0;
        if (!caughtUp) waitMs = 0;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#tellIll(codedOf(error), sink);
        this.#failures += 1;
        waitMs = retryMs(this.#options.pollMs, this.#failures) - (performance.now() - startedMs);
      }
      this.#tellClock();
      await this.#wait(waitMs);
    }
  }

  /** Reads one range. True when there is nothing more to read for now. */
  async #step(sink: ChainSink): Promise<boolean> {
    const startedMs = performance.now();
    const watch = setTimeout(() => this.#tellIll(this.#silence(), sink), this.#stepMs);
    const range = await this.#reader.next(this.#cursor).finally(() => clearTimeout(watch));
    const isInTime = performance.now() - startedMs < this.#stepMs;
    if (this.#stopping.signal.aborted) return true;
    if (range !== null) {
      await this.#handOver(sink, range);
      this.#cursor = range.head;
    }
    const caughtUp = range === null || range.head.number === range.target.number;
    // Only now: what is still to be read may be what was missing.
    if (caughtUp && isInTime) this.#tellHealthy(sink);
    return caughtUp;
  }

  /** P-58: what the ledger refuses is a fault of the providers that said it: all of those asked. */
  async #handOver(sink: ChainSink, { events, head, target, sources }: ReadRange): Promise<void> {
    try {
      await sink.onAdvance(events, head, target);
    } catch (error) {
      if (!isQuorateError(error, "CHAIN_EVENT_INVALID")) throw error;
      const providers = sources.map(({ provider }) => provider.host);
      const { deployBlock = 0 } = this.#options;
      // Where nothing came before, the beginning may have been left out by the configuration.
      const hint = deployBlock > 0 ? { "chain.deployBlock": deployBlock } : {};
      const fault = quorateError(error.code, { providers, ...error.values, ...hint }, { cause: error });
      this.#reader.distrust(sources, fault);
      throw fault;
    }
  }

  #silence(): QuorateError {
    const { all } = this.#reader.providers;
    const waitingFor = all.filter(({ look, reading }) => look !== null || reading !== null).map(({ host }) => host);
    // Who is waited for may be the one that is well: what is known of the others is said, too.
    const said = all.map((provider) => provider.view()).filter(({ code }) => code !== null);
    const others = said.map(({ host, code, detail }) => `${host} ${code} (${detail})`);
    return quorateError("CHAIN_PROVIDER_SLOW", {
      waitingFor,
      forMs: this.#stepMs,
      ...(others.length > 0 ? { said: others } : {}),
    });
  }

  #tellHealthy(sink: ChainSink): void {
    if (this.#told === "") return;
    this.#told = "";
    this.#logger.info({ block: this.#cursor?.number }, "CHAIN_HEALTHY");
    sink.onHealth({ healthy: true });
  }

  /** The latest reason, each once. */
  #tellIll(error: QuorateError, sink: ChainSink): void {
    const name = sameness(error);
    if (this.#told === name || this.#stopping.signal.aborted) return;
    this.#told = name;
    this.#logger.warn({ ...error.values }, error.code);
    sink.onHealth({ healthy: false, code: error.code, detail: detailOf(error) });
  }

  #tellClock(): void {
    const { clockOffset } = this.#reader.providers;
    const isWrong = clockOffset !== null;
    if (isWrong === this.#clockIsWrong) return;
    this.#clockIsWrong = isWrong;
    if (isWrong) this.#logger.warn({ offsetSeconds: clockOffset }, "CHAIN_CLOCK_DISAGREES");
    else this.#logger.info({}, "CHAIN_CLOCK_AGREES");
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      if (ms <= 0 || signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    });
  }
}

/** Milliseconds until the next attempt: apart from others' by chance, and never longer than two polls. */
function retryMs(pollMs: number, failures: number): number {
  return pollMs * Math.min(RETRY_POLLS_MAX, 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

function codedOf(error: unknown): QuorateError {
  if (isQuorateError(error)) return error;
  return quorateError("INTERNAL_ERROR", { requestId: "chain", reason: String(error) }, { cause: error });
}
