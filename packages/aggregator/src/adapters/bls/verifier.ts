/**
 * Checks shares for the driver without stalling the agent's thread (P-6, P-83).
 * Enters: groups of shares over one digest each. Leaves: a verdict for every share. Small jobs are done at once on the
 * calling thread, so that a network of a few dozen nodes never starts another; larger ones go to a pool. Not here: the
 * check itself (common/bls/native.ts).
 */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { NativeScheme } from "@quorate/common/bls/native";
import type { VerifyGroup, VerifyItem } from "../../core/io.ts";
import type { BlsVerifier } from "../../driver/ports.ts";
import { KeyTable } from "./keyTable.ts";
import { Slice } from "./slice.ts";
import { fits, packTask, type TaskResult } from "./task.ts";
import { WorkerPool } from "./workerPool.ts";

/**
 * Shares of a job that are checked on the calling thread while no worker is there: a round of 24 nodes takes 5 ms, and
 * 512 shares of as many rounds half a second, in slices. A worker costs 150 ms of start-up and 22 MB, and nothing is
 * checked meanwhile: 20 agents on two cores that all started theirs in a burst of claims stood still for ten seconds.
 */
export const INLINE_JOB_MAX = 512;
/**
 * Shares checked there together. What takes longest of a check is that with random weights, 70 µs a share more.
 */
export const INLINE_PART_MAX = 32;

/**
 * Digests in one check there at most: on a full host shares come a few of each of many rounds. blst does a check on
 * threads of its own and the agent's waits for them, so that a check for each digest is a wait for each: 175 ms for 12
 * of them beside others that want the processor, 57 for one of all twelve, and half of the processor time.
 */
export const INLINE_DIGESTS_MAX = 16;

/**
 * Shares in one task at least where a group is split among threads: each part learns its rate of bad shares anew and
 * has its own last check.
 */
export const TASK_SHARES_MIN = 1_000;
/** And at most: the core's largest job. 384 kB of signatures are packed in 1 ms. */
export const TASK_SHARES_MAX = 2_048;

/**
 * Threads at most: a job of the core has no more than two parts, and its next comes when it is done; two more serve
 * other callers.
 */
const WORKERS_MAX = 4;

/**
 * A core each but one, and two at least: where there are two cores, the agent's own thread sleeps for most of a check
 * and is woken at once.
 */
export function defaultWorkers(cores: number = availableParallelism()): number {
  return Math.min(WORKERS_MAX, Math.max(2, cores - 1));
}

/** P-1. */
const DIGEST_BYTES = 32;

export interface VerifierOptions {
  readonly workers?: number;
  readonly startWorker?: () => Worker;
}

export interface CountingVerifier extends BlsVerifier {
  /** Since the start: pairing checks made, and threads alive. */
  stats(): { readonly checks: number; readonly workers: number };
}

type Scheme = Pick<NativeScheme, "nameInvalidInSteps" | "verifyGroups">;

export function createVerifier(scheme: Scheme, options: VerifierOptions = {}): CountingVerifier {
  return new ShareVerifier(scheme, options);
}

class ShareVerifier implements CountingVerifier {
  readonly #scheme: Scheme;
  readonly #workers: number;
  readonly #pool: WorkerPool;
  readonly #table = new KeyTable();
  #checks = 0;
  #closed = false;

  constructor(scheme: Scheme, { workers = defaultWorkers(), startWorker }: VerifierOptions) {
    this.#scheme = scheme;
    this.#workers = workers;
    this.#pool = new WorkerPool(workers, startWorker);
  }

