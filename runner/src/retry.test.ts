import { expect, test } from 'vitest';
import { retry } from './retry.ts';

const { signal } = new AbortController();
const isTransient = (outcome: string) => outcome === 'busy';

test('tries again while the outcome is transient, and gives the last outcome', async () => {
  const tries: number[] = [];
  const reported: [string, number][] = [];
  const outcome = await retry(
    async (number) => {
      tries.push(number);
      return number < 3 ? 'busy' : 'done';
    },
    { isTransient, pauseAfter: () => 0, onRetry: (...args) => reported.push(args), signal },
  );
  expect([outcome, tries]).toEqual(['done', [1, 2, 3]]);
  expect(reported).toEqual([
    ['busy', 1],
    ['busy', 2],
  ]);
});

test('stops when no try is left', async () => {
  let tries = 0;
  const outcome = await retry(
    async () => {
      tries += 1;
      return 'busy';
    },
    { isTransient, pauseAfter: (number) => [0, 0][number - 1], signal },
  );
  expect([outcome, tries]).toEqual(['busy', 3]);
});

test('does not try again after an error, or after an outcome that is final', async () => {
  let tries = 0;
  const policy = { isTransient, pauseAfter: () => 0, signal };
  const failing = async () => {
    tries += 1;
    throw new Error('no');
  };
  await expect(retry(failing, policy)).rejects.toThrow('no');
  expect(tries).toBe(1);
  await retry(async () => {
    tries += 1;
    return 'refused';
  }, policy);
  expect(tries).toBe(2);
});

test('a wait ends with the signal, by throwing its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('canceled');
  const waiting = retry(async () => 'busy', {
    isTransient,
    pauseAfter: () => 600_000,
    onRetry: () => stop.abort(reason),
    signal: stop.signal,
  });
  await expect(waiting).rejects.toBe(reason);
});
