/**
 * Whether the disk under the store would take what a claim needs. Enters: the store's path. Leaves: what is wrong
 * with it, looked up every few seconds, so that nobody who asks waits for a disk. Not its job: writing.
 */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { StoreSpaceView } from "./driver/ports.ts";
import type { Situation } from "./readiness.ts";

/**
 * Bytes below which the disk counts as full: a claim takes some kB, SQLite's log some MB, the ledger of an epoch as
 * much.
 */
const FREE_MIN_BYTES = 16 * 1_048_576;
/** Milliseconds between looks. */
const LOOK_MS = 5_000;
/** The database and its log; the others beside it are small. */
const PARTS = ["", "-wal"];

export interface StoreSpaceOptions {
  readonly path: string;
  /** Default: 16 MB. */
  readonly freeMinBytes?: number;
}

export class StoreSpace {
  readonly #options: StoreSpaceOptions;
  #fault: Situation["fault"] = null;
  #view: StoreSpaceView = { bytes: null, freeBytes: null };
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: StoreSpaceOptions) {
    this.#options = options;
  }

  /** As of the last look. */
  get fault(): Situation["fault"] {
    return this.#fault;
  }

  /** As of the last look. */
  get view(): StoreSpaceView {
    return this.#view;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#look();
    // The next look follows on the last one: a disk that hangs has one question waiting, not many.
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), LOOK_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { path, freeMinBytes = FREE_MIN_BYTES } = this.#options;
    try {
      await access(path, constants.W_OK);
      const { bavail, bsize } = await statfs(dirname(path));
      const freeBytes = bavail * bsize;
      this.#view = { bytes: await sizeOf(path), freeBytes };
      const isFull = freeBytes < freeMinBytes;
      this.#fault = isFull ? { code: "STORE_NO_SPACE", values: { path, freeBytes, freeMinBytes } } : null;
    } catch (error) {
      this.#view = { bytes: null, freeBytes: null };
      this.#fault = { code: "STORE_NO_SPACE", values: { path, reason: (error as NodeJS.ErrnoException).code ?? "" } };
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  const sizes = PARTS.map((part) =>
    stat(path + part).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
