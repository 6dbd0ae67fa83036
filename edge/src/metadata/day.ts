/** Days in UTC, as YYYY-MM-DD. */
import type { DayRange } from './analytics.ts';

const DAY_MS = 86_400_000;

/** The day of a moment, given in milliseconds since 1970. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The day after another one. */
export const dayAfter = (day: string): string => dayOf(Date.parse(day) + DAY_MS);

/** The last `days` days up to the one of `now`, which is one of them. */
export const lastDays = (days: number, now: number): DayRange => ({
  from: dayOf(now - (days - 1) * DAY_MS),
  to: dayOf(now),
});

/** Each day of a range, ascending. */
export function daysOf({ from, to }: DayRange): string[] {
  const first = Date.parse(from);
  const count = Math.round((Date.parse(to) - first) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => dayOf(first + index * DAY_MS));
}
