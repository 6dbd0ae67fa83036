/** The statistics of measurements. */

/**
 * The value below which a share of the values lies: nearest rank, so it is a measured one. `share` is between 0 and
 * 1. Throws RangeError if there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** The median; of two middle values the lower. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);
