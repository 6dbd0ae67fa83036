/** How a chart of days is drawn, as numbers: no picture is made here. */
import type { AnalyticsDay } from '@appflux/protocol';

/** One of the things that are stacked in a day's bar. */
export interface Series {
  key: Exclude<keyof AnalyticsDay, 'day'>;
  label: string;
  /** The class that fills it. */
  fill: string;
}

export interface Piece {
  series: Series;
  /** From the bottom, as a share of the chart's height. */
  from: number;
  height: number;
}

/** Tops that people read at a glance, and whose half is a whole number. */
const TOPS = [2, 4, 6, 8, 10, 14, 20, 30, 40, 60, 80, 100];

/** The number at the top of a chart whose tallest bar is `most`: at least 2. */
export function topOf(most: number): number {
  for (let size = 1; ; size *= 100) {
    const top = TOPS.find((step) => step * size >= most);
    if (top !== undefined) return top * size;
  }
}

/** All that a day's bar stands for. */
export const totalOf = (day: AnalyticsDay, series: readonly Series[]): number =>
  series.reduce((total, { key }) => total + day[key], 0);

/** A day's bar from the bottom up, without what there is none of. */
export function piecesOf(day: AnalyticsDay, series: readonly Series[], top: number): Piece[] {
  let from = 0;
  return series.flatMap((one) => {
    const height = day[one.key] / top;
    const piece = { series: one, from, height };
    from += height;
    return height === 0 ? [] : [piece];
  });
}

/** A day in words: `Nov 2: 3 succeeded, 1 failed`. */
export function wordsOf(day: AnalyticsDay, series: readonly Series[]): string {
  const parts = series
    .filter(({ key }) => day[key] > 0)
    .map(({ key, label }) => `${day[key]} ${label.toLowerCase()}`);
  return `${dayName(day.day)}: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}

const name = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });

/** A day (YYYY-MM-DD) as `Nov 2`. */
export const dayName = (day: string): string => name.format(new Date(`${day}T00:00:00Z`));
