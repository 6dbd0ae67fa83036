import { describe, expect, test, vi } from 'vitest';
import type { Ending } from './child.ts';
import { restartDelay, type Supervisable, supervise } from './supervise.ts';

/** A child whose end the test controls. */
function child() {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  return {
    ended: promise,
    end: resolve,
    stop: vi.fn(async () => {
      resolve('SIGTERM');
      return promise;
    }),
  } satisfies Supervisable & { end: (ending: Ending) => void };
}

const noDelay = () => 0;

describe('a supervised child', () => {
  test('that ends by itself is restarted, with a message', async () => {
    const [first, second] = [child(), child()];
    const lines: string[] = [];
    const start = vi.fn(async () => second);
    const supervision = supervise({
      name: 'It',
      first,
      start,
      say: (text) => lines.push(text),
      delay: noDelay,
    });
    first.end('exit code 3');
    await vi.waitFor(() => expect(supervision.current()).toBe(second));
    expect(lines).toEqual(['It ended (exit code 3); restarting in 0 s', 'It runs again']);
    await supervision.stop(1);
    expect(second.stop).toHaveBeenCalledWith(1);
  });

  test('that fails to start is retried after longer and longer waits', async () => {
    const [first, later] = [child(), child()];
    const ends: number[] = [];
    const start = vi
      .fn<() => Promise<Supervisable>>()
      .mockRejectedValueOnce(new Error('no memory'))
      .mockRejectedValueOnce(new Error('no memory'))
      .mockResolvedValue(later);
    const lines: string[] = [];
    const supervision = supervise({
      name: 'It',
      first,
      start,
      say: (text) => lines.push(text),
      delay: (count) => {
        ends.push(count);
        return 0;
      },
    });
    first.end('SIGKILL');
    await vi.waitFor(() => expect(supervision.current()).toBe(later));
    expect(ends).toEqual([1, 2, 3]);
    expect(lines).toContain('It failed to start (no memory); restarting in 0 s');
    await supervision.stop(1);
  });

  test('that ran for a while counts its failures from zero', async () => {
    const children = [child(), child(), child()] as const;
    const ends: number[] = [];
    let now = 0;
    let next = 0;
    const supervision = supervise({
      name: 'It',
      first: children[0],
      start: async () => {
        next += 1;
        return children[next] ?? null;
      },
      say: () => undefined,
      delay: (count) => {
        ends.push(count);
        return 0;
      },
      now: () => now,
    });
    children[0].end('exit code 1');
    await vi.waitFor(() => expect(supervision.current()).toBe(children[1]));
    now = 3_600_000;
    children[1].end('exit code 1');
    await vi.waitFor(() => expect(supervision.current()).toBe(children[2]));
    expect(ends).toEqual([1, 1]);
    await supervision.stop(1);
  });

  test('that is stopped is not restarted', async () => {
    const first = child();
    const start = vi.fn(async () => child());
    const supervision = supervise({ name: 'It', first, start, say: () => undefined, delay: noDelay });
    await supervision.stop(7);
    expect(first.stop).toHaveBeenCalledWith(7);
    expect(start).not.toHaveBeenCalled();
  });

  test('that is stopped while it waits for its next start is not started', async () => {
    const first = child();
    const start = vi.fn(async () => child());
    const waiting = Promise.withResolvers<void>();
    const supervision = supervise({
      name: 'It',
      first,
      start,
      say: () => undefined,
      delay: () => {
        waiting.resolve();
        return 3_600_000;
      },
    });
    first.end('exit code 1');
    await waiting.promise;
    await supervision.stop(1);
    expect(start).not.toHaveBeenCalled();
  });

  test('that is being started when the command ends is stopped as well', async () => {
    const [first, second] = [child(), child()];
    const asked = Promise.withResolvers<void>();
    const starting = Promise.withResolvers<Supervisable>();
    const supervision = supervise({
      name: 'It',
      first,
      start: () => {
        asked.resolve();
        return starting.promise;
      },
      say: () => undefined,
      delay: noDelay,
    });
    first.end('exit code 1');
    await asked.promise;
    const stopped = supervision.stop(5);
    starting.resolve(second);
    await stopped;
    expect(second.stop).toHaveBeenCalledWith(5);
  });

  test('that must not run any more is not restarted', async () => {
    const first = child();
    const start = vi.fn(async () => null);
    const supervision = supervise({ name: 'It', first, start, say: () => undefined, delay: noDelay });
    first.end('exit code 1');
    await vi.waitFor(() => expect(start).toHaveBeenCalledOnce());
    await supervision.stop(1);
    expect(start).toHaveBeenCalledOnce();
  });
});

test('waits before restarts grow up to half a minute', () => {
  expect([1, 2, 3, 4].map(restartDelay)).toEqual([500, 1_000, 2_000, 4_000]);
  expect(restartDelay(100)).toBe(30_000);
});
