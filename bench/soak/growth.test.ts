import { describe, expect, test } from 'vitest';
import { growth, unbounded } from './growth.ts';
import type { Sample } from './measure.ts';

const points = (values: readonly number[]) => values.map((value, at) => ({ at, value }));

describe('growth', () => {
  test('is that of the second half: what fills up first does not count', () => {
    expect(growth(points([1, 50, 90, 100, 100, 100, 100, 100]))).toBe(0);
  });

  test('is the rise over the second half in relation to its mean', () => {
    expect(growth(points([0, 0, 0, 0, 100, 120, 140, 160]))).toBeCloseTo(60 / 130);
  });

  test('is negative for what shrinks, and small for what goes up and down', () => {
    expect(growth(points([9, 9, 9, 9, 100, 90, 80, 70]))).toBeLessThan(0);
    expect(growth(points([9, 9, 9, 9, 100, 130, 100, 130, 100]))).toBeLessThan(0.1);
  });

  test('needs points', () => {
    expect(() => growth(points([1, 2, 3]))).toThrow(RangeError);
  });
});

describe('what grows without bound', () => {
  const sample = (deployments: number, changes: Partial<Sample> = {}): Sample => ({
    deployments,
    perSecond: 8,
    workerd: 900e6,
    node: 400e6,
    openFiles: 400,
    objects: deployments * 50e3,
    database: 4e6 + deployments * 2e3,
    bucket: 6e6,
    log: 700,
    ...changes,
  });
  const series = (changes: (deployments: number) => Partial<Sample> = () => ({})) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((thousand) => sample(thousand * 1000, changes(thousand * 1000)));

  test('nothing, if memory is level and records take the same each', () => {
    expect(unbounded(series())).toEqual([]);
  });

  test.each<[string, (deployments: number) => Partial<Sample>]>([
    ['memory of workerd', (n) => ({ workerd: 100e6 + n * 100e3 })],
    ['memory of Node', (n) => ({ node: 100e6 + n * 100e3 })],
    ['open files', (n) => ({ openFiles: n })],
    ['bucket', (n) => ({ bucket: n * 10e3 })],
    ['objects, per deployment', (n) => ({ objects: n * n })],
    ['database, per deployment', (n) => ({ database: n * n })],
    ['log, per deployment', (n) => ({ log: n * n })],
  ])('%s', (what, changes) => {
    expect(unbounded(series(changes)).map((grown) => grown.what)).toEqual([what]);
  });
});
