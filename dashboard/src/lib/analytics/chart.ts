/** The geometry of a bar chart with one bar per day. */
import type { AnalyticsDay } from '@appflux/protocol';
import { dayName } from '#lib/format/date.ts';
import { inSentence } from '#lib/format/in-sentence.ts';

/** One series of a stacked bar. */
export interface Series {
  key: Exclude<keyof AnalyticsDay, 'day'>;
  label: string;
  /** The class of its fill color. */
  fill: string;
}

export interface Segment {
  series: Series;
  /** Distance from the bottom, as a share of the chart's height. */
  from: number;
  height: number;
}

/** Axis maxima that are easy to read and have a whole number as their half. */
const AXIS_MAXIMA = [2, 4, 6, 8, 10, 14, 20, 30, 40, 60, 80, 100];

/** The axis maximum for a chart whose tallest bar is `most`: at least 2. */
export function axisMax(most: number): number {
  for (let size = 1; ; size *= 100) {
    const top = AXIS_MAXIMA.find((step) => step * size >= most);
    if (top !== undefined) return top * size;
  }
}

/** The sum of a day's series. */
export const totalOf = (day: AnalyticsDay, series: readonly Series[]): number =>
  series.reduce((total, { key }) => total + day[key], 0);

/** A day's bar from the bottom up, without empty series. */
export function segmentsOf(day: AnalyticsDay, series: readonly Series[], top: number): Segment[] {
  let from = 0;
  return series.flatMap((one) => {
    const height = day[one.key] / top;
    const segment = { series: one, from, height };
    from += height;
    return height === 0 ? [] : [segment];
  });
}

/** A day as text: `Nov 2: 3 succeeded, 1 failed`. */
export function describeDay(day: AnalyticsDay, series: readonly Series[]): string {
  const parts = series
    .filter(({ key }) => day[key] > 0)
    .map(({ key, label }) => `${day[key]} ${inSentence(label)}`);
  return `${dayName(day.day)}: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}
