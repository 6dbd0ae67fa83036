/** When something is full, by its daily samples. Pure. */
import type { Forecast } from '@appflux/protocol';

/** How much was used on a day (YYYY-MM-DD in UTC). */
export interface DailyUse {
  day: string;
  usedBytes: number;
}

/** Fewer samples than this say nothing: a cleanup or one large build would decide. */
export const NEEDED_SAMPLES = 5;

/** Older samples don't count: a disk that was moved or cleaned up weeks ago fills differently now. */
const NEWEST = 30;

const DAY_MS = 86_400_000;

/** Beyond this, in days, a forecast is of no use. */
const FURTHEST_DAYS = 730;

/**
 * How it grows, and when no byte is free. The growth is the median of the slopes between all pairs of days (Theil–Sen), so
 * that single days with a cleanup or a burst don't matter.
 * @param freeBytes what is free now; null if there is no end, as for a bucket
 */
export function forecastOf(samples: readonly DailyUse[], freeBytes: number | null): Forecast {
  const points = [...samples]
    .sort((one, other) => (one.day < other.day ? -1 : 1))
    .slice(-NEWEST)
    .map(({ day, usedBytes }) => ({ at: Date.parse(day) / DAY_MS, usedBytes }));
  if (points.length < NEEDED_SAMPLES)
    return { kind: 'too_few_samples', samples: points.length, needed: NEEDED_SAMPLES };
  const slopes = points.flatMap((one, index) =>
    points
      .slice(index + 1)
      .filter(({ at }) => at > one.at)
      .map(({ at, usedBytes }) => (usedBytes - one.usedBytes) / (at - one.at)),
  );
  const bytesPerDay = medianOf(slopes);
  if (!(bytesPerDay > 0)) return { kind: 'not_growing' };
  const days = freeBytes === null ? Number.POSITIVE_INFINITY : Math.floor(freeBytes / bytesPerDay);
  return { kind: 'growing', bytesPerDay, fullInDays: days > FURTHEST_DAYS ? null : Math.max(0, days) };
}

function medianOf(values: readonly number[]): number {
  const ascending = [...values].sort((one, other) => one - other);
  const half = ascending.length / 2;
  const upper = ascending[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((ascending[half - 1] ?? 0) + upper) / 2 : upper;
}
