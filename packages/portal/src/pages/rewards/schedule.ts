/** When more is added. Enters: what agents say of epochs, the chain's clock. Leaves: moments in seconds since 1970. */
import type { StatusAnswer } from "@quorate/common/http";

export interface Schedule {
  readonly genesis: number;
  readonly epochSeconds: number;
}

/** Null while the network has not started. */
export function scheduleOf({ genesis, epochSeconds }: Pick<StatusAnswer, "genesis" | "epochSeconds">): Schedule | null {
  return genesis === null || epochSeconds === null || epochSeconds === 0 ? null : { genesis, epochSeconds };
}

/** The close of the epoch that runs now. */
export function nextClose({ genesis, epochSeconds }: Schedule, nowSeconds: number): number {
  if (nowSeconds < genesis) return genesis + epochSeconds;
  return genesis + (Math.floor((nowSeconds - genesis) / epochSeconds) + 1) * epochSeconds;
}

export function closeOf({ genesis, epochSeconds }: Schedule, epoch: number): number {
  return genesis + (epoch + 1) * epochSeconds;
}

/** The chain's clock, as of a block that was just read: a local chain has a time of its own. */
export class ChainClock {
  readonly #blockSeconds: number;
  readonly #readAtMs = performance.now();

  constructor(blockSeconds: number) {
    this.#blockSeconds = blockSeconds;
  }

  nowSeconds(): number {
    return this.#blockSeconds + Math.floor((performance.now() - this.#readAtMs) / 1_000);
  }
}
