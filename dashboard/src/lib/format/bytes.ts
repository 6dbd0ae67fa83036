const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** A size as people read it, in powers of ten as storage is sold: `512 B`, `3.4 kB`, `128 MB`. Takes bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < UNITS.length - 1);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
