import { describe, expect, test } from 'vitest';
import { TransferProgress } from './progress.ts';

describe('the progress of a transfer', () => {
  test('adds up its parts', () => {
    const progress = new TransferProgress(1000);
    progress.set(1, 200, 0);
    progress.set(2, 50, 100);
    progress.set(1, 300, 200);
    expect(progress.loaded).toBe(350);
    expect(progress.fraction).toBe(0.35);
  });

  test('goes back when a part begins again', () => {
    const progress = new TransferProgress(1000);
    progress.set(1, 400, 0);
    progress.set(1, 0, 500);
    expect(progress.loaded).toBe(0);
    expect(progress.speed(500)).toBe(0);
  });

  test('never passes the end, though requests count their headers', () => {
    const progress = new TransferProgress(1000);
    progress.set(1, 1200, 0);
    expect(progress.fraction).toBe(1);
  });

  test('tells the speed of late and the time left', () => {
    const progress = new TransferProgress(10_000);
    for (let second = 0; second <= 5; second += 1) progress.set(1, second * 1000, second * 1000);
    expect(progress.speed(5000)).toBeCloseTo(1000);
    expect(progress.secondsLeft(5000)).toBeCloseTo(5);
  });

  test('slows down while nothing comes through, and says nothing of the time left once it stands still', () => {
    const progress = new TransferProgress(10_000);
    progress.set(1, 0, 0);
    progress.set(1, 1000, 1000);
    expect(progress.speed(2000)).toBeCloseTo(500);
    expect(progress.speed(9000)).toBe(0);
    expect(progress.secondsLeft(9000)).toBe(null);
  });
});
