/**
 * The calendar of a life run: which block stands at which moment, and when epochs end. Chain time in seconds since
 * 1970, the run's in milliseconds.
 */
export const BLOCK_SECONDS = 2;

/** Genesis, in seconds since 1970. */
export const GENESIS = 1_700_000_000;

/** The run begins so many seconds before the end of epoch 0: nothing happens earlier. */
const LEAD_SECONDS = 20;

export interface Block {
  readonly blockNumber: number;
  readonly timestamp: number;
}

/** Blocks of registration and of `start()`; at least one before every other. */
export const SEEDING: Block = { blockNumber: 1, timestamp: GENESIS - 10 };
export const STARTED: Block = { blockNumber: 2, timestamp: GENESIS };
const FIRST_BLOCK = 1_000;

export class Calendar {
  readonly epochSeconds: number;
  readonly #startSeconds: number;

  /** @param epochSeconds a multiple of the time between blocks */
  constructor(epochSeconds: number) {
    this.epochSeconds = epochSeconds;
    this.#startSeconds = GENESIS + epochSeconds - LEAD_SECONDS;
  }

  /** The latest block at a moment of the run. */
  blockAt(nowMs: number): Block {
    const blocks = Math.floor(Math.max(0, nowMs) / 1_000 / BLOCK_SECONDS);
    return { blockNumber: FIRST_BLOCK + blocks, timestamp: this.#startSeconds + blocks * BLOCK_SECONDS };
  }

  /** When the block comes that closes an epoch. */
  endMs(epoch: number): number {
    return (GENESIS + (epoch + 1) * this.epochSeconds - this.#startSeconds) * 1_000;
  }

  /** The epoch that runs at a moment. */
  epochAt(nowMs: number): number {
    return Math.floor((this.blockAt(nowMs).timestamp - GENESIS) / this.epochSeconds);
  }

  get epochMs(): number {
    return this.epochSeconds * 1_000;
  }
}
