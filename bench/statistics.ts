/** The few figures that measurements are told in. */

/**
 * The value below which a share of the values lies: nearest rank, so it is one that was measured.
 * `share` is between 0 and 1. Throws RangeError when there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** The middle value; of two in the middle the lower. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);
