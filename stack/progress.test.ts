import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { during, elapsed, isWideEnough, progressOn } from './progress.ts';

/** A stream that is not a terminal, and what was written to it. */
function plainStream() {
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 };
  return { written, stream: stream as unknown as NodeJS.WriteStream };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('durations are formatted for people', () => {
  expect([0, 900, 1_600, 61_000, 600_000].map((ms) => elapsed(0, ms))).toEqual([
    '',
    '',
    ' (2 s)',
    ' (1 min 1 s)',
    ' (10 min 0 s)',
  ]);
});

test('without a terminal, a task prints a line when it begins, from time to time, and when it ends', () => {
  const { written, stream } = plainStream();
  const task = progressOn(stream).task('Building');
  task.detail('step 1');
  task.detail('step 2');
  vi.advanceTimersByTime(31_000);
  task.done('Built');
  vi.advanceTimersByTime(60_000);
  expect(written).toEqual([
    'Building ...\n',
    'Building: still running (15 s), step 2\n',
    'Building: still running (30 s), step 2\n',
    'Built: done (31 s)\n',
  ]);
});

test('a task fails if its work throws', async () => {
  const { written, stream } = plainStream();
  const work = during(progressOn(stream), 'Building', async () => {
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(written.at(-1)).toBe('Building: failed\n');
});

test('a live line needs a terminal that reports its width', () => {
  expect(isWideEnough({ isTTY: true, columns: 80 })).toBe(true);
  expect(isWideEnough({ isTTY: true, columns: 0 })).toBe(false);
  expect(isWideEnough({ isTTY: true })).toBe(false);
  expect(isWideEnough({ isTTY: false, columns: 80 })).toBe(false);
});
