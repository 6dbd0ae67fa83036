import { AppFluxError } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Live } from './live.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page that a test hides, shows, and wakes. */
function fakePage() {
  const wakers = new Set<() => void>();
  const page = {
    looking: true,
    visible: () => page.looking,
    onWake: (wake: () => void) => {
      wakers.add(wake);
      return () => wakers.delete(wake);
    },
    wake: () => {
      for (const wake of wakers) wake();
    },
  };
  return page;
}

function counter(pause: number | null = 1000) {
  const page = fakePage();
  let answers = 0;
  let failing: AppFluxError | null = null;
  const live = new Live<number>({
    load: async () => {
      answers += 1;
      if (failing) throw failing;
      return answers;
    },
    pauseAfter: () => pause,
    page,
  });
  return {
    live,
    page,
    loads: () => answers,
    fail: (error: AppFluxError | null) => {
      failing = error;
    },
  };
}

describe('a live value', () => {
  test('is loaded immediately and again after each pause', async () => {
    const { live, loads } = counter();
    const stop = live.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.value).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(live.value).toBe(3);
    stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loads()).toBe(3);
  });

  test('is not loaded again when nothing can change', async () => {
    const { live, loads } = counter(null);
    live.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loads()).toBe(1);
  });

  test('is not loaded while the page is hidden, and is loaded when it is visible again', async () => {
    const { live, page, loads } = counter();
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    page.looking = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loads()).toBe(1);
    page.looking = true;
    page.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(loads()).toBe(2);
  });

  test('keeps its last value beside the error of a later load, and recovers', async () => {
    const { live, fail } = counter();
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    const error = new AppFluxError('unavailable', 'away');
    fail(error);
    await vi.advanceTimersByTimeAsync(1000);
    expect([live.value, live.error]).toEqual([1, error]);
    fail(null);
    await vi.advanceTimersByTimeAsync(1000);
    expect([live.value, live.error]).toEqual([3, null]);
  });

  test('that was replaced is not overwritten by an older response', async () => {
    let answer: (value: string) => void = () => undefined;
    const live = new Live<string>({
      load: () => new Promise((resolve) => (answer = resolve)),
      pauseAfter: () => null,
      page: fakePage(),
    });
    live.start();
    live.replace('newer');
    answer('older');
    await vi.advanceTimersByTimeAsync(0);
    expect(live.value).toBe('newer');
  });

  test('refreshed several times during a load is loaded one more time after it', async () => {
    const { live, loads } = counter();
    live.start();
    await Promise.all([live.refresh(), live.refresh(), live.refresh()]);
    expect(loads()).toBe(2);
    await live.refresh();
    expect(loads()).toBe(3);
  });
});
