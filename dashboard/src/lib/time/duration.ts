/**
 * A length of time as people read it: `0.8s`, `45s`, `2m 05s`, `1h 02m`. Takes seconds; a negative length
 * (two clocks that disagree) counts as none.
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

/** A time limit in its largest unit, rounded up: `24 hours`, `1 hour`, `20 minutes`. Takes seconds. */
export function formatRoughly(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  const [count, unit] = minutes < 60 ? [minutes, 'minute'] : [Math.ceil(minutes / 60), 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Seconds from one ISO 8601 moment to another moment (ISO 8601, or milliseconds since the epoch). */
export function secondsBetween(start: string, end: string | number): number {
  const until = typeof end === 'number' ? end : Date.parse(end);
  return Math.max(0, (until - Date.parse(start)) / 1000);
}

/** The time since a build began as a clock shows it: `0:07`, `12:40`, `1:02:03`. Takes seconds. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
