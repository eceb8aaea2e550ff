/** What the soak makes of its samples: medians, slopes, and whether a figure stayed flat. Times in minutes. */
import { median, round2 } from "../bench/figures.ts";

export interface Sample {
  readonly minute: number;
  readonly value: number;
}

export interface Trend {
  /** Of the first and of the last third, without the time of warming up. */
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  /** Least squares, without the time of warming up. */
  readonly slopePerHour: number;
}

/** Of the whole time: compiled code and caches grow at first. */
const WARM_UP_SHARE = 1 / 6;

export function trendOf(all: readonly Sample[]): Trend {
  const end = all.at(-1)?.minute ?? 0;
  const samples = all.filter(({ minute }) => minute >= end * WARM_UP_SHARE);
  const third = Math.max(1, Math.floor(samples.length / 3));
  const valuesOf = (some: readonly Sample[]): number[] => some.map(({ value }) => value);
  return {
    first: round2(median(valuesOf(samples.slice(0, third)))),
    last: round2(median(valuesOf(samples.slice(-third)))),
    highest: round2(Math.max(...valuesOf(samples))),
    slopePerHour: round2(60 * slopeOf(samples)),
  };
}

/** Change of the value in a minute, by least squares; 0 where there is no time. */
function slopeOf(samples: readonly Sample[]): number {
  const meanOf = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [minute, value] = [meanOf((sample) => sample.minute), meanOf((sample) => sample.value)];
  const spread = meanOf((sample) => (sample.minute - minute) ** 2);
  return spread === 0 ? 0 : meanOf((sample) => (sample.minute - minute) * (sample.value - value)) / spread;
}
