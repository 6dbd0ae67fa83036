/** Formats numbers, sizes and durations for people. Servers and terminals write English; the dashboard passes its language. */

const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB'] as const;
const MEBIBYTE = 2 ** 20;

interface NumberFormats {
  plain: Intl.NumberFormat;
  tenths: Intl.NumberFormat;
  bytes: Intl.NumberFormat;
}

// Building an Intl object costs far more than using one.
const built = new Map<string, NumberFormats>();

function formatsOf(language: string): NumberFormats {
  const known = built.get(language);
  if (known) return known;
  const formats = {
    plain: new Intl.NumberFormat(language),
    tenths: new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    bytes: new Intl.NumberFormat(language, {
      style: 'unit',
      unit: 'byte',
      unitDisplay: 'long',
      maximumFractionDigits: 0,
    }),
  };
  built.set(language, formats);
  return formats;
}

/** A number with its digits in groups of three: `12,345`. Takes the language as a BCP 47 tag. */
export const formatNumber = (value: number, language = 'en'): string =>
  formatsOf(language).plain.format(value);

/**
 * A size in bytes. Limits are usually whole mebibytes and are shown as such: `512 MiB`, `4 GiB`. Every other size is in
 * powers of ten, as storage is sold: `512 bytes`, `3.4 kB`, `128 MB`. Takes the language as a BCP 47 tag.
 */
export function formatBytes(bytes: number, language = 'en'): string {
  if (bytes < 1000) return formatsOf(language).bytes.format(bytes);
  return bytes % MEBIBYTE === 0 ? inBinaryUnits(bytes / MEBIBYTE, language) : inDecimalUnits(bytes, language);
}

function inBinaryUnits(mebibytes: number, language: string): string {
  const isGibibytes = mebibytes >= 1024 && mebibytes % 512 === 0;
  return isGibibytes
    ? `${formatNumber(mebibytes / 1024, language)} GiB`
    : `${formatNumber(mebibytes, language)} MiB`;
}

function inDecimalUnits(bytes: number, language: string): string {
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < DECIMAL_UNITS.length - 1);
  const { plain, tenths } = formatsOf(language);
  return `${value < 9.95 ? tenths.format(value) : plain.format(Math.round(value))} ${DECIMAL_UNITS[unit]}`;
}

/** A duration in milliseconds: `0.4 s`, `12 s`, `3 min 5 s`. */
export function formatElapsed(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return milliseconds >= 9950 ? `${whole} s` : `${(milliseconds / 1000).toFixed(1)} s`;
}
