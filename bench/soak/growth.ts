/** Decides whether something grows without bound. */

import type { Sample } from './measure.ts';

/** A value at a number of deployments. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/**
 * How much the second half of a series grows over its length, as a share of its mean: 0 for a level one, 0.5 if it ends
 * half a mean above where it began. It is the slope of the least-squares line, so that single peaks count little. The
 * first half is when caches and pools fill. Throws RangeError for fewer than four points.
 */
export function growth(points: readonly Point[]): number {
  if (points.length < 4) throw new RangeError('growth needs at least four points');
  const half = points.slice(Math.floor(points.length / 2));
  const mean = (of: (point: Point) => number) => half.reduce((sum, p) => sum + of(p), 0) / half.length;
  const at = mean((point) => point.at);
  const value = mean((point) => point.value);
  const across = half.reduce((sum, p) => sum + (p.at - at) ** 2, 0);
  const slope = half.reduce((sum, p) => sum + (p.at - at) * (p.value - value), 0) / across;
  const length = (half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0);
  return value === 0 ? 0 : (slope * length) / value;
}

/** By how much of its mean something may grow in the second half. */
const MOST = 0.15;

export interface Growing {
  readonly what: string;
  readonly by: number;
}

/**
 * What grows that should stay level: memory, open files, and the bytes of artifacts and logs, which retention removes.
 * A deployment's record stays, in its object and in the database, so those may grow with the number of deployments, and
 * must not grow per deployment. So may the log of the process.
 */
export function unbounded(samples: readonly Sample[]): Growing[] {
  const level = (value: (sample: Sample) => number) =>
    samples.map((sample) => ({ at: sample.deployments, value: value(sample) }));
  const per = (value: (sample: Sample) => number) => level((sample) => value(sample) / sample.deployments);
  const series = {
    'memory of workerd': level(({ workerd }) => workerd),
    'memory of Node': level(({ node }) => node),
    'open files': level(({ openFiles }) => openFiles),
    bucket: level(({ bucket }) => bucket),
    'objects, per deployment': per(({ objects }) => objects),
    'database, per deployment': per(({ database }) => database),
    'log, per deployment': per(({ log }) => log),
  };
  return Object.entries(series)
    .map(([what, points]) => ({ what, by: growth(points) }))
    .filter(({ by }) => by > MOST);
}
