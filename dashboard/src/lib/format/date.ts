import { perLanguage } from './language.ts';

const dates = (options: Intl.DateTimeFormatOptions) => {
  const format = perLanguage((tag) => new Intl.DateTimeFormat(tag, options));
  return (moment: string): string => format().format(new Date(moment));
};

/** Date and time in the visitor's time zone: `Nov 1, 2026, 12:00:00 PM`. Takes ISO 8601, as every function here. */
export const fullTime = dates({ dateStyle: 'medium', timeStyle: 'medium' });

/** The date in the visitor's time zone: `Nov 1, 2026`. */
export const dayOf = dates({ dateStyle: 'medium' });

/** A moment of the coming days in the visitor's time zone: `Mon, Nov 30, 3:00 AM`. */
export const localTime = dates({
  weekday: 'short',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});

/** The time of day of a log line, in the visitor's time zone: `14:03:27`. */
export const timeOfDay = dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** A day of a chart, in UTC: `Nov 2`. Takes a moment or a date (`YYYY-MM-DD`). */
export const dayName = dates({ month: 'short', day: 'numeric', timeZone: 'UTC' });

/** An hour of a chart, in UTC: `Nov 2, 14:00`. */
export const hourName = dates({
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
