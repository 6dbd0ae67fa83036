import { describe, expect, test } from 'vitest';
import { cachesLeave, judgeDisks, minFreeOf } from './room.ts';

const GIB = 1024 ** 3;
const space = (freeBytes: number, totalBytes = 1000) => ({ freeBytes, totalBytes });

test.each([
  [20, 2],
  [100, 5],
  [4000, 10],
])('a disk of %d GiB needs %d GiB free', (total, least) => {
  expect(minFreeOf(total * GIB, undefined)).toBe(least * GIB);
});

test('a setting takes precedence, and may be zero', () => {
  expect(minFreeOf(100 * GIB, 7)).toBe(7);
  expect(minFreeOf(100 * GIB, 0)).toBe(0);
});

test('caches leave enough for builds to be taken again, and twice what has to stay free', () => {
  expect(cachesLeave(100, 1)).toBe(110);
  expect(judgeDisks([space(cachesLeave(100, 1))], 100, true).low).toBe(false);
  expect(cachesLeave(100, 80)).toBe(160);
});

describe('a runner', () => {
  test('takes builds while as much is free as has to be', () => {
    expect(judgeDisks([space(100)], 100, false)).toEqual({ ...space(100), minFreeBytes: 100, low: false });
    expect(judgeDisks([space(99)], 100, false).low).toBe(true);
  });

  test('takes them again only when some more is free', () => {
    expect(judgeDisks([space(105)], 100, true).low).toBe(true);
    expect(judgeDisks([space(110)], 100, true).low).toBe(false);
  });

  test('reports the disk with the least to spare', () => {
    expect(judgeDisks([space(500), space(20), space(90)], 100, false)).toMatchObject({
      freeBytes: 20,
      low: true,
    });
  });
});
