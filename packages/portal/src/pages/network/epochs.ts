/**
 * The clock of epochs (P-51). Enters: genesis and length, both of the chain, and its time. Leaves: where in it we are.
 */

export interface EpochClock {
  /** Seconds since 1970; null before the start. */
  readonly genesis: number | null;
  readonly epochSeconds: number;
}

export interface EpochNow {
  readonly epoch: number;
  /** Seconds since 1970, by the chain's clock. */
  readonly closesAt: number;
  readonly secondsLeft: number;
}

/** Null before the start. @param now seconds since 1970, by the chain's clock */
export function epochAt({ genesis, epochSeconds }: EpochClock, now: number): EpochNow | null {
  if (genesis === null || now < genesis) return null;
  const epoch = Math.floor((now - genesis) / epochSeconds);
  const closesAt = genesis + (epoch + 1) * epochSeconds;
  return { epoch, closesAt, secondsLeft: closesAt - now };
}

/** When an epoch ended: seconds since 1970. */
export function endOf({ genesis, epochSeconds }: EpochClock, epoch: number): number | null {
  return genesis === null ? null : genesis + (epoch + 1) * epochSeconds;
}
