import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('work begins when the work before it has ended, also when that failed', async () => {
  const turns = new Turns();
  const events: string[] = [];
  const slow = Promise.withResolvers<void>();
  const first = turns.take(async () => {
    await slow.promise;
    events.push('first');
    throw new Error('first failed');
  });
  const second = turns.take(async () => {
    events.push('second');
    return 2;
  });
  await Promise.resolve();
  expect(events).toEqual([]);
  slow.resolve();
  await expect(first).rejects.toThrow('first failed');
  expect(await second).toBe(2);
  expect(events).toEqual(['first', 'second']);
});
