import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Awake, watchTimers } from './awake.ts';
import { read, reset } from './counts.ts';

beforeEach(() => {
  vi.useFakeTimers();
  reset();
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('an object is awake while any of its work is in progress, and idle in between', async () => {
  const awake = new Awake();
  void awake.run(() => wait(100));
  await vi.advanceTimersByTimeAsync(50);
  void awake.run(() => wait(100));
  await vi.advanceTimersByTimeAsync(1000);
  expect(read().awakeMs).toBe(150);
  awake.until(wait(30));
  await vi.advanceTimersByTimeAsync(1000);
  expect(read().awakeMs).toBe(180);
});

test('work that ends immediately or throws leaves nothing behind', async () => {
  const awake = new Awake();
  expect(awake.run(() => 7)).toBe(7);
  expect(() =>
    awake.run(() => {
      throw new Error('immediately');
    }),
  ).toThrow('immediately');
  await expect(awake.run(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
  await vi.advanceTimersByTimeAsync(1000);
  expect(read().awakeMs).toBe(0);
});

test('a timer of the object keeps it awake until it has run or is cleared; a timer without an object does not', async () => {
  watchTimers();
  const awake = new Awake();
  setTimeout(() => undefined, 500);
  awake.run(() => void setTimeout(() => undefined, 200));
  const cleared = awake.run(() => setTimeout(() => undefined, 10_000));
  await vi.advanceTimersByTimeAsync(300);
  clearTimeout(cleared);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(read().awakeMs).toBe(300);
});
