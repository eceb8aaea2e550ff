/**
 * What the reward pool has released by a moment (P-31): a closed formula over its last `Settled` event.
 * Enters: the event's values and a time. Leaves: an amount. Not here: who gets it (split.ts).
 */

/** 15.1% a year, simple; the year is 365 days. Same numbers as RewardRatePool.sol. */
const RATE_NUMERATOR = 151n;
const RATE_DENOMINATOR = 1_000n * 365n * 86_400n;

/** The values of one `Settled` event; `time` in seconds, amounts in atomic units. */
export interface PoolState {
  readonly balance: bigint;
  readonly time: number;
  readonly totalReleased: bigint;
}

/** All that the pool has released from genesis to `time` (P-31). Before the event's own time it is the event's total. */
export function releasedAt(pool: PoolState, time: number): bigint {
  if (time <= pool.time) return pool.totalReleased;
  const accrued = (pool.balance * RATE_NUMERATOR * BigInt(time - pool.time)) / RATE_DENOMINATOR;
  return pool.totalReleased + (accrued < pool.balance ? accrued : pool.balance);
}
