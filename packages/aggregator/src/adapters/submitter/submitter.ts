/**
 * Sends an agent's calls to the chain, one transaction at a time. Enters: calls (interface.ts). Leaves: one outcome a
 * call, and a status. Not its job: deciding what is wanted on chain.
 *
 * The loop looks at the chain and does the one thing that is next, so that it makes no difference whether it has run
 * for days or was killed a moment ago: all it knows is what the store and the chain say.
 *
 *   signed, and in no block     → sent where it is missing; replaced when it takes too long; given up when refused or
 * late
 *   in a block, not finalised   → watched; signed and in no block again after a reorganisation
 *   nonce used by another       → forgotten, simulated anew
 *   nothing under way           → the next call: simulate, estimate, sign, store, send
 */
import { type Address, type ErrorCode, isQuorateError, parseAddress, quorateError } from "@quorate/common";
import type { Wallet } from "ethers";
import type { Logger } from "../../driver/ports.ts";
import { openRpcs } from "../chain/rpc.ts";
import { Board } from "./board.ts";
import { type Flight, Flights, newestOf, type Waiter } from "./flights.ts";
import type {
  Clock,
  Fees,
  InFlight,
  SubmissionStore,
  SubmitCall,
  SubmitOutcome,
  Submitter,
  SubmitterStatus,
} from "./interface.ts";
import { IDLE_LOOK_MS, KEY_MAX_CHARS, QUEUE_MAX } from "./limits.ts";
import { SubmissionProviders } from "./providers.ts";
import { Sender } from "./sender.ts";
import { type Look, Tracker } from "./tracker.ts";

export interface SubmitterOptions {
  /** JSON-RPC URLs, at least one. */
  readonly providers: readonly string[];
  readonly chainId: number;
  /** Milliseconds between looks while something is under way. */
  readonly pollMs: number;
  /** Milliseconds for one answer of a provider. */
  readonly timeoutMs: number;
  /** The most that is offered. */
  readonly caps: Fees;
  readonly replaceAfterMs: number;
}

