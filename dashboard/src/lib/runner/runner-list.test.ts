import { expect, test } from 'vitest';
import { idOf, runner } from '../../testing/fixtures.ts';
import { RunnerList } from './runner-list.svelte.ts';

test('capacity counts online runners', async () => {
  const runners = [
    runner({
      id: idOf(1),
      slots: 6,
      busy: 1,
      labels: ['linux'],
      announced: { labels: ['linux'], slots: 4, executor: 'docker' },
    }),
    runner({ id: idOf(2), slots: 2, busy: 2, status: 'draining' }),
    runner({ id: idOf(3), slots: 8, status: 'offline' }),
  ];
  const removed: string[] = [];
  const list = new RunnerList(
    {
      runners: {
        page: async () => ({ items: runners.filter(({ id }) => !removed.includes(id)), nextCursor: null }),
        createToken: () => Promise.reject(new Error('not called in this test')),
        installer: () => Promise.reject(new Error('not called in this test')),
        update: async () => runner(),
        drain: async () => runner(),
        delete: async (id) => void removed.push(id),
      },
    },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = list.start();
  await expect.poll(() => list.all?.length).toBe(3);
  expect(list.capacity).toEqual({ slots: 4, busy: 1 });
  await list.remove(idOf(1));
  expect(list.all?.map(({ id }) => id)).toEqual([idOf(2), idOf(3)]);
  stop();
});

test('pages are shown when they are asked for, and all of them are loaded again', async () => {
  const all = [1, 2, 3].map((n) => runner({ id: idOf(n) }));
  const asked: (string | undefined)[] = [];
  const not = () => Promise.reject(new Error('not called in this test'));
  const list = new RunnerList(
    {
      runners: {
        page: async ({ cursor = '0' } = {}) => {
          asked.push(cursor);
          const next = Number(cursor) + 1;
          return { items: all.slice(next - 1, next), nextCursor: next < all.length ? String(next) : null };
        },
        createToken: not,
        installer: not,
        update: not,
        drain: not,
        delete: async () => undefined,
      },
    },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = list.start();
  await expect.poll(() => list.all?.length).toBe(1);
  expect(list.hasMore).toBe(true);
  await list.showMore();
  await list.showMore();
  expect(list.all?.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(list.hasMore).toBe(false);
  asked.length = 0;
  await list.remove(idOf(9));
  expect(asked).toEqual(['0', '1', '2']);
  stop();
});
