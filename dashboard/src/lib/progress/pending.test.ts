import { expect, test } from 'vitest';
import { PendingChanges } from './pending.svelte.ts';

test('a change is pending until it is answered, refused, or can’t be sent', async () => {
  const pending = new PendingChanges();
  const answers: PromiseWithResolvers<Response>[] = [];
  const send = pending.counted(() => {
    const answer = Promise.withResolvers<Response>();
    answers.push(answer);
    return answer.promise;
  });
  const changes = ['POST', 'PATCH', 'DELETE'].map((method) => send('/api/apps', { method }));
  expect(pending.count).toBe(3);
  answers[0]?.resolve(new Response());
  answers[1]?.resolve(new Response(null, { status: 500 }));
  answers[2]?.reject(new TypeError('Failed to fetch'));
  expect((await Promise.allSettled(changes)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  expect(pending.count).toBe(0);
});

test('what a page reads by itself is not', async () => {
  const pending = new PendingChanges();
  const send = pending.counted(() => Promise.withResolvers<Response>().promise);
  void send('/api/apps');
  void send('/api/apps', { method: 'GET' });
  expect(pending.count).toBe(0);
});