  verify(groups: readonly VerifyGroup[]): Promise<boolean[][]> {
    if (this.#pool.threads === 0 && isSmall(groups)) return this.#checkAllHere(groups);
    return Promise.all(groups.map((group) => this.#checkGroup(group, null)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
  }

  stats(): { readonly checks: number; readonly workers: number } {
    return { checks: this.#checks, workers: this.#pool.threads };
  }

  /**
   * On this thread. After a check of several digests has failed each has its own, so that whoever sends bad shares
   * costs one check more.
   */
  async #checkAllHere(groups: readonly VerifyGroup[]): Promise<boolean[][]> {
    const here = new Slice();
    const results: boolean[][] = [];
    let hasFailed = false;
    for (let start = 0; start < groups.length; start += INLINE_DIGESTS_MAX) {
      const part = groups.slice(start, start + INLINE_DIGESTS_MAX);
      const together: readonly VerifyGroup[] = hasFailed ? [] : part.filter(isWhole);
      const hold = together.length > 1 && (await this.#allHold(together, here));
      hasFailed ||= together.length > 1 && !hold;
      for (const group of part) {
        const isGood = hold && together.includes(group);
        results.push(isGood ? group.items.map(() => true) : await this.#checkGroup(group, here));
      }
    }
    return results;
  }

  async #allHold(groups: readonly VerifyGroup[], here: Slice): Promise<boolean> {
    this.#checks += 1;
    await here.turn();
    return !this.#closed && (await this.#scheme.verifyGroups(groups)) && !this.#closed;
  }

  async #checkGroup({ digest, items }: VerifyGroup, here: Slice | null): Promise<boolean[]> {
    const results = new Array<boolean>(items.length).fill(false);
    // What cannot be checked is not valid; a worker would only die of it.
    const positions =
      digest.length === DIGEST_BYTES ? [...items.keys()].filter((i) => fits(items[i] as VerifyItem)) : [];
    const parts = split(positions, here !== null ? 1 : partsFor(positions.length, this.#workers));
    await Promise.all(
      parts.map(async (part) => {
        const chosen = part.map((i) => items[i] as VerifyItem);
        const invalid = new Set(
          await (here !== null
            ? this.#checkHere(digest, chosen, INLINE_PART_MAX, here)
            : this.#checkThere(digest, chosen)),
        );
        // What close() left unchecked is not valid either.
        for (const [i, position] of part.entries()) results[position] = !this.#closed && !invalid.has(i);
      }),
    );
    return results;
  }

  /** On this thread, `size` shares together, in slices. */
  async #checkHere(
    digest: Uint8Array,
    items: readonly VerifyItem[],
    size: number,
    slice: Slice,
  ): Promise<readonly number[]> {
    const invalid: number[] = [];
    for (let start = 0; start < items.length; start += size) {
      const steps = this.#scheme.nameInvalidInSteps(digest, items.slice(start, start + size));
      const result: TaskResult | null = await slice.run(steps, () => this.#closed);
      if (result === null) return invalid;
      this.#checks += result.checks;
      invalid.push(...result.invalid.map((position) => start + position));
    }
    return invalid;
  }

  /** In a worker. Where workers die of it, here after all: a fault of ours must not be blamed on a peer. */
  async #checkThere(digest: Uint8Array, items: readonly VerifyItem[]): Promise<readonly number[]> {
    const result: TaskResult | null = await this.#pool.run(() => packTask(digest, items, this.#table));
    if (result === null) return this.#checkHere(digest, items, 1, new Slice());
    this.#checks += result.checks;
    return result.invalid;
  }
}

/** Whether all of it can be checked, in a step that holds the thread no longer than others. */
function isWhole({ digest, items }: VerifyGroup): boolean {
  return digest.length === DIGEST_BYTES && items.length <= INLINE_PART_MAX && items.every(fits);
}

function isSmall(groups: readonly VerifyGroup[]): boolean {
  return groups.reduce((sum, { items }) => sum + items.length, 0) <= INLINE_JOB_MAX;
}

/** Parts of a group: as many as threads can share, none needlessly small, none too large. */
export function partsFor(shares: number, workers: number): number {
  const shared = Math.min(workers, Math.floor(shares / TASK_SHARES_MIN));
  return Math.max(1, shared, Math.ceil(shares / TASK_SHARES_MAX));
}

function split(positions: readonly number[], parts: number): number[][] {
  const size = Math.ceil(positions.length / parts);
  return Array.from({ length: size === 0 ? 0 : Math.ceil(positions.length / size) }, (_, i) =>
    positions.slice(i * size, (i + 1) * size),
  );
}
