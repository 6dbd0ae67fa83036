const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/**
 * Formats a moment relative to `now`: `just now`, `5 min. ago`, `yesterday`, `in 2 hr.`.
 * Takes the moment as ISO 8601 and `now` in milliseconds since the epoch.
 */
export function relativeTime(moment: string, now: number): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 5 ? 'in less than a minute' : 'just now';
}

const full = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** Date and time in the visitor's time zone: `Nov 1, 2026, 12:00:00 PM`. */
export const fullTime = (moment: string): string => full.format(new Date(moment));

const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** The date in the visitor's time zone: `Nov 1, 2026`. */
export const dayOf = (moment: string): string => day.format(new Date(moment));

const local = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});

/** A moment of the coming days in the visitor's time zone: `Mon, Nov 30, 3:00 AM`. */
export const localTime = (moment: string): string => local.format(new Date(moment));
