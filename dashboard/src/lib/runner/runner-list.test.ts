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
        list: async () => runners.filter(({ id }) => !removed.includes(id)),
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
