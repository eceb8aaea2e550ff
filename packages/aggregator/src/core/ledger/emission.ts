/**
 * What the reward pool has released by a moment (P-31): a closed formula over its last `Settled` event.
 * Enters: the event's values and a time. Leaves: an amount. Not here: who gets it (split.ts), the exponential
 * (`@quorate/common`).
 */
import { releasedOf } from "@quorate/common";

/** The values of one `Settled` event; `time` in seconds, amounts in atomic units. */
export interface PoolState {
  readonly balance: bigint;
  readonly time: number;
  readonly totalReleased: bigint;
}

/**
 * All that the pool has released from genesis to `time` (P-31). Before the event's own time it is the event's total.
 */
export function releasedAt(pool: PoolState, time: number): bigint {
  if (time <= pool.time) return pool.totalReleased;
  return pool.totalReleased + releasedOf(pool.balance, BigInt(time - pool.time));
}
