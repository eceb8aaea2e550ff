/** What the benchmarks make of their measurements. */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value that `percent` of all are at or below, between two neighbours where it falls between them. NaN of nothing.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
