/** For the submitter's tests: a submitter on a chain, and the steps of a story. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex } from "@quorate/common";
import { Transaction, type Wallet } from "ethers";
import type { TestChain } from "../../../../test/support/chain.ts";
import { CHAIN_ID } from "../../../../test/support/chain.ts";
import { until } from "../../../../test/support/until.ts";
import type { SubmitOutcome, Submitter } from "../interface.ts";
import { sqliteSubmissions } from "../store.ts";
import { createSubmitter, type SubmitterOptions } from "../submitter.ts";
import { ManualClock, ONCE } from "./ground.ts";

export const POLL_MS = 1_000;
export const REPLACE_MS = 10_000;
export const GWEI = 1_000_000_000n;

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly values: Record<string, unknown>;
}

/** What a bench needs of a chain. */
export type BenchChain = Pick<TestChain, "url" | "rpc">;

/** One account's submitter, with a clock that stands still and a file that outlives it. */
export class Bench {
  readonly clock = new ManualClock();
  readonly logged: Logged[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "quorate-submit-"));
  readonly path = join(this.#directory, "submissions.sqlite");
  submitter!: Submitter;

  readonly chain: BenchChain;
  readonly wallet: Wallet;
  readonly #options: Partial<SubmitterOptions>;

  constructor(chain: BenchChain, wallet: Wallet, options: Partial<SubmitterOptions> = {}) {
    this.chain = chain;
    this.wallet = wallet;
    this.#options = options;
    this.start();
  }

  start(): void {
    const log = (level: string) => (values: object, message: string) =>
      void this.logged.push({ level, message, values: values as Record<string, unknown> });
    const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
    const options: SubmitterOptions = {
      providers: [this.chain.url],
      chainId: CHAIN_ID,
      pollMs: POLL_MS,
      timeoutMs: 20_000,
      caps: { maxFeePerGasWei: 100n * GWEI, maxPriorityFeePerGasWei: 10n * GWEI },
      replaceAfterMs: REPLACE_MS,
      ...this.#options,
    };
    const store = sqliteSubmissions(this.path);
    this.submitter = createSubmitter(options, { wallet: this.wallet, store, logger, clock: this.clock });
  }

  async restart(): Promise<void> {
    await this.submitter.close();
    this.start();
  }

  /** Until the submitter has done all it can before time passes. */
  async settled(): Promise<void> {
    await until(() => this.clock.asleep || this.isIdle());
  }

  /** Time passes: one more look, and all that follows from it. */
  async look(times = 1, ms = POLL_MS): Promise<void> {
    for (let i = 0; i < times; i++) {
      await this.settled();
      this.clock.advance(ms);
      await this.settled();
    }
  }

  /** The outcome, when it comes by looking on. */
  async outcome(outcome: Promise<SubmitOutcome>, looks = 20): Promise<SubmitOutcome> {
    let known: SubmitOutcome | null = null;
    void outcome.then((value) => {
      known = value;
    });
    for (let i = 0; i < looks && known === null; i++) await this.look();
    if (known === null)
      throw new Error(`no outcome after ${looks} looks: ${JSON.stringify(this.submitter.status(), plain)}`);
    return known;
  }

  isIdle(): boolean {
    const { inFlight, queued, unfinalised } = this.submitter.status();
    return inFlight === null && queued === 0 && unfinalised === 0;
  }

  /** What the chain holds of this account's that is in no block. */
  async pending(): Promise<
    { readonly nonce: number; readonly hash: Hex; readonly maxFeePerGasWei: bigint; readonly tipWei: bigint }[]
  > {
    const { pending } = (await this.chain.rpc("txpool_content")) as {
      pending: Record<string, Record<string, PoolEntry>>;
    };
    const mine = Object.entries(pending).find(
      ([account]) => account.toLowerCase() === this.wallet.address.toLowerCase(),
    );
    return Object.values(mine?.[1] ?? {}).map((entry) => ({
      nonce: Number(entry.nonce),
      hash: entry.hash as Hex,
      maxFeePerGasWei: BigInt(entry.maxFeePerGas),
      tipWei: BigInt(entry.maxPriorityFeePerGas),
    }));
  }

  async nonce(): Promise<number> {
    return Number(await this.chain.rpc("eth_getTransactionCount", this.wallet.address, "latest"));
  }

  async close(): Promise<void> {
    await this.submitter.close();
    rmSync(this.#directory, { recursive: true });
  }
}

interface PoolEntry {
  readonly nonce: string;
  readonly hash: string;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
}

/** A transaction of any account to the contract that does each thing once, past every submitter. */
export async function sendElsewhere(
  chain: BenchChain,
  wallet: Wallet,
  over: { readonly data?: Hex; readonly nonce?: number; readonly tipWei?: bigint; readonly maxFeePerGasWei?: bigint },
): Promise<Hex> {
  const nonce = over.nonce ?? Number(await chain.rpc("eth_getTransactionCount", wallet.address, "latest"));
  const tip = over.tipWei ?? 20n * GWEI;
  const transaction = Transaction.from({
    type: 2,
    chainId: CHAIN_ID,
    nonce,
    to: ONCE,
    data: over.data ?? "0x",
    gasLimit: 100_000n,
    maxFeePerGas: over.maxFeePerGasWei ?? 200n * GWEI,
    maxPriorityFeePerGas: tip,
  });
  return (await chain.rpc("eth_sendRawTransaction", await wallet.signTransaction(transaction))) as Hex;
}

function plain(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
