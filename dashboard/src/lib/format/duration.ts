import { perLanguage } from './language.ts';
import { formatNumber } from './number.ts';

/**
 * Formats a duration: `0.8s`, `45s`, `2m 05s`, `1h 02m`. Takes seconds. Negative durations, from clocks that disagree,
 * become `0s`.
 */
export function formatDuration(seconds: number): string {
  const length = Math.max(0, seconds);
  if (length > 0 && length < 1) return `${formatNumber(Math.max(0.1, Math.round(length * 10) / 10))}s`;
  const whole = Math.floor(length);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${twoDigits(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${twoDigits(rest)}s`;
  return `${rest}s`;
}

const long = perLanguage((tag) => {
  const of = (unit: 'minute' | 'hour') =>
    new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' });
  return { minute: of('minute'), hour: of('hour') };
});

/** Formats the rest of a time limit, rounded up to its largest unit: `24 hours`, `20 minutes`. Takes seconds. */
export function formatRemaining(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes < 60 ? long().minute.format(minutes) : long().hour.format(Math.ceil(minutes / 60));
}

/** Formats a duration measured on a server: `0.4 ms`, `12 ms`, `1.3 s`; a dash without a value. Takes milliseconds. */
export function formatMilliseconds(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${formatNumber(Math.round(ms * 10) / 10)} ms`;
  return Math.round(ms) < 1000
    ? `${formatNumber(Math.round(ms))} ms`
    : `${formatNumber(Math.round(ms / 100) / 10)} s`;
}

/** Formats elapsed time: `0:07`, `12:40`, `1:02:03`. Takes seconds. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Seconds from `start` (ISO 8601) to `end` (ISO 8601, or milliseconds since the epoch); at least 0. */
export function secondsBetween(start: string, end: string | number): number {
  const until = typeof end === 'number' ? end : Date.parse(end);
  return Math.max(0, (until - Date.parse(start)) / 1000);
}
