import type { RunnerScanner } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { watchFor } from './watch.ts';

const of = (day: string): RunnerScanner => ({
  policy: 'optional',
  engine: '1.4.6',
  signaturesAt: `2026-11-${day}T08:00:00.000Z`,
});

test('reports the first state, then only changes; after a failure it asks again', async () => {
  const stop = new AbortController();
  const answers = [of('22'), of('22'), null, of('23'), of('23'), of('24')];
  const reported: (string | null)[] = [];
  const errors: unknown[] = [];
  await watchFor({
    ask: async () => {
      const answer = answers.shift();
      if (answer === undefined) stop.abort();
      if (answer == null) throw new Error('no response');
      return answer;
    },
    report: ({ signaturesAt }) => reported.push(signaturesAt),
    onError: (error) => errors.push(error),
    signal: stop.signal,
    everyMs: 1,
  });
  expect(reported).toEqual(['22', '23', '24'].map((day) => of(day).signaturesAt));
  expect(errors.length).toBe(2);
});
