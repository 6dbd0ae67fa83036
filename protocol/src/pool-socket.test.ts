import { expect, test } from 'vitest';
import { RunnerDisk } from './pool-socket.ts';

const disk = (freeBytes: unknown) => ({ freeBytes, totalBytes: 100, minFreeBytes: 10, low: false });

test.each([0, 5.5, Number.MAX_SAFE_INTEGER])('a disk may have %d bytes free', (bytes) => {
  expect(RunnerDisk.parse(disk(bytes)).freeBytes).toBe(bytes);
});

test.each([1e30, Number.MAX_VALUE])('%d bytes count as the largest exact number', (bytes) => {
  expect(RunnerDisk.parse(disk(bytes)).freeBytes).toBe(Number.MAX_SAFE_INTEGER);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, null, '5'])('%s is no number of bytes', (bytes) => {
  expect(RunnerDisk.safeParse(disk(bytes)).success).toBe(false);
});
