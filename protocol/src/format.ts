/** Formats numbers, sizes and durations for people, in English. Every part of AppFlux uses these. */

const NUMBER = new Intl.NumberFormat('en');
const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB'] as const;
const MEBIBYTE = 2 ** 20;

/** A number with its digits in groups of three: `12,345`. */
export const formatNumber = (value: number): string => NUMBER.format(value);

/**
 * A size in bytes. Limits are usually whole mebibytes and are shown as such: `512 MiB`, `4 GiB`. Every other size is in
 * powers of ten, as storage is sold: `512 bytes`, `3.4 kB`, `128 MB`.
 */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
  return bytes % MEBIBYTE === 0 ? inBinaryUnits(bytes / MEBIBYTE) : inDecimalUnits(bytes);
}

function inBinaryUnits(mebibytes: number): string {
  const isGibibytes = mebibytes >= 1024 && mebibytes % 512 === 0;
  return isGibibytes ? `${formatNumber(mebibytes / 1024)} GiB` : `${formatNumber(mebibytes)} MiB`;
}

function inDecimalUnits(bytes: number): string {
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < DECIMAL_UNITS.length - 1);
  return `${value < 9.95 ? value.toFixed(1) : formatNumber(Math.round(value))} ${DECIMAL_UNITS[unit]}`;
}

/** A duration in milliseconds: `0.4 s`, `12 s`, `3 min 5 s`. */
export function formatElapsed(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return milliseconds >= 9950 ? `${whole} s` : `${(milliseconds / 1000).toFixed(1)} s`;
}
