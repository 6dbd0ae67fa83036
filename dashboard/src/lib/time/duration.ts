/**
 * Formats a duration: `0.8s`, `45s`, `2m 05s`, `1h 02m`. Takes seconds. Negative durations, from clocks that disagree,
 * become `0s`.
 */
export function formatDuration(seconds: number): string {
  const length = Math.max(0, seconds);
  if (length > 0 && length < 1) return `${Math.max(0.1, Math.round(length * 10) / 10)}s`;
  const whole = Math.floor(length);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${twoDigits(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${twoDigits(rest)}s`;
  return `${rest}s`;
}

/** Formats the rest of a time limit, rounded up to its largest unit: `24 hours`, `20 minutes`. Takes seconds. */
export function formatRemaining(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  const [count, unit] = minutes < 60 ? [minutes, 'minute'] : [Math.ceil(minutes / 60), 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Seconds from `start` (ISO 8601) to `end` (ISO 8601, or milliseconds since the epoch); at least 0. */
export function secondsBetween(start: string, end: string | number): number {
  const until = typeof end === 'number' ? end : Date.parse(end);
  return Math.max(0, (until - Date.parse(start)) / 1000);
}

/** Formats elapsed time: `0:07`, `12:40`, `1:02:03`. Takes seconds. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