export interface SubmitterTools {
  readonly wallet: Wallet;
  readonly store: SubmissionStore;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Job {
  readonly call: SubmitCall;
  readonly waiters: Waiter[];
}

/**
 * Takes up what the store has, from now on until `close`; the store is closed with it. @throws STORE_OPEN_FAILED,
 * STORE_CORRUPT, SUBMIT_STORE_FOREIGN
 */
export function createSubmitter(options: SubmitterOptions, tools: SubmitterTools): Submitter {
  const submitter = new ChainSubmitter(options, tools);
  submitter.start();
  return submitter;
}

class ChainSubmitter implements Submitter {
  readonly #options: SubmitterOptions;
  readonly #tools: SubmitterTools;
  readonly #account: Address;
  readonly #stopping = new AbortController();
  readonly #providers: SubmissionProviders;
  readonly #flights: Flights;
  readonly #board: Board;
  readonly #tracker: Tracker;
  readonly #sender: Sender;
  readonly #queue: Job[] = [];
  #waking = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: SubmitterOptions, tools: SubmitterTools) {
    const { wallet, store, logger, clock } = tools;
    const { chainId, timeoutMs } = options;
    this.#options = options;
    this.#tools = tools;
    const account = parseAddress(wallet.address);
    this.#account = account;
    const rpcs = openRpcs(options.providers, timeoutMs);
    const providers = new SubmissionProviders(rpcs, { clock, logger, timeoutMs, signal: this.#stopping.signal });
    const flights = new Flights(store, account, chainId, clock.nowMs());
    const board = new Board(clock, logger);
    const parts = { account, providers, flights, board };
    const onLost = (flight: Flight): void => this.#again(flight);
    this.#providers = providers;
    this.#flights = flights;
    this.#board = board;
    this.#tracker = new Tracker({ ...parts, logger, onLost });
    const { caps, replaceAfterMs } = options;
    this.#sender = new Sender({ ...parts, wallet, chainId, caps, replaceAfterMs, clock });
  }

  start(): void {
    this.#loop = this.#run();
  }

  submit(call: SubmitCall): Promise<SubmitOutcome> {
    const fail = (code: ErrorCode, detail: string): Promise<SubmitOutcome> =>
      Promise.resolve({ kind: "failed", code, detail });
    if (this.#stopping.signal.aborted) return fail("AGENT_STOPPING", call.key.slice(0, KEY_MAX_CHARS));
    const flight = this.#flights.get(call.key);
    if (flight?.state === "landed" && flight.outcome !== null) return Promise.resolve(flight.outcome);
    const queued = this.#queue.find((job) => job.call.key === call.key);
    const waiters = flight?.state === "flying" ? flight.waiters : queued?.waiters;
    const { promise, resolve } = Promise.withResolvers<SubmitOutcome>();
    if (waiters !== undefined) {
      waiters.push(resolve);
      return promise;
    }
    if (this.#queue.length >= QUEUE_MAX || call.key.length > KEY_MAX_CHARS) {
      const detail = `${this.#queue.length} wait, at most ${QUEUE_MAX}; the key has ${call.key.length} characters`;
      return fail("SUBMIT_QUEUE_FULL", detail);
    }
    this.#queue.push({ call, waiters: [resolve] });
    this.#waking.abort();
    return promise;
  }

  status(): SubmitterStatus {
    const flights = this.#flights.all();
    const { balanceWei, reorganised, outcomes, inTheWay } = this.#board;
    return {
      address: this.#account,
      balanceWei,
      inFlight: inFlightOf(flights.find(({ state }) => state === "flying")),
      queued: this.#queue.length,
      unfinalised: flights.filter(({ state }) => state === "landed").length,
      reorganised,
      outcomes,
      inTheWay,
    };
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#waking.abort();
    await this.#loop;
    const stopped: SubmitOutcome = {
      kind: "failed",
      code: "AGENT_STOPPING",
      detail: "kept, and taken up at the next start",
    };
    const waiters = [...this.#flights.all(), ...this.#queue].flatMap((each) => each.waiters.splice(0));
    for (const tell of waiters) tell(stopped);
    this.#providers.close();
    this.#tools.store.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#waking = new AbortController();
      if (await this.#look()) continue;
      if (!this.#waking.signal.aborted) await this.#wait();
    }
  }

  /** One look and what follows from it. True when there is more to do at once. */
  async #look(): Promise<boolean> {
    this.#board.beginLook();
    try {
      return await this.#next();
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#board.endLook();
    }
  }

  async #next(): Promise<boolean> {
    const watchingOnly = this.#queue.length === 0 && this.#flights.flying().length === 0;
    const look = await this.#tracker.look(watchingOnly);
    if (look === null) return false;
    const flying = this.#flights.flying();
    const due = flying.find(({ nonce }) => nonce === look.nonce);
    if (due !== undefined) return this.#sender.push(due, look);
    if (flying.some(({ nonce }) => nonce > look.nonce)) return this.#fillGap(look);
    // What flies below a used nonce is in a block or lost; the next looks will tell.
    return flying.length === 0 && this.#sendNext(look);
  }

  /**
   * After a reorganisation: a later transaction waits for a nonce whose own is not wanted any more, and is sent for
   * that reason.
   */
  async #fillGap(look: Look): Promise<boolean> {
    const filler = this.#flights.at(look.nonce).at(-1);
    if (filler !== undefined) return this.#sender.push(filler, look);
    const waiting = this.#flights.flying().map(({ key, nonce }) => `${key} at ${nonce}`);
    this.#board.block("SUBMIT_NONCE_GAP", "account", `nonce ${look.nonce} is missing below ${waiting.join(", ")}`);
    return false;
  }

  async #sendNext(look: Look): Promise<boolean> {
    const job = this.#queue[0];
    if (job === undefined) return false;
    let signed: Flight | SubmitOutcome | null;
    try {
      signed = await this.#sender.sign(job.call, look);
    } catch (error) {
      const { code, detail } = this.#block(error);
      signed = { kind: "failed", code, detail };
    }
    if (signed === null) return false;
    this.#queue.shift();
    if ("kind" in signed) {
      this.#settle(job, signed);
      return this.#queue.length > 0;
    }
    signed.waiters.push(...job.waiters);
    return this.#sender.push(signed, look);
  }

  /** The chain cannot be read, or the store not written. What is signed goes on later; what is not is given back. */
  #fail(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { code, detail } = this.#block(error);
    if (this.#flights.flying().length > 0) return;
    for (const job of this.#queue.splice(0)) this.#settle(job, { kind: "failed", code, detail });
  }

  #block(error: unknown): { readonly code: ErrorCode; readonly detail: string } {
    const coded = isQuorateError(error) ? error : quorateError("TRANSACTION_FAILED", { reason: String(error) });
    const { code, values } = coded;
    const detail = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    this.#board.block(code, code.startsWith("STORE_") ? "store" : "provider", detail.join(", "));
    return { code, detail: detail.join(", ") };
  }

  #settle(job: Job, outcome: SubmitOutcome): void {
    this.#board.record(job.call.key, outcome);
    for (const tell of job.waiters.splice(0)) tell(outcome);
  }

  /** Another transaction used its nonce: it is first in the queue again, and simulated anew. */
  #again({ call, waiters }: Flight): void {
    this.#queue.unshift({ call, waiters });
  }

  /** What is given up needs no looks of its own: should it land, the next call finds the nonce used. */
  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#flights.all().every(({ state }) => state === "given-up");
  }

  #wait(): Promise<void> {
    const { pollMs } = this.#options;
    const ms = this.#isIdle() ? Math.max(pollMs, IDLE_LOOK_MS) : pollMs;
    return this.#tools.clock.sleep(ms, this.#waking.signal);
  }
}

function inFlightOf(flight: Flight | undefined): InFlight | null {
  if (flight === undefined) return null;
  const { key, nonce, sinceMs, versions } = flight;
  const { hash, fees } = newestOf(flight);
  return { key, txHash: hash, nonce, sinceMs, replacements: versions.length - 1, ...fees };
}
